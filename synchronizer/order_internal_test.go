package synchronizer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/record"
)

// column is a group of records on both sides, as people see it: an order outside, and rows in Odoo.
type column struct {
	outside []string
	rows    []Ranked
	base    Agreed
	made    map[string]binding.Intent
	next    int
	policy  config.Conflict
}

const taskOrder = "priority desc, sequence, id desc"

var taskRanking = newRanking(taskOrder, "sequence")

func newRow(id string, number, sequence int64, priority string) Ranked {
	tasks := newSweep(backend.Model{Order: &backend.Order{Odoo: "sequence", OdooOrder: taskOrder}}, 0).of
	return Ranked{ID: id, standing: tasks.standing(record.New("project.task", strconv.FormatInt(number, 10), map[string]record.Value{
		"priority": record.Text(priority), "sequence": record.Int(sequence),
	}))}
}

func newColumn(n int) *column {
	c := &column{made: map[string]binding.Intent{}, policy: config.ConflictAsk}
	for range n {
		c.add(binding.None)
	}
	return c
}

// add makes a record that is bound on both sides: at the bottom outside, with Odoo's default sequence there.
func (c *column) add(made binding.Intent) string {
	c.next++
	id := fmt.Sprintf("c%d", c.next)
	c.outside = append(c.outside, id)
	c.rows = append(c.rows, newRow(id, int64(c.next), 10, "0"))
	if made != binding.None {
		c.made[id] = made
	}
	return id
}

func (c *column) inOdoo() []string {
	taskRanking.sort(c.rows)
	var ids []string
	for _, r := range c.rows {
		ids = append(ids, r.ID)
	}
	return ids
}

// set writes one row's sequence and priority.
func (c *column) set(id string, sequence int64, priority string) {
	i := slices.IndexFunc(c.rows, func(r Ranked) bool { return r.ID == id })
	c.rows[i] = newRow(id, c.rows[i].row, sequence, priority)
}

func (c *column) priority(id string) string {
	i := slices.IndexFunc(c.rows, func(r Ranked) bool { return r.ID == id })
	return c.rows[i].keys[0].AsText()
}

// drag puts a record elsewhere in Odoo, as a person does: Odoo numbers the whole column.
func (c *column) drag(id string, to int) {
	order := slices.DeleteFunc(c.inOdoo(), func(x string) bool { return x == id })
	order = slices.Insert(order, to, id)
	for i, x := range order {
		c.set(x, int64(10+i), c.priority(x))
	}
}

func (c *column) carry(id string, to int) {
	c.outside = slices.DeleteFunc(slices.Clone(c.outside), func(x string) bool { return x == id })
	c.outside = slices.Insert(c.outside, to, id)
}

// sync brings both sides in order once, and counts what was moved outside and what was written into Odoo.
func (c *column) sync() (moved, written int) {
	sequences := map[int64]bool{}
	for _, r := range c.rows {
		sequences[r.sequence] = true
	}
	o := Orders{
		External: slices.Clone(c.outside), Odoo: c.inOdoo(), Base: c.base, Made: c.made, NoOrder: len(sequences) <= 1,
		Settings: config.Model{Direction: config.DirectionBoth, Conflict: c.policy},
	}
	w := o.Plan()
	rows := map[string]Ranked{}
	for _, r := range c.rows {
		rows[r.ID] = r
	}
	shown := taskRanking.shown(w.Odoo, rows)
	for id, sequence := range taskRanking.sequences(c.rows, shown) {
		c.set(id, sequence, c.priority(id))
		written++
	}
	moved = len(movedIDs(c.outside, w.External))
	c.outside, c.base = w.External, agreed(w.External, shown)
	return moved, written
}

func sameIDs(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func TestOrderConverges(t *testing.T) {
	for seed := range uint64(300) {
		t.Run(fmt.Sprintf("Ensure both sides come to the same order whatever people did, draw %d", seed), func(t *testing.T) {
			chance := rand.New(rand.NewPCG(seed, 1))
			c := newColumn(chance.IntN(12))
			c.policy = []config.Conflict{config.ConflictAsk, config.ConflictOdoo, config.ConflictBackend, config.ConflictNewest}[chance.IntN(4)]
			for range 8 {
				c.disturb(chance)
				before := slices.Clone(c.outside)
				c.sync()
				if !sameIDs(before, c.outside) || !sameIDs(before, c.inOdoo()) {
					t.Fatalf("records came or went: %v, %v, %v", before, c.outside, c.inOdoo())
				}
				if got := c.inOdoo(); !slices.Equal(got, c.base.inOdoo()) {
					t.Fatalf("Odoo shows %v, want %v", got, c.base.inOdoo())
				}
				if moved, written := c.sync(); moved+written != 0 {
					t.Fatalf("a second sync moved %d and wrote %d", moved, written)
				}
			}
			if !slices.Equal(c.outside, c.inOdoo()) {
				t.Errorf("outside %v, in Odoo %v", c.outside, c.inOdoo())
			}
		})
	}
}

// disturb lets people move a few records, and make new ones, on both sides.
func (c *column) disturb(chance *rand.Rand) {
	for range chance.IntN(3) {
		c.add([]binding.Intent{binding.Import, binding.Export}[chance.IntN(2)])
	}
	if len(c.outside) == 0 {
		return
	}
	for range chance.IntN(4) {
		c.carry(c.outside[chance.IntN(len(c.outside))], chance.IntN(len(c.outside)))
	}
	for range chance.IntN(4) {
		c.drag(c.outside[chance.IntN(len(c.outside))], chance.IntN(len(c.outside)))
	}
}

func TestOrderMovesTheFewest(t *testing.T) {
	for seed := range uint64(100) {
		t.Run(fmt.Sprintf("Ensure one card that is carried elsewhere is one write into Odoo, and one that is dragged one move outside, draw %d", seed), func(t *testing.T) {
			chance := rand.New(rand.NewPCG(seed, 2))
			c := newColumn(0)
			for range 30 {
				c.add(binding.Import)
			}
			c.sync()
			for range 5 {
				c.carry(c.outside[chance.IntN(30)], chance.IntN(30))
				if moved, written := c.sync(); moved > 0 || written > 1 {
					t.Fatalf("carried: moved %d, wrote %d", moved, written)
				}
			}
			for range 5 {
				c.drag(c.outside[chance.IntN(30)], chance.IntN(30))
				if moved, written := c.sync(); moved > 1 || written > 0 {
					t.Fatalf("dragged: moved %d, wrote %d", moved, written)
				}
			}
		})
	}
	t.Run("Ensure sequences are numbered anew only where a gap is used up", func(t *testing.T) {
		c := newColumn(0)
		for range 6 {
			c.add(binding.Import)
		}
		c.sync()
		total := 0
		for range 40 { // always into the same gap
			c.carry(c.outside[5], 1)
			_, written := c.sync()
			total += written
		}
		if total > 60 {
			t.Errorf("40 moves took %d writes", total)
		}
	})
	t.Run("Ensure the top has always room", func(t *testing.T) {
		c := newColumn(6)
		c.sync()
		for range 50 {
			c.carry(c.outside[5], 0)
			if _, written := c.sync(); written != 1 {
				t.Fatalf("a move to the top took %d writes", written)
			}
		}
	})
}

func TestOrderOfPriorities(t *testing.T) {
	c := newColumn(0)
	for range 5 {
		c.add(binding.Import)
	}
	c.sync()
	t.Run("Ensure a task that gets a priority is on top on both sides", func(t *testing.T) {
		c.set("c4", 4096, "1")
		moved, written := c.sync()
		if !slices.Equal(c.outside, []string{"c4", "c1", "c2", "c3", "c5"}) || moved != 1 || written != 0 {
			t.Errorf("moved %d, wrote %d: %v", moved, written, c.outside)
		}
	})
	t.Run("Ensure what is moved outside above a task of priority stays there, though Odoo cannot show it", func(t *testing.T) {
		c.carry("c5", 0)
		moved, _ := c.sync()
		if !slices.Equal(c.outside, []string{"c5", "c4", "c1", "c2", "c3"}) || moved != 0 {
			t.Errorf("moved %d: %v", moved, c.outside)
		}
		if got := c.inOdoo(); !slices.Equal(got, []string{"c4", "c5", "c1", "c2", "c3"}) {
			t.Errorf("Odoo shows %v", got)
		}
		if moved, written := c.sync(); moved+written != 0 {
			t.Errorf("a second sync moved %d and wrote %d", moved, written)
		}
	})
}

func TestOrderOfConflicts(t *testing.T) {
	for _, tc := range []struct {
		policy config.Conflict
		want   []string
	}{
		{config.ConflictAsk, []string{"c2", "c3", "c1", "c5", "c4"}},
		{config.ConflictBackend, []string{"c2", "c1", "c3", "c5", "c4"}},
	} {
		t.Run(fmt.Sprintf("Ensure what both sides moved is where the policy %s has it, and all else where it was moved to", tc.policy), func(t *testing.T) {
			o := Orders{
				External: []string{"c2", "c1", "c3", "c4", "c5"}, // c1 one down
				Odoo:     []string{"c2", "c3", "c1", "c5", "c4"}, // c1 two down, c4 to the end
				Base:     Agreed{External: []string{"c1", "c2", "c3", "c4", "c5"}},
				Settings: config.Model{Direction: config.DirectionBoth, Conflict: tc.policy},
			}
			w := o.Plan()
			if !slices.Equal(w.External, tc.want) || !slices.Equal(w.Odoo, tc.want) || !slices.Equal(w.Contested, []string{"c1"}) {
				t.Errorf("got %v and %v, contested %v", w.External, w.Odoo, w.Contested)
			}
		})
	}
}

func TestOrderAfterACrash(t *testing.T) {
	base := Agreed{External: []string{"c1", "c2", "c3", "c4"}}
	t.Run("Ensure half of what a run moved outside is not taken for a person's doing", func(t *testing.T) {
		o := Orders{ // in Odoo c1 and c2 went to the end; outside c1 went already
			External: []string{"c2", "c3", "c4", "c1"}, Odoo: []string{"c3", "c4", "c2", "c1"}, Base: base,
			Moving:   Moving{External: []string{"c2", "c1"}},
			Settings: config.Model{Direction: config.DirectionBoth, Conflict: config.ConflictBackend},
		}
		if w := o.Plan(); !slices.Equal(w.External, o.Odoo) || !slices.Equal(w.Odoo, o.Odoo) || w.Contested != nil {
			t.Errorf("got %v and %v, contested %v", w.External, w.Odoo, w.Contested)
		}
	})
	t.Run("Ensure what a person moved meanwhile is heard", func(t *testing.T) {
		o := Orders{
			External: []string{"c4", "c2", "c3", "c1"}, Odoo: []string{"c2", "c3", "c4", "c1"}, Base: base,
			Moving:   Moving{External: []string{"c1"}},
			Settings: config.Model{Direction: config.DirectionBoth},
		}
		if w := o.Plan(); !slices.Equal(w.External, o.External) || !slices.Equal(w.Odoo, o.External) {
			t.Errorf("got %v and %v", w.External, w.Odoo)
		}
	})
}

func TestOrderAtFirst(t *testing.T) {
	outside, inOdoo := []string{"a", "b", "c"}, []string{"c", "b", "a"}
	plan := func(noOrder bool, policy config.Conflict, direction config.Direction) Wanted {
		return Orders{External: outside, Odoo: inOdoo, NoOrder: noOrder, Settings: config.Model{Direction: direction, Conflict: policy}}.Plan()
	}
	for _, tc := range []struct {
		name    string
		got     Wanted
		outside bool // its order is everywhere
	}{
		{"Ensure Odoo's default sequences are no order", plan(true, config.ConflictAsk, config.DirectionBoth), true},
		{"Ensure an order that somebody made in Odoo is kept", plan(false, config.ConflictAsk, config.DirectionBoth), false},
		{"Ensure the policy of the backend goes before", plan(false, config.ConflictBackend, config.DirectionBoth), true},
		{"Ensure the policy of Odoo goes before", plan(true, config.ConflictOdoo, config.DirectionBoth), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want := inOdoo
			if tc.outside {
				want = outside
			}
			if !slices.Equal(tc.got.External, want) || !slices.Equal(tc.got.Odoo, want) {
				t.Errorf("got %v and %v, want %v", tc.got.External, tc.got.Odoo, want)
			}
		})
	}
	t.Run("Ensure a side that is not written stays as it is", func(t *testing.T) {
		if w := plan(true, config.ConflictAsk, config.DirectionImport); !slices.Equal(w.External, outside) || !slices.Equal(w.Odoo, outside) {
			t.Errorf("imports: %v and %v", w.External, w.Odoo)
		}
		if w := plan(false, config.ConflictAsk, config.DirectionExport); !slices.Equal(w.External, inOdoo) || !slices.Equal(w.Odoo, inOdoo) {
			t.Errorf("exports: %v and %v", w.External, w.Odoo)
		}
	})
}

func TestLongestRun(t *testing.T) {
	for seed := range uint64(200) {
		chance := rand.New(rand.NewPCG(seed, 3))
		ids := make([]string, chance.IntN(9))
		for i := range ids {
			ids[i] = string(rune('a' + i))
		}
		now := slices.Clone(ids)
		chance.Shuffle(len(now), func(i, j int) { now[i], now[j] = now[j], now[i] })
		moved := movedIDs(now, ids)
		if want := len(ids) - longestByTrial(now, indexOf(ids)); len(moved) != want {
			t.Errorf("%v into %v: moved %v, want %d", now, ids, moved, want)
		}
		if got := placed(within(now, but(setOf(ids), moved)), setOf(moved), ids); !slices.Equal(got, ids) {
			t.Errorf("moving %v of %v gives %v", moved, now, got)
		}
	}
}

func but(set map[string]bool, ids []string) map[string]bool {
	for _, id := range ids {
		delete(set, id)
	}
	return set
}

// longestByTrial finds the length of the longest rising part by trying all.
func longestByTrial(order []string, place map[string]int) (best int) {
	for mask := range 1 << len(order) {
		last, n, rises := -1, 0, true
		for i, id := range order {
			if mask>>i&1 == 1 {
				rises, last, n = rises && place[id] > last, place[id], n+1
			}
		}
		if rises {
			best = max(best, n)
		}
	}
	return best
}

func BenchmarkOrder(b *testing.B) {
	for _, bc := range []struct {
		name    string
		disturb func(*column)
	}{
		{"1000 cards reversed", func(c *column) { slices.Reverse(c.outside) }},
		{"1 card of 1000 moved", func(c *column) { c.carry(c.outside[900], 10) }},
		{"1000 cards at rest", func(*column) {}},
	} {
		b.Run(bc.name, func(b *testing.B) {
			c := newColumn(0)
			for range 1000 {
				c.add(binding.Import)
			}
			c.sync()
			outside, rows, base := slices.Clone(c.outside), slices.Clone(c.rows), c.base
			moved, written := 0, 0
			for b.Loop() {
				c.outside, c.rows, c.base = slices.Clone(outside), slices.Clone(rows), base
				bc.disturb(c)
				moved, written = c.sync()
			}
			b.ReportMetric(float64(moved), "moves")
			b.ReportMetric(float64(written), "writes")
		})
	}
}
