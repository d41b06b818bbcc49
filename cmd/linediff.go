package cmd

// mostCompared is how many pairs of lines are compared; beyond that all lines of both texts are shown.
const mostCompared = 4_000_000

// lineDifference gives the lines in which two texts differ: "- " and a line of the first, "+ " and a line of the second. What both begin
// or end with is left out, and so is what they have in common in between.
func lineDifference(before, after []string) (out []string) {
	before, after = withoutEnds(before, after)
	common := commonLines(before, after)
	i, j := 0, 0
	for i < len(before) || j < len(after) {
		switch {
		case i < len(before) && j < len(after) && before[i] == after[j]:
			i, j = i+1, j+1
		case j == len(after) || (i < len(before) && common.of(i+1, j) >= common.of(i, j+1)):
			out, i = append(out, "- "+before[i]), i+1
		default:
			out, j = append(out, "+ "+after[j]), j+1
		}
	}
	return out
}

// withoutEnds are two texts without the lines that both begin or end with.
func withoutEnds(a, b []string) (restA, restB []string) {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return a, b
}

// lineTable says how many lines two texts have in common from a line of each on.
type lineTable struct {
	width  int
	counts []int // nil: nothing is known, so that all lines of the first text come before the second's
}

func commonLines(a, b []string) lineTable {
	t := lineTable{width: len(b) + 1}
	if len(a)*len(b) > mostCompared {
		return t
	}
	t.counts = make([]int, (len(a)+1)*t.width)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				t.counts[i*t.width+j] = t.of(i+1, j+1) + 1
			} else {
				t.counts[i*t.width+j] = max(t.of(i+1, j), t.of(i, j+1))
			}
		}
	}
	return t
}

func (t lineTable) of(i, j int) int {
	if t.counts == nil {
		return 0
	}
	return t.counts[i*t.width+j]
}
