package odoo

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/odoo-connector/connector/record"
)

// User is whom a session is logged in as.
type User struct {
	ID    int64
	Login string
	Name  string
	// Language and TimeZone are the user's own, empty where none is set: "fr_FR", "Europe/Paris".
	Language, TimeZone string
	// Share says that it is no internal user but a portal or public one, who sees little.
	Share bool
	// Company is the one that the user works in; Companies are all that it may choose from.
	Company   int64
	Companies []int64
}

var userFields = []string{"login", "name", "lang", "tz", "share", "company_id", "company_ids"}

// User reads the session's own user. Any user may read these fields of itself (SELF_READABLE_FIELDS of
// res.users).
func (s *Session) User(ctx context.Context) (User, error) {
	rows, _, err := s.Read(ctx, "res.users", []int64{s.UID()}, userFields)
	if err != nil {
		return User{}, err
	}
	if len(rows) != 1 {
		return User{}, s.unexpected("res.users", "read", "the session's user is not there")
	}
	r := rows[0]
	u := User{
		ID: s.UID(), Login: r.Value("login").AsText(), Name: r.Value("name").AsText(), Language: r.Value("lang").AsText(),
		TimeZone: r.Value("tz").AsText(), Share: r.Value("share").AsBool(),
	}
	for _, ref := range r.Value("company_ids").AsRefs() {
		u.Companies = append(u.Companies, idOf(ref))
	}
	slices.Sort(u.Companies)
	if company := r.Value("company_id"); !company.IsNull() {
		ref, _ := company.AsRef()
		u.Company = idOf(ref)
	}
	return u, nil
}

// idOf is the database id of a reference that Odoo gave.
func idOf(ref record.Reference) int64 {
	id, _ := strconv.ParseInt(ref.ID, 10, 64)
	return id
}

// WithCompanies is the same login working in these companies, the first of which new records belong to
// (the context's allowed_company_ids). One that the user may not choose is an AccessError of the next
// call. Another user is another session: Dial again.
func (s *Session) WithCompanies(ids ...int64) *Session {
	return s.WithContext(map[string]any{"allowed_company_ids": slices.Clone(ids)})
}

// WithLanguage is the same login reading and writing translated fields in a language, "fr_FR"; "" is
// the source language. Odoo 18 and 19 refuse one that is not active, 16 and 17 ignore it.
func (s *Session) WithLanguage(code string) *Session {
	return s.WithContext(map[string]any{"lang": orFalse(code)})
}

func orFalse(text string) any {
	if text == "" {
		return false
	}
	return text
}

// APIKey is one of the user's API keys, without the key itself.
type APIKey struct {
	Name string
	// Scope is "rpc", or empty for any use.
	Scope string
	// Expires is when Odoo takes it no more; the zero time for a key that lasts.
	Expires time.Time
}

// APIKeys are the keys of the session's user. Versions before 18 know no expiry and tell none; a user
// who may not read them gets an AccessError.
func (s *Session) APIKeys(ctx context.Context) ([]APIKey, error) {
	const model = "res.users.apikeys"
	fields, err := s.FieldsGet(ctx, model)
	if err != nil {
		return nil, err
	}
	names := []string{"name", "scope"}
	if _, ok := fields["expiration_date"]; ok {
		names = append(names, "expiration_date")
	}
	rows, err := s.SearchRead(ctx, model, Cond("user_id", "=", s.UID()), names, SearchOptions{Order: "id"})
	if err != nil {
		return nil, err
	}
	keys := make([]APIKey, len(rows))
	for i, r := range rows {
		keys[i] = APIKey{Name: r.Value("name").AsText(), Scope: r.Value("scope").AsText()}
		if at := r.Value("expiration_date"); !at.IsNull() {
			keys[i].Expires = at.AsTime()
		}
	}
	return keys, nil
}
