package odoo

import (
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
)

// pages are the sizes of the pages of one reading.
type pages struct {
	size  int // of the next one
	most  int
	fixed bool // by the caller; only halved where Odoo cannot give as many
	now   func() time.Time
}

// pagesOf begins with pages of n records, and with sizes of its own for 0.
func (s *Session) pagesOf(n int) *pages {
	if n > 0 {
		return &pages{size: n, most: n, fixed: true, now: s.now}
	}
	return &pages{size: firstPage, most: largestPage, now: s.now}
}

// take reads a page of so many records and chooses the size of the next one by the bytes that it took, which read
// gives, and the time.
func (p *pages) take(asked int, read func() (bytes int, err error)) error {
	begin := p.now()
	bytes, err := read()
	if err != nil {
		return err
	}
	if !p.fixed && asked == p.size { // a last page of few rows tells nothing
		p.adapt(bytes, p.now().Sub(begin))
	}
	return nil
}

// adapt chooses the next size after an answer of so many bytes in so much time.
func (p *pages) adapt(bytes int, took time.Duration) {
	factor := min(float64(pageBytes)/float64(max(1, bytes)), float64(pageTime)/float64(max(1, took)), growth)
	next := max(smallestPage, int(float64(p.size)*factor))
	p.size = min(next, p.most)
}

// smaller reports whether fewer records may pass after a failure, and makes the next pages smaller; what
// was too large stays the limit.
func (p *pages) smaller(err error) bool {
	if p.size <= 1 || !tooMuch(err) {
		return false
	}
	p.size /= 2
	p.most = p.size
	return true
}

// tooMuch reports whether an answer was too large, or did not come in time.
func tooMuch(err error) bool {
	if IsKind(err, TooLarge) {
		return true
	}
	var t *transport.Error
	return errors.As(err, &t) && (t.Kind == transport.Timeout || t.Kind == transport.TooLarge)
}
