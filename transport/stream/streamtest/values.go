package streamtest

import (
	"encoding/binary"
	"math"
	"strings"
)

// Value makes a value of a fuzzer's bytes: nil, bool, int64, float64 (finite),
// string (any bytes), []any and map[string]any, nested up to six deep. The same
// bytes make the same value, and all bytes make one.
func Value(seed []byte) any {
	m := &maker{rest: seed}
	return m.value(0)
}

// maker takes decisions from bytes.
type maker struct{ rest []byte }

// one takes a byte, 0 where none is left.
func (m *maker) one() byte {
	if len(m.rest) == 0 {
		return 0
	}
	b := m.rest[0]
	m.rest = m.rest[1:]
	return b
}

// some takes up to n bytes.
func (m *maker) some(n int) []byte {
	n = min(n, len(m.rest))
	b := m.rest[:n]
	m.rest = m.rest[n:]
	return b
}

// value makes a value that stands depth deep.
func (m *maker) value(depth int) any {
	kind := m.one() % 10
	if depth >= 6 && kind >= 8 {
		kind = 4
	}
	switch kind {
	case 0:
		return m.one()%2 == 0
	case 1:
		return nil
	case 2:
		return int64(m.one()) - 128
	case 3:
		return int64(m.bits()) //nolint:gosec // any bits do.
	case 4, 5:
		return m.text()
	case 6, 7:
		return m.float()
	case 8:
		list := []any{}
		for n := m.one() % 8; n > 0; n-- {
			list = append(list, m.value(depth+1))
		}
		return list
	default:
		members := map[string]any{}
		for n := m.one() % 8; n > 0; n-- {
			members["k"+m.text()] = m.value(depth + 1)
		}
		return members
	}
}

// bits makes 64 bits.
func (m *maker) bits() uint64 {
	var b [8]byte
	copy(b[:], m.some(8))
	return binary.LittleEndian.Uint64(b[:])
}

// float makes a finite number.
func (m *maker) float() float64 {
	f := math.Float64frombits(m.bits())
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0.5
	}
	return f
}

// text makes a text, now and then a long one.
func (m *maker) text() string {
	n := int(m.one())
	text := string(m.some(n % 64))
	if n >= 250 {
		return strings.Repeat(text, 200)
	}
	return text
}
