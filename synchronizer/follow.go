package synchronizer

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// followLimit is how many deletions of one model a run carries over to the other side. What is beyond is
// only reported: it may be a mishap.
const followLimit = 25

// followed counts the deletions of each model that were carried over.
type followed struct {
	mu     sync.Mutex
	counts map[string]int
}

func newFollowed() *followed { return &followed{counts: map[string]int{}} }

func (f *followed) of(model string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts[model]
}

func (f *followed) add(model string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts[model]++
}

// emptied says that an Odoo record is there and means that somebody deleted it.
func (sl *slice) emptied(r record.Record) bool {
	f := sl.env.Backend.ExporterOf(sl.model.Name).Emptied
	return f != nil && f(r)
}

// follows says that what is left of a pair is to be deleted too: where the model's deleter says so, as
// long as the run has not deleted too many, and not where the other half went along with what it lived in.
func (sl *slice) follows(left record.Record) bool {
	f := sl.env.Backend.DeleterOf(sl.model.Name).Follow
	if f == nil || !f(sl.env, left) {
		return false
	}
	if sl.followed.of(sl.model.Name) >= followLimit {
		sl.env.Explainf("%d %s were deleted in this run already, so this deletion is only reported", followLimit, plural(sl.model.Noun, followLimit))
		return false
	}
	return true
}

// mayFollow says that a deletion may be dealt with, where it may be carried over in a direction: unless this run leaves that one out, or has
// written as many records as it may. If not, the item waits for the next run.
func (sl *slice) mayFollow(it *item, to config.Direction) (bool, error) {
	switch {
	case sl.env.Backend.DeleterOf(sl.model.Name).Follow == nil:
		return true, nil
	case sl.leftOut(sl.model.Name) == to:
		return false, sl.leave(it, leftToBoth)
	case sl.spend(sl.model.Name, it.key()):
		return true, nil
	default:
		return false, sl.leave(it, "left to the next run: this one has written as many records as it may")
	}
}

// followIntoOdoo deletes the Odoo record of a pair whose external half was deleted, and says whether it
// did.
func (sl *slice) followIntoOdoo(ctx context.Context, it *item) (deleted bool, err error) {
	if sl.env.Backend.DeleterOf(sl.model.Name).Follow == nil || !sl.direction(sl.model.Name).Imports() {
		return false, nil
	}
	found, _, err := sl.reading().Read(ctx, sl.model.OdooModel, []int64{it.odooID()}, sl.odooFields())
	if odoo.IsKind(err, odoo.AccessError) {
		return false, nil
	}
	if err != nil || len(found) == 0 || !sl.follows(found[0]) {
		return err == nil && len(found) == 0, err
	}
	sl.env.Explainf("delete the %s in Odoo", sl.model.OdooNoun)
	sl.followed.add(sl.model.Name)
	if sl.dry.follow(binding.Odoo) {
		return true, nil
	}
	return true, sl.env.Session.Unlink(ctx, sl.model.OdooModel, []int64{it.odooID()})
}

// followOutside deletes the external record of a pair whose Odoo half was deleted, and says whether it
// did.
func (sl *slice) followOutside(ctx context.Context, it *item) (deleted bool, err error) {
	remover, ok := sl.adapter.(backend.Remover)
	if !ok || it.external == nil || !sl.direction(sl.model.Name).Exports() || !sl.follows(*it.external) {
		return false, nil
	}
	there, err := sl.parentInOdoo(ctx, it)
	if err != nil || !there {
		return false, err
	}
	sl.env.Explainf("delete the %s outside", sl.model.Noun)
	sl.followed.add(sl.model.Name)
	if sl.dry.follow(binding.External) {
		return true, nil
	}
	errs, err := remover.Remove(ctx, []backend.Key{{ID: it.external.ID, Parent: it.binding.Parent}})
	if err == nil && !errors.Is(errs[0], backend.ErrNotFound) {
		err = errs[0]
	}
	return err == nil, err
}

// parentInOdoo says that what the item's Odoo record lived in is there still. Odoo deletes a task's messages and
// files with it (seen on 16 to 19), which is no one's wish for the other side.
func (sl *slice) parentInOdoo(ctx context.Context, it *item) (bool, error) {
	if sl.model.Parent == "" {
		return true, nil
	}
	parent, _ := sl.env.Backend.Model(sl.model.Parent)
	id, bound, err := sl.env.Binder.ToOdoo(ctx, sl.model.Parent, it.binding.Parent)
	if err != nil || !bound {
		return false, err
	}
	found, _, err := sl.reading().Read(ctx, parent.OdooModel, []int64{id}, []string{"write_date"})
	if odoo.IsKind(err, odoo.AccessError) {
		return false, nil
	}
	return len(found) > 0, err
}

// fate is what became of the other half, for the report.
func fate(deleted bool, noun string) string {
	if deleted {
		return fmt.Sprintf("the %s was deleted too", noun)
	}
	return fmt.Sprintf("the %s stays as it is", noun)
}
