package synchronizer

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/jobs"
)

// Places are where synchronizers that work at a time look for counterparts, or make them: a name in a model of an Odoo
// database. Each place is one's alone until that one has stored what it found or made, so that no two of them make the same.
// A process is enough for the slices of one backend, since no other one works on that, on whatever machine: its lock is in the state.
// Two backends of one Odoo database that are worked on by two processes share no places, and may make two stages of one name.
// They also tell each other by it which records come to stand for others than before.
// Share one among all synchronizers of a process; the zero value is none that can be used: see [NewPlaces].
type Places struct {
	mu    sync.Mutex
	taken map[string]bool
	freed chan struct{} // closed, and made anew, when places become free

	meanings *meanings
}

// NewPlaces gives places of which none is taken.
func NewPlaces() *Places {
	return &Places{taken: map[string]bool{}, freed: make(chan struct{}), meanings: newMeanings()}
}

// take waits until all of the places are free, or ctx ends, and takes them.
func (p *Places) take(ctx context.Context, places []string) error {
	for {
		freed := p.tryTake(places)
		if freed == nil {
			return nil
		}
		select {
		case <-freed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// tryTake takes the places if all of them are free. Else it gives what is closed when some become so.
func (p *Places) tryTake(places []string) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if slices.ContainsFunc(places, func(one string) bool { return p.taken[one] }) {
		return p.freed
	}
	for _, one := range places {
		p.taken[one] = true
	}
	return nil
}

func (p *Places) giveBack(places []string) {
	if len(places) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range places {
		delete(p.taken, one)
	}
	close(p.freed)
	p.freed = make(chan struct{})
}

// wholeModel says that any record of the model may come to stand for another's counterpart, whatever its name was: one Odoo
// record stands for several external ones. There are few of such models' records, and they are made one slice after the other.
func (sl *slice) wholeModel() bool { return sl.model.ByName || sl.model.Scoped || sl.model.Joins }

// takeModel takes the whole model for this pass, where that is needed.
func (sl *slice) takeModel(ctx context.Context) error {
	if sl.shared == nil || !sl.wholeModel() {
		return nil
	}
	return sl.takePlaces(ctx, []string{sl.placeKey("")})
}

// placeKey names a place among all synchronizers of this process.
func (sl *slice) placeKey(name string) string {
	return sl.env.Session.Database() + "\x00" + sl.model.OdooModel + "\x00" + name
}

func (sl *slice) takePlaces(ctx context.Context, places []string) error {
	if err := sl.shared.take(ctx, places); err != nil {
		return err
	}
	sl.held = append(sl.held, places...)
	return nil
}

// freePlaces gives back what this pass took.
func (sl *slice) freePlaces() {
	if sl.shared != nil {
		sl.shared.giveBack(sl.held)
		sl.held = nil
	}
}

// takeNames takes the places of unbound items for this pass, and gives the items that are unbound still: one that another
// slice bound meanwhile is left to the next pass, which reads it anew.
func (sl *slice) takeNames(ctx context.Context, items []*item) ([]*item, error) {
	if sl.shared == nil || sl.wholeModel() || len(items) == 0 {
		return items, nil
	}
	match, _ := sl.mapper.MatchField()
	var places []string
	for _, it := range items {
		if at, ok := sl.placeOf(match, it); ok {
			places = append(places, sl.placeKey(at.name))
		}
	}
	slices.Sort(places)
	if err := sl.takePlaces(ctx, slices.Compact(places)); err != nil {
		return nil, err
	}
	return sl.stillUnbound(ctx, items)
}

// leaveToPairs ends the items that were named by their Odoo half before that was bound: to be worked on by one slice at a time, a pair is
// named by its external half. A job of that name looks at it.
func (sl *slice) leaveToPairs(context.Context) error {
	if sl.shared == nil {
		return nil
	}
	for _, it := range sl.unfinished() {
		if it.args.ExternalID != "" || !it.binding.Bound() || it.binding.Intent != binding.None {
			continue
		}
		reason := fmt.Sprintf("left to a job of the pair: by now the %s is bound to the %s %s", sl.model.OdooNoun, sl.model.Noun, it.binding.ExternalID)
		o := jobs.Outcome{Kind: jobs.NothingToDo, Result: reason, FollowUps: []jobs.Spec{sl.Spec(ExportRecord, bindingArgs(it.binding), it.binding.Name)}}
		if err := sl.close(it, o); err != nil {
			return err
		}
	}
	return nil
}

// stillUnbound leaves out the items of which another slice has bound, or begun to make, the counterpart since this pass began.
func (sl *slice) stillUnbound(ctx context.Context, items []*item) (left []*item, err error) {
	var external []string
	var inOdoo []int64
	for _, it := range items {
		if it.external != nil {
			external = append(external, it.external.ID)
		} else {
			inOdoo = append(inOdoo, it.odooID())
		}
	}
	byExternal, err := sl.env.Binder.ByExternal(ctx, sl.model.Name, external)
	if err != nil {
		return nil, err
	}
	byOdoo, err := sl.env.Binder.ByOdoo(ctx, sl.model.Name, inOdoo)
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		now := inScope(byOdoo[it.odooID()], it.args.Scope)
		if it.external != nil {
			now = byExternal[it.external.ID]
		}
		if now.ID != it.binding.ID {
			it.plan = Plan{}
			sl.rereads++
			continue
		}
		left = append(left, it)
	}
	return left, nil
}
