package odootest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// entry is a line of the journal: the rows that a transaction left behind, and
// the counters of ids of their models.
type entry struct {
	Rows []rowEntry       `json:"rows"`
	Seq  map[string]int64 `json:"seq"`
}

// rowEntry is one row; without values it is a deletion.
type rowEntry struct {
	Model  string                     `json:"model"`
	ID     int64                      `json:"id"`
	Values map[string]json.RawMessage `json:"values,omitempty"`
}

// line renders what the transaction changed, in the order of the first change.
func (t *tx) line() ([]byte, error) {
	e := entry{Seq: map[string]int64{}}
	type key struct {
		model string
		id    int64
	}
	seen := map[key]bool{}
	for _, step := range t.log {
		k := key{step.table.model.name, step.id}
		if seen[k] {
			continue
		}
		seen[k] = true
		re, err := encodeRow(k.model, k.id, step.table.rows[k.id])
		if err != nil {
			return nil, err
		}
		e.Rows = append(e.Rows, re)
		e.Seq[k.model] = step.table.seq
	}
	return json.Marshal(e)
}

// encodeRow renders a row; times in microseconds.
func encodeRow(model string, id int64, r row) (rowEntry, error) {
	re := rowEntry{Model: model, ID: id}
	if r == nil {
		return re, nil
	}
	re.Values = make(map[string]json.RawMessage, len(r))
	for name, value := range r {
		if at, ok := value.(time.Time); ok {
			value = at.UnixMicro()
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return re, fmt.Errorf("odootest: cannot journal %s.%s: %w", model, name, err)
		}
		re.Values[name] = raw
	}
	return re, nil
}

// Replay applies a line of a journal again: the same ids, the same times. A new
// server of the same options that replays all lines in order has the same
// records. It does not journal.
func (s *Server) Replay(line []byte) error {
	var e entry
	if err := json.Unmarshal(line, &e); err != nil {
		return fmt.Errorf("odootest: this is no line of a journal: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, re := range e.Rows {
		table := s.table(re.Model)
		if table == nil {
			return fmt.Errorf("odootest: the journal names the model %q, which version %s of this server does not have", re.Model, s.options.Version)
		}
		r, err := decodeRow(table.model, re)
		if err != nil {
			return err
		}
		s.index(table.model, table.rows[re.ID], r)
		table.place(re.ID, r)
	}
	for _, name := range sortedKeys(e.Seq) {
		if table := s.table(name); table != nil {
			table.seq = max(table.seq, e.Seq[name])
		}
	}
	return nil
}

// decodeRow reads a row; nil for a deletion.
func decodeRow(m *model, re rowEntry) (row, error) {
	if re.Values == nil {
		return nil, nil //nolint:nilnil // no row is what a deletion leaves.
	}
	r := make(row, len(re.Values))
	for name, raw := range re.Values {
		base, _, _ := strings.Cut(name, "@")
		f := m.fields[base]
		if f == nil {
			return nil, fmt.Errorf("odootest: the journal names the field %s.%s, which this server does not have", m.name, name)
		}
		value, err := decodeValue(f, raw)
		if err != nil {
			return nil, fmt.Errorf("odootest: the journal's value of %s.%s cannot be read: %w", m.name, name, err)
		}
		r[name] = value
	}
	return r, nil
}

// decodeValue reads one stored value by its field's type.
func decodeValue(f *field, raw json.RawMessage) (any, error) {
	switch f.kind {
	case kindBoolean:
		return decodeAs[bool](raw)
	case kindInteger, kindMany2one, kindAnyLink:
		return decodeAs[int64](raw)
	case kindFloat, kindMonetary:
		return decodeAs[float64](raw)
	case kindMany2many:
		return decodeAs[[]int64](raw)
	case kindDate, kindDatetime:
		var micros int64
		err := json.Unmarshal(raw, &micros)
		return time.UnixMicro(micros).UTC(), err
	case kindJSON, kindProps, kindPropsDef:
		return decodeAs[any](raw)
	default:
		return decodeAs[string](raw)
	}
}

// decodeAs reads a JSON value of one type.
func decodeAs[T any](raw json.RawMessage) (any, error) {
	var value T
	err := json.Unmarshal(raw, &value)
	return value, err
}
