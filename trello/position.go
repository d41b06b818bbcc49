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

// behind is the position right behind another one, as Trello's parameter: between two, or at an end. ok is false if there is no number
// left between the two.
func (p *positions) behind(id, after string) (pos string, ok bool) {
	others := slices.DeleteFunc(slices.Clone(p.ids), func(x string) bool { return x == id })
	at := slices.Index(others, after) // -1 for the first place
	switch {
	case at == len(others)-1:
		return "bottom", true
	case at < 0:
		return "top", true
	}
	low, high := p.of[others[at]], p.of[others[at+1]]
	middle := low + (high-low)/2
	return strconv.FormatFloat(middle, 'f', -1, 64), low < middle && middle < high
}

// step is how far apart positions are put where there is no room left between two.
const step = 65536

// Move changes the places of records, one after the other.
func (a *childAdapter) Move(ctx context.Context, moves []backend.Move) ([]backend.Result, error) {
	defer a.forget()
	groups := map[string]*positions{}
	return each(ctx, moves, func(ctx context.Context, m backend.Move) (record.Record, error) {
		if groups[m.Group] == nil {
			all, err := a.records(ctx, m.Key.Parent)
			if err != nil {
				return record.Record{}, err
			}
			groups[m.Group] = newPositions(all.records(), func(r record.Record) bool {
				ref, _ := r.Value(a.group).AsRef()
				return ref.ID == m.Group
			})
		}
		return a.move(ctx, m, groups[m.Group])
	})
}

func (a *childAdapter) move(ctx context.Context, m backend.Move, p *positions) (record.Record, error) {
	pos, ok := p.behind(m.Key.ID, m.After)
	if ok {
		return a.setPos(ctx, m.Key.ID, pos, p)
	}
	for i, id := range slices.Clone(p.ids) { // no room: all are put apart
		if _, err := a.setPos(ctx, id, strconv.Itoa(step*(i+1)), p); err != nil {
			return record.Record{}, err
		}
	}
	pos, _ = p.behind(m.Key.ID, m.After)
	return a.setPos(ctx, m.Key.ID, pos, p)
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
func (a *checkItemAdapter) Move(ctx context.Context, moves []backend.Move) ([]backend.Result, error) {
	return each(ctx, moves, func(ctx context.Context, m backend.Move) (record.Record, error) {
		cards, errs, err := a.cards(ctx, []string{m.Group})
		if err := cmp.Or(err, errs[m.Group]); err != nil {
			return record.Record{}, err
		}
		list, pos := cards[m.Group].placeBehind(m.Key.ID, m.After)
		if list == "" {
			return record.Record{}, nil // one of the two has gone meanwhile
		}
		return a.change(ctx, m.Key, url.Values{"idChecklist": {list}, "pos": {pos}})
	})
}

// placeBehind is the checklist and the position at which an item comes right behind another one; "" where either is not there.
func (c card) placeBehind(id, after string) (list, pos string) {
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
		return "", ""
	}
	if top := firstFrom(lists, at+1, own); own > at && top >= own && (at < 0 || lastOf(lists[at]) == after) {
		return lists[own].ID, "top"
	}
	if at < 0 {
		return lists[firstFrom(lists, 0, own)].ID, "top"
	}
	return lists[at].ID, lists[at].behind(after)
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

// behind is the position right behind one of the items, which are in order.
func (l checklist) behind(after string) string {
	i := slices.IndexFunc(l.CheckItems, func(x checkItem) bool { return x.ID == after })
	if i == len(l.CheckItems)-1 {
		return "bottom"
	}
	return strconv.FormatFloat((l.CheckItems[i].Pos+l.CheckItems[i+1].Pos)/2, 'f', -1, 64)
}
