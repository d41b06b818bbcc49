package jobs

import (
	"math"
	"math/bits"
	"slices"
	"time"
)

// Spread says how a number of durations are spread.
type Spread struct {
	Count         int
	P50, P95, P99 time.Duration // to one part in a hundred
	Max           time.Duration
}

// spreader takes durations and keeps how many were of about each length, so that its size doesn't depend on how many it takes:
// fewer than 64 lengths between a power of two of microseconds and the next.
type spreader struct {
	counts  map[int]int
	n       int
	longest time.Duration
}

// perOctave is how many lengths are told apart between a power of two and the next.
const perOctave = 64

func (s *spreader) add(d time.Duration) {
	if s.counts == nil {
		s.counts = map[int]int{}
	}
	d = max(d, 0)
	s.counts[lengthOf(d.Microseconds())]++
	s.n++
	s.longest = max(s.longest, d)
}

// lengthOf numbers the lengths. Below 64 microseconds each is a length of its own.
func lengthOf(micros int64) int {
	octave := bits.Len64(uint64(micros)) - 7 //nolint:gosec // it isn't negative; micros >> octave is in 64…127
	if octave <= 0 {
		return int(micros)
	}
	return octave*perOctave + int(micros>>octave)
}

// middleOf gives the middle of a length, in microseconds.
func middleOf(length int) int64 {
	if length < 2*perOctave {
		return int64(length)
	}
	octave := length/perOctave - 1
	from := int64(length-octave*perOctave) << octave
	return from + int64(1)<<octave/2
}

// spread gives what it found so far.
func (s *spreader) spread() Spread {
	out := Spread{Count: s.n, Max: s.longest}
	if s.n == 0 {
		return out
	}
	lengths := make([]int, 0, len(s.counts))
	for length := range s.counts {
		lengths = append(lengths, length)
	}
	slices.Sort(lengths)
	for _, p := range []struct {
		part float64
		into *time.Duration
	}{{0.50, &out.P50}, {0.95, &out.P95}, {0.99, &out.P99}} {
		rank := int(math.Ceil(p.part * float64(s.n)))
		for _, length := range lengths {
			if rank -= s.counts[length]; rank <= 0 {
				*p.into = min(time.Duration(middleOf(length))*time.Microsecond, s.longest)
				break
			}
		}
	}
	return out
}
