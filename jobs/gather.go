package jobs

import "time"

// Where many runs end at a time, as when their jobs have little to do, those that the last transaction began end together as well.
// What a transaction costs beside its jobs, messages and a look at all lines, is shared by as many as it takes along; so the
// pool waits for the rest of them a little while. Whether that is worth it shows in the last one: see docs/decisions.
const (
	gatherFrom  = 8                    // outcomes that the last transaction stored, at least
	gatherShare = 4                    // the part of its time that is waited for the next one's
	gatherMost  = 2 * time.Millisecond // whatever it took: see gatherShare
)

// turnPace is what the pool's last transaction that stored outcomes did.
type turnPace struct {
	stored int
	took   time.Duration
}

// busy tells whether so many runs end at a time that messages and waits count.
func (t turnPace) busy() bool { return t.stored >= gatherFrom }

// patience is how long the next one waits for more outcomes.
func (t turnPace) patience() time.Duration {
	if !t.busy() {
		return 0
	}
	return min(t.took/gatherShare, gatherMost)
}

// gather waits for the outcomes of handlers that are about to return, where the last transaction had many.
func (p *pool) gather(list []*request) []*request {
	patience := p.last.patience()
	if len(list) == 0 || patience == 0 {
		return list
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	for len(list) < len(p.hands) {
		select {
		case r := <-p.requests:
			list = append(list, r)
		case e := <-p.ended:
			p.returned(e)
		case <-late.C:
			return list
		}
	}
	return list
}
