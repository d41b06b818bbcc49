package odoo

import (
	"context"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/record"
)

// Company is one company of Odoo.
type Company struct {
	ID   int64
	Name string
}

// Companies are those that the session's user may work in, the user's own first, the others by id.
func (s *Session) Companies(ctx context.Context) ([]Company, error) {
	u, err := s.User(ctx)
	if err != nil {
		return nil, err
	}
	return s.companiesOf(ctx, u)
}

func (s *Session) companiesOf(ctx context.Context, u User) ([]Company, error) {
	ids := append([]int64{u.Company}, slices.DeleteFunc(slices.Clone(u.Companies), func(id int64) bool { return id == u.Company })...)
	rows, _, err := s.WithCompanies(ids...).Read(ctx, "res.company", ids, []string{"name"})
	if err != nil {
		return nil, err
	}
	companies := make([]Company, len(rows))
	for i, r := range rows {
		companies[i] = Company{ID: idOf(record.Reference{ID: r.ID}), Name: r.Value("name").AsText()}
	}
	return companies, nil
}

// ChooseCompanies finds the ids of companies that are named by their ids or, where that is 0, by their names, for WithCompanies.
// One that the user may not work in is an *Error of the kind InvalidCall, which lists those that it may.
func (s *Session) ChooseCompanies(ctx context.Context, wanted []Company) ([]int64, error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	all, err := s.Companies(ctx)
	if err != nil {
		return nil, err
	}
	return s.choose(all, wanted)
}

func (s *Session) choose(all, wanted []Company) ([]int64, error) {
	ids := make([]int64, len(wanted))
	for i, w := range wanted {
		at := slices.IndexFunc(all, func(c Company) bool { return w.ID == c.ID || w.ID == 0 && w.Name == c.Name })
		if at < 0 {
			text := "the user may not work in the company " + w.label()
			return nil, s.invalid("companies", text, "use one of "+labels(all)+", or let the user into the company, in Odoo's settings, under Users")
		}
		ids[i] = all[at].ID
	}
	return ids, nil
}

// label is the company for people: its name, and its id where that is known.
func (c Company) label() string {
	switch {
	case c.ID == 0:
		return c.Name
	case c.Name == "":
		return formatID(c.ID)
	default:
		return c.Name + " (" + formatID(c.ID) + ")"
	}
}

func labels(companies []Company) string {
	names := make([]string, len(companies))
	for i, c := range companies {
		names[i] = c.label()
	}
	return strings.Join(names, ", ")
}
