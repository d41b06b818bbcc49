package jobs

// settling is a transaction of the pool that is committed and not safe yet. What it claimed runs already. Should the server crash now
// it forgets those claims, and gives the jobs to the next one who asks, who may be this worker: so nothing else begins before this
// is safe. Nor do runs pile up that wait for a disk which doesn't answer.
type settling struct {
	done chan struct{}
	err  error // once done is closed
}

// settled waits until the transaction before is safe, and tells whether it is: then something may begin.
func (p *pool) settled() bool {
	s := p.settling
	if s == nil {
		return true
	}
	<-s.done
	p.settling = nil
	if s.err != nil {
		p.fail(s.err)
	}
	return s.err == nil
}
