package synchronizer

import (
	"slices"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
)

// Orders are the order of one group of bound records on both sides: of the cards of a list, say. Records go by their external ids. What
// is put away on either side is left out. It is data only: planning asks nobody.
type Orders struct {
	External, Odoo []string // as people see them; the same ids
	Base           Agreed   // as both sides were left; zero where the group was never put in order
	Moving         Moving   // what an earlier run was about to move, and may have moved
	// Made tells where a record that the base lacks was made first: in Odoo (binding.Export), outside (binding.Import), or on both
	// sides, before they were bound (binding.None).
	Made map[string]binding.Intent
	// NoOrder says that Odoo's records were never put in order by anybody: all have the same sequence.
	NoOrder  bool
	Settings config.Model
}

// Agreed are the orders in which both sides were left, by external ids. They differ where Odoo cannot show the other's: a task of a
// higher priority comes first.
type Agreed struct {
	External []string `json:"external"`
	Odoo     []string `json:"odoo,omitempty"` // nil: the same
}

// inOdoo is Odoo's order.
func (a Agreed) inOdoo() []string {
	if a.Odoo == nil {
		return a.External
	}
	return a.Odoo
}

// agreed are two orders as they are stored.
func agreed(external, inOdoo []string) Agreed {
	if slices.Equal(external, inOdoo) {
		return Agreed{External: external}
	}
	return Agreed{External: external, Odoo: inOdoo}
}

// equal compares two of them.
func (a Agreed) equal(b Agreed) bool {
	return slices.Equal(a.External, b.External) && slices.Equal(a.inOdoo(), b.inOdoo())
}

// Moving are records that are about to be moved, by their external ids.
type Moving struct {
	External []string `json:"external,omitempty"`
	Odoo     []string `json:"odoo,omitempty"`
}

func (m Moving) empty() bool { return len(m.External)+len(m.Odoo) == 0 }

// Wanted are the orders that both sides shall have.
type Wanted struct {
	External, Odoo []string
	Contested      []string // moved on both sides; they are where the policy says
}

// Plan decides in which order both sides shall be. The side that changed since the base wins; where both changed, what either moved is
// where it was moved to, and what both moved is where the policy says: where the backend has it with the policy "backend", else where
// Odoo has it. A record that is new is where the side that made it has it.
func (o Orders) Plan() Wanted {
	if o.Base.External == nil {
		return o.first()
	}
	both := setOf(o.External)
	kept := setOf(within(o.Base.External, both))
	x, y := within(o.External, kept), within(o.Odoo, kept)
	baseX, baseY := within(o.Base.External, kept), within(o.Base.inOdoo(), kept)
	movedX := o.edits(x, baseX, o.Moving.External, o.Settings.Direction.Imports())
	movedY := o.edits(y, baseY, o.Moving.Odoo, o.Settings.Direction.Exports())
	w := Wanted{External: x, Odoo: y}
	switch {
	case len(movedX) == 0 && len(movedY) == 0:
	case len(movedY) == 0:
		w.Odoo = x
	case len(movedX) == 0:
		w.External = y
	default:
		w = o.merge(x, y, movedX, movedY)
	}
	return o.bounded(o.withNew(w, kept))
}

// edits are what people moved on one side, as far as that side may say anything: not what an earlier run was moving there.
func (o Orders) edits(now, base, moving []string, heard bool) map[string]bool {
	if !heard {
		return nil
	}
	left := setOf(now)
	for _, id := range moving {
		delete(left, id)
	}
	return setOf(movedIDs(within(base, left), within(now, left)))
}

// merge puts what either side moved where that side has it.
func (o Orders) merge(x, y []string, movedX, movedY map[string]bool) Wanted {
	var w Wanted
	fixed := map[string]bool{}
	for _, id := range x {
		switch {
		case movedX[id] && movedY[id]:
			w.Contested = append(w.Contested, id)
			if o.Settings.Conflict == config.ConflictBackend {
				delete(movedY, id)
			} else {
				delete(movedX, id)
			}
		case !movedX[id] && !movedY[id]:
			fixed[id] = true
		}
	}
	own := setOf(y) // what the other side moved is no landmark
	for id := range movedX {
		delete(own, id)
	}
	merged := placed(placed(within(x, fixed), movedX, x), movedY, within(y, own))
	w.External, w.Odoo = merged, merged
	return w
}

// first decides for a group that was never put in order. What was on both sides before is in Odoo's order where Odoo has one of its own,
// unless the policy is the backend's.
func (o Orders) first() Wanted {
	old := map[string]bool{}
	for _, id := range o.External {
		if o.Made[id] == binding.None {
			old[id] = true
		}
	}
	order := within(o.Odoo, old)
	if o.NoOrder && o.Settings.Conflict != config.ConflictOdoo || o.Settings.Conflict == config.ConflictBackend || !o.Settings.Direction.Exports() {
		order = within(o.External, old)
	}
	return o.bounded(o.withNew(Wanted{External: order, Odoo: order}, old))
}

// withNew adds the records that are not among the known ones.
func (o Orders) withNew(w Wanted, known map[string]bool) Wanted {
	inOdoo, outside := map[string]bool{}, map[string]bool{}
	for _, id := range o.External {
		switch {
		case known[id]:
		case o.Made[id] == binding.Export:
			inOdoo[id] = true
		default:
			outside[id] = true
		}
	}
	w.External = placed(placed(w.External, outside, o.External), inOdoo, o.Odoo)
	w.Odoo = placed(placed(w.Odoo, outside, o.External), inOdoo, o.Odoo)
	return w
}

// bounded leaves a side as it is that may not be written.
func (o Orders) bounded(w Wanted) Wanted {
	if !o.Settings.Direction.Exports() {
		w.External = o.External
	}
	if !o.Settings.Direction.Imports() {
		w.Odoo = o.Odoo
	}
	return w
}
