package trello

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// orderOfTasks is the order of what becomes a task, as Odoo's kanban shows it (read in its behaviour on 16 to 19).
func orderOfTasks(group, groupModel, external, odooGroup string) *backend.Order {
	return &backend.Order{
		Group: group, GroupModel: groupModel, External: external, OdooGroup: odooGroup,
		Odoo: "sequence", OdooOrder: "priority desc, sequence, date_deadline, id desc",
	}
}

// sequenced gives a new Odoo record a sequence by its place outside, so that what is imported comes in order. What becomes of it later is
// a matter of the order as a whole.
func sequenced(external string, sequence func(float64) float64) mapping.Field {
	return mapping.Field{
		Name: "sequence", OnlyCreate: true,
		FromExternal: func(s mapping.Source) (record.Value, error) {
			place := s.Record.Value(external).AsRat()
			if place == nil {
				return record.Null(), mapping.ErrSkip
			}
			n, _ := place.Float64()
			return record.Int(int64(max(0, min(sequence(n), math.MaxInt32)))), nil
		},
		ToOdoo: func(t mapping.Target) (mapping.Values, error) { return mapping.Values{"sequence": t.Value}, nil },
	}
}

// byPos makes sequences of Trello's positions, which are usually 16,384 or 65,536 apart (captures): they become 1,024 or 4,096.
func byPos(pos float64) float64 { return pos / 16 }

// positions are those of the records of one group, in their order.
type positions struct {
	ids []string
	of  map[string]float64
}

func newPositions(records []record.Record, in func(record.Record) bool) *positions {
	p := &positions{of: map[string]float64{}}
	for _, r := range records {
		if n := r.Value("pos").AsRat(); in(r) && n != nil {
			p.of[r.ID], _ = n.Float64()
			p.ids = append(p.ids, r.ID)
		}
	}
	p.sort()
	return p
}

func (p *positions) sort() {
	slices.SortFunc(p.ids, func(a, b string) int { return cmp.Or(cmp.Compare(p.of[a], p.of[b]), cmp.Compare(a, b)) })
}

// put notes where one is now.
func (p *positions) put(id string, pos float64) {
	if _, there := p.of[id]; !there {
		p.ids = append(p.ids, id)
	}
	p.of[id] = pos
	p.sort()
}

// moves are what is still to be moved in one group, as one after the other is.
type moves struct {
	*positions
	left map[string]bool
}

// others are the ids that stay where they are, in their order, and the place of one of them; -1 for "", before all of them.
func (m moves) others(after string) (ids []string, at int) {
	ids = slices.DeleteFunc(slices.Clone(m.ids), func(id string) bool { return m.left[id] })
	return ids, slices.Index(ids, after)
}

// leastGap is how close to each other positions are put at least.
const leastGap = 1.0 / 1024

// behind is the position right behind another one, as Trello's parameter: at an end, or between two, where as many as n in all find
// their places at even distances. ok is false if there is no room left between the two.
func (m moves) behind(after string, n int) (pos string, ok bool) {
	ids, at := m.others(after)
	switch {
	case at == len(ids)-1:
		return "bottom", true
	case at < 0 && n == 1:
		return "top", true
	}
	low := m.low(ids, at)
	each := (m.of[ids[at+1]] - low) / float64(n+1)
	return posText(low + each), each >= leastGap
}

// low is the position behind which the ones that follow come.
func (m moves) low(ids []string, at int) float64 {
	if at < 0 {
		return 0
	}
	return m.of[ids[at]]
}

func posText(pos float64) string { return strconv.FormatFloat(pos, 'f', -1, 64) }

// room tells how to make room for n behind one: the new positions of those that follow it, as many as are needed.
func (m moves) room(after string, n int) (ids []string, pos []float64) {
	ids, at := m.others(after)
	low, first, last := m.low(ids, at), at+1, at+1
	each := float64(step)
	for last++; last < len(ids); last++ {
		if gap := (m.of[ids[last]] - low) / float64(n+last-first+1); gap >= leastGap {
			each = gap
			break
		}
	}
	for i := range ids[first:last] {
		pos = append(pos, low+each*float64(n+i+1))
	}
	return ids[first:last], pos
}

// step is how far apart positions are put where nothing follows.
const step = 65536

// Move changes the places of records, one after the other.
func (a *childAdapter) Move(ctx context.Context, all []backend.Move) ([]backend.Result, error) {
	defer a.forget()
	groups := map[string]moves{}
	at := 0
	return each(ctx, all, func(ctx context.Context, m backend.Move) (record.Record, error) {
		left := all[at:]
		at++
		if _, known := groups[m.Group]; !known {
			listed, err := a.records(ctx, m.Key.Parent)
			if err != nil {
				return record.Record{}, err
			}
			groups[m.Group] = moves{left: leftOf(left, m.Group), positions: newPositions(listed.records(), func(r record.Record) bool {
				ref, _ := r.Value(a.group).AsRef()
				return ref.ID == m.Group
			})}
		}
		return a.move(ctx, m, groups[m.Group], inARow(left))
	})
}

// leftOf are the ids that are to be moved in a group.
func leftOf(all []backend.Move, group string) map[string]bool {
	left := map[string]bool{}
	for _, m := range all {
		if m.Group == group {
			left[m.Key.ID] = true
		}
	}
	return left
}

// inARow counts the moves, from the first one on, each of which goes right behind the one before.
func inARow(all []backend.Move) int {
	n := 1
	for n < len(all) && all[n].Group == all[n-1].Group && all[n].After == all[n-1].Key.ID {
		n++
	}
	return n
}

// move moves the first of n that go behind each other.
func (a *childAdapter) move(ctx context.Context, m backend.Move, in moves, n int) (record.Record, error) {
	pos, ok := in.behind(m.After, n)
	if !ok {
		ids, to := in.room(m.After, n)
		for i := len(ids) - 1; i >= 0; i-- { // from the last on, so that they stay in their order
			if _, err := a.setPos(ctx, ids[i], posText(to[i]), in.positions); err != nil {
				return record.Record{}, err
			}
		}
		pos, _ = in.behind(m.After, n)
	}
	delete(in.left, m.Key.ID)
	return a.setPos(ctx, m.Key.ID, pos, in.positions)
}

func (a *childAdapter) setPos(ctx context.Context, id, pos string, p *positions) (record.Record, error) {
	r, err := a.decode(func(into any) error {
		return a.client.send(ctx, http.MethodPut, a.prefix+"/"+url.PathEscape(id), url.Values{"pos": {pos}}, into)
	})
	if n := r.Value("pos").AsRat(); err == nil && n != nil {
		now, _ := n.Float64()
		p.put(id, now)
	}
	return r, err
}

// Move changes the places of check items on a card, one after the other. An item that follows the last one of another checklist stays in
// its own if that is the next one.
func (a *checkItemAdapter) Move(ctx context.Context, all []backend.Move) ([]backend.Result, error) {
	at := 0
	return each(ctx, all, func(ctx context.Context, m backend.Move) (record.Record, error) {
		left := all[at:]
		at++
		c, err := a.cardOf(ctx, m)
		if err != nil {
			return record.Record{}, err
		}
		list, pos, ids, to := c.placeBehind(m.Key.ID, m.After, left)
		if list == "" {
			return record.Record{}, nil // one of the two has gone meanwhile
		}
		for i := len(ids) - 1; i >= 0; i-- { // there was no room
			if _, err := a.change(ctx, backend.Key{ID: ids[i], Parent: m.Key.Parent}, url.Values{"pos": {posText(to[i])}}); err != nil {
				return record.Record{}, err
			}
		}
		return a.change(ctx, m.Key, url.Values{"idChecklist": {list}, "pos": {pos}})
	})
}

// cardOf is the card that the item of a move is on, as it is now.
func (a *checkItemAdapter) cardOf(ctx context.Context, m backend.Move) (card, error) {
	cards, errs, err := a.cards(ctx, []string{m.Group})
	return cards[m.Group], cmp.Or(err, errs[m.Group])
}

// placeBehind is the checklist and the position at which an item comes right behind another one; "" where either is not there. The item is
// the first of those that are left to be moved. Where there is no room, ids are items that go to new positions before.
func (c card) placeBehind(id, after string, left []backend.Move) (list, pos string, ids []string, to []float64) {
	own, at := -1, -1
	lists := c.ordered()
	for i, l := range lists {
		if slices.ContainsFunc(l.CheckItems, func(x checkItem) bool { return x.ID == id }) {
			own = i
			lists[i].CheckItems = slices.DeleteFunc(l.CheckItems, func(x checkItem) bool { return x.ID == id })
		}
	}
	for i, l := range lists {
		if slices.ContainsFunc(l.CheckItems, func(x checkItem) bool { return x.ID == after }) {
			at = i
		}
	}
	if own < 0 || (at < 0 && after != "") {
		return "", "", nil, nil
	}
	if top := firstFrom(lists, at+1, own); own > at && top >= own && (at < 0 || lastOf(lists[at]) == after) {
		return lists[own].ID, "top", nil, nil
	}
	if at < 0 {
		return lists[firstFrom(lists, 0, own)].ID, "top", nil, nil
	}
	pos, ids, to = lists[at].behind(after, left)
	return lists[at].ID, pos, ids, to
}

// firstFrom is the first checklist from there on that has items; the last resort if none has.
func firstFrom(lists []checklist, from, otherwise int) int {
	for i := from; i < len(lists); i++ {
		if len(lists[i].CheckItems) > 0 {
			return i
		}
	}
	return otherwise
}

func lastOf(l checklist) string { return l.CheckItems[len(l.CheckItems)-1].ID }

// behind is the position right behind one of the items, for the first of those that are left to be moved, and which items make room before.
func (l checklist) behind(after string, left []backend.Move) (pos string, ids []string, to []float64) {
	p := &positions{of: map[string]float64{}}
	for _, x := range l.CheckItems {
		p.put(x.ID, x.Pos)
	}
	in, n := moves{p, leftOf(left, left[0].Group)}, inARow(left)
	pos, ok := in.behind(after, n)
	if ok {
		return pos, nil, nil
	}
	ids, to = in.room(after, n)
	for i, id := range ids {
		p.put(id, to[i])
	}
	pos, _ = in.behind(after, n)
	return pos, ids, to
}
