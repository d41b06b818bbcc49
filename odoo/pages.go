package odoo

import (
	"context"
	"errors"
	"time"

	"github.com/odoo-connector/connector/transport"
)

// How large pages are. 10,000 partners of 12 fields take 1.2 s in pages of 1000 and up to 2.4 s in pages of 200
// (seen on Odoo 18): 1.2 MB a page there. Beyond that nothing is gained, and a slow server's limits come near.
// The first page is as large as one of common rows may well be, so that most readings are of one call.
const (
	firstPage    = 500
	smallestPage = 20
	largestPage  = 2000
	pageBytes    = 1_000_000
	pageTime     = 2 * time.Second
	// growth is how many times larger than the last a page may be: its rows may be the small ones.
	growth = 4
	// quarters is how often in a row a page that did not come in time is asked for again: a server that takes
	// requests and never answers costs 30 s and more each time.
	quarters = 2
)

// pages are the sizes of the pages of one reading.
type pages struct {
	size  int // of the next one
	most  int
	fixed bool // by the caller; only made smaller where Odoo cannot give as many
	late  int  // pages in a row that did not come in time
}

// pagesOf begins with pages of n records, and with sizes of its own for 0.
func pagesOf(n int) *pages {
	if n > 0 {
		return &pages{size: n, most: n, fixed: true}
	}
	return &pages{size: firstPage, most: largestPage}
}

// cost is what an answer took.
type cost struct {
	bytes int
	took  time.Duration // of the server, without the wait for our turn
}

// take reads a page of so many records and chooses the size of the next one by what read spent.
func (p *pages) take(asked int, read func() (cost, error)) error {
	spent, err := read()
	if err != nil {
		return err
	}
	p.late = 0
	if !p.fixed && asked == p.size { // a last page of few rows tells nothing
		p.adapt(spent)
	}
	return nil
}

// adapt chooses the next size after an answer of this cost.
func (p *pages) adapt(spent cost) {
	factor := min(float64(pageBytes)/float64(max(1, spent.bytes)), float64(pageTime)/float64(max(1, spent.took)), growth)
	next := max(smallestPage, int(float64(p.size)*factor))
	p.size = min(next, p.most)
}

// smaller reports whether fewer records may pass after a failure, and makes the next pages smaller; what
// was too large stays the limit.
func (p *pages) smaller(ctx context.Context, err error) bool {
	switch {
	case p.size <= 1 || ctx.Err() != nil:
		return false
	case tooLate(err) && p.late < quarters:
		p.late++
		p.size = max(1, p.size/4)
	case IsKind(err, TooLarge):
		p.size /= 2
	default:
		return false
	}
	p.most = p.size
	return true
}

// tooLate reports whether an answer did not come in time.
func tooLate(err error) bool {
	var t *transport.Error
	return errors.As(err, &t) && t.Kind == transport.Timeout
}
