package trello

import (
	"errors"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/record"
)

// partSize is how many records of a listing are made and handed on at a time.
const partSize = 500

// parts hands a listing on as it grows.
type parts struct {
	backend.Listing
	hand func(backend.Listing) error
}

// add takes records of which all parents that are named so far may have more.
func (p *parts) add(records ...record.Record) error {
	p.Records = append(p.Records, records...)
	if len(p.Records) < partSize {
		return nil
	}
	return p.flush()
}

func (p *parts) flush() error {
	part := p.Listing
	p.Listing = backend.Listing{}
	if err := p.hand(part); err != nil {
		return &handError{err}
	}
	return nil
}

// handError is an error of whoever takes a listing, which says nothing of Trello.
type handError struct{ err error }

// Error is that error's.
func (e *handError) Error() string { return e.err.Error() }

// inParts hands on what is listed.
func inParts(hand func(backend.Listing) error, list func(p *parts) error) error {
	p := &parts{hand: hand}
	err := list(p)
	if err == nil {
		err = p.flush()
	}
	var of *handError
	if errors.As(err, &of) {
		return of.err
	}
	return err
}

// allParts is a listing as a whole.
func allParts(list func(part func(backend.Listing) error) error) (all backend.Listing, err error) {
	err = list(func(part backend.Listing) error {
		all.Records, all.Parents = append(all.Records, part.Records...), append(all.Parents, part.Parents...)
		all.Unreadable, all.Warnings = append(all.Unreadable, part.Unreadable...), append(all.Warnings, part.Warnings...)
		return nil
	})
	return all, err
}
