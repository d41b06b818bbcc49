package config

import "strings"

// Nearest gives the known name that a misspelt one most likely stands for, the first of several equally near, and whether
// any is near enough: at most one edit in three letters (insert, delete, replace, swap two neighbours); case does not count.
func Nearest(name string, known []string) (string, bool) {
	best, bestDistance := "", max(1, len([]rune(name))/3)+1
	for _, candidate := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(candidate)); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best, best != ""
}

const manyNames = 8 // are too many to be told beside the nearest

// suggest words the hint for a name that is not among the known ones: the nearest, if any, and all where they are few.
func suggest(name string, known []string) string {
	all := strings.Join(known, ", ")
	near, ok := Nearest(name, known)
	if ok && len(known) > manyNames {
		return `did you mean "` + near + `"?`
	}
	if ok {
		return `did you mean "` + near + `"? (` + all + ")"
	}
	if len(known) == 1 {
		return "the only one is " + all
	}
	return "use one of " + all
}

// distance counts the edits between two names (optimal string alignment); names longer than any known one are far away.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 2*len(y)+2 {
		return len(x)
	}
	before, last := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row := make([]int, len(y)+1)
		row[0] = i
		for j := 1; j <= len(y); j++ {
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+differ(x[i-1], y[j-1]))
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(y)]
}

func differ(a, b rune) int {
	if a == b {
		return 0
	}
	return 1
}
