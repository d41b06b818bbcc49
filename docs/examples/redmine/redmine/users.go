package redmine

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/transport"
)

// users is the adapter of people, who are linked and never made.
type users struct {
	client *client
	env    *backend.Environment
}

func newUsers(env *backend.Environment) (backend.Adapter, error) {
	c, _, err := parts(env)
	if err != nil {
		return nil, err
	}
	return &users{client: c, env: env}, nil
}

func newUser(o object) record.Record {
	return record.New(UserModel, o.id(), map[string]record.Value{
		"name":  record.Text(strings.TrimSpace(o.text("firstname") + " " + o.text("lastname"))),
		"login": record.Text(o.text("login")), "mail": record.Text(o.text("mail")),
	})
}

// Read reads users by their ids, one request each.
func (u *users) Read(ctx context.Context, keys []backend.Key) ([]backend.Result, error) {
	return each(ctx, keys, func(ctx context.Context, k backend.Key) (record.Record, error) {
		o, err := u.client.get(ctx, "/users/"+url.PathEscape(k.ID)+".json", "user")
		if err != nil {
			return record.Record{}, err
		}
		return newUser(o), nil
	})
}

// List lists all users, which an administrator may; else the members of the projects.
func (u *users) List(ctx context.Context) (l backend.Listing, err error) {
	l.Parents = []string{""}
	all, err := u.client.all(ctx, "/users.json", "users", url.Values{})
	for _, o := range all {
		l.Records = append(l.Records, newUser(o))
	}
	if !refused(err) {
		return l, err
	}
	keys, err := u.members(ctx)
	if err != nil {
		return l, err
	}
	results, err := u.Read(ctx, keys)
	for _, r := range results {
		if r.Err == nil {
			l.Records = append(l.Records, r.Record)
		}
	}
	return l, err
}

// members are the members of the projects that are kept in step. What the role may not see has none.
func (u *users) members(ctx context.Context) (keys []backend.Key, err error) {
	ids, err := u.env.InStep(ctx, ProjectModel)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, id := range ids {
		all, err := u.client.all(ctx, "/projects/"+url.PathEscape(id)+"/memberships.json", "memberships", url.Values{})
		if err != nil && !refused(err) && !errors.Is(err, backend.ErrNotFound) {
			return nil, err
		}
		for _, o := range all {
			if user := o.in("user"); user != nil && !seen[user.id()] {
				seen[user.id()] = true
				keys = append(keys, backend.Key{ID: user.id()})
			}
		}
	}
	return keys, nil
}

// refused says that the user may not do this, which is no outage.
func refused(err error) bool {
	var e *transport.Error
	return errors.As(err, &e) && e.Kind == transport.Denied && !e.Outage()
}

// Candidates implements backend.Linker: users of Odoo with the address or the login of one of ours.
func (u *users) Candidates(external []record.Record) odoo.Domain {
	var domain odoo.Domain
	for _, r := range external {
		for _, name := range names(r) {
			domain = odoo.Or(domain, odoo.Or(odoo.Cond("login", "=ilike", name), odoo.Cond("email", "=ilike", name)))
		}
	}
	return domain
}

// names are what a user of ours is known by.
func names(r record.Record) (all []string) {
	for _, field := range []string{"mail", "login"} {
		if text := r.Value(field).AsText(); text != "" {
			all = append(all, text)
		}
	}
	return all
}

// Link implements backend.Linker. The e-mail address tells before the login does; where several Odoo users bear one, none is linked.
func (u *users) Link(external, inOdoo []record.Record, _ map[string]string) backend.Linking {
	l := backend.Linking{Links: map[string]string{}}
	taken := map[string]bool{}
	for _, field := range []string{"mail", "login"} {
		for _, r := range external {
			if _, linked := l.Links[r.ID]; linked {
				continue
			}
			found := bearing(inOdoo, r.Value(field).AsText())
			switch {
			case len(found) > 1:
				l.Warnings = append(l.Warnings, fmt.Sprintf("user %s of Redmine could be several users of Odoo; give each an e-mail address of its own",
					r.Value("login").AsText()))
			case len(found) == 1 && !taken[found[0]]:
				l.Links[r.ID], taken[found[0]] = found[0], true
			}
		}
	}
	return l
}

// bearing are the ids of the Odoo users with a login or an address.
func bearing(inOdoo []record.Record, name string) (ids []string) {
	for _, o := range inOdoo {
		if name != "" && (strings.EqualFold(o.Value("login").AsText(), name) || strings.EqualFold(o.Value("email").AsText(), name)) {
			ids = append(ids, o.ID)
		}
	}
	return ids
}
