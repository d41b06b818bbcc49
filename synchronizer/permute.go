package synchronizer

import "slices"

// indexOf is the place of each id in an order.
func indexOf(order []string) map[string]int {
	at := make(map[string]int, len(order))
	for i, id := range order {
		at[id] = i
	}
	return at
}

// within are the ids of an order that are in the set, in that order.
func within(order []string, set map[string]bool) []string {
	var out []string
	for _, id := range order {
		if set[id] {
			out = append(out, id)
		}
	}
	return out
}

// setOf is a set of ids.
func setOf(ids []string) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// movedIDs are the fewest ids that have to be moved to bring an order into the wanted one, in the wanted order. Both hold the same ids.
// What stays is the longest run that stands in the wanted order already.
func movedIDs(order, wanted []string) []string {
	if slices.Equal(order, wanted) {
		return nil
	}
	stays := longestRun(order, indexOf(wanted))
	var out []string
	for _, id := range wanted {
		if !stays[id] {
			out = append(out, id)
		}
	}
	return out
}

// longestRun are the ids of the longest part of an order whose places rise (patience sorting).
func longestRun(order []string, place map[string]int) map[string]bool {
	var tails []int // into order: the end of the best run of each length
	before := make([]int, len(order))
	for i, id := range order {
		n, _ := slices.BinarySearchFunc(tails, place[id], func(t, p int) int { return place[order[t]] - p })
		before[i] = -1
		if n > 0 {
			before[i] = tails[n-1]
		}
		if n == len(tails) {
			tails = append(tails, i)
		} else {
			tails[n] = i
		}
	}
	stays := make(map[string]bool, len(tails))
	if len(tails) > 0 {
		for i := tails[len(tails)-1]; i >= 0; i = before[i] {
			stays[order[i]] = true
		}
	}
	return stays
}

// placed is an order with more ids in it: each behind the one that stands nearest before it in the guide, of those that are there by
// then; in front if there is none.
func placed(order []string, more map[string]bool, guide []string) []string {
	if len(more) == 0 {
		return order
	}
	there := setOf(order)
	behind := map[string][]string{} // "": in front of all
	last := ""
	for _, id := range guide {
		switch {
		case there[id]:
			last = id
		case more[id]:
			behind[last] = append(behind[last], id)
		}
	}
	out := append(make([]string, 0, len(order)+len(more)), behind[""]...)
	for _, id := range order {
		out = append(append(out, id), behind[id]...)
	}
	return out
}
