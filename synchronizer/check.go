package synchronizer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/state"
)

// DeniedError says that the Odoo user may not do what the backend needs.
type DeniedError struct {
	Odoo  string // the configuration's name
	Right string // the group as people know it
}

// Error names the group and the remedy.
func (e *DeniedError) Error() string {
	return fmt.Sprintf("Odoo %s: the Odoo user needs %s; give it to the user in Odoo's settings, under Users", e.Odoo, e.Right)
}

// MovedError says that the bindings of a backend belong to another Odoo database than the one that
// is configured now: another address, or a copy of the database at the same one.
type MovedError struct {
	Backend  string
	From, To string // keys of the databases, or their uuids
}

// Error tells how to confirm the move.
func (e *MovedError) Error() string {
	return fmt.Sprintf("backend %s is bound to the Odoo database %s, but this one is %s; if it is the same database moved or copied and should be synchronized from now on, run `connector bindings rebase %s`",
		e.Backend, e.From, e.To, e.Backend)
}

// Usage marks the error as one of configuration.
func (*MovedError) Usage() bool { return true }

// DomainError says that the domain which the configuration gives a binding model fits no model of this Odoo.
type DomainError struct {
	Backend, Model string
	Cause          *odoo.Error
}

// Error names the condition and what is wrong with it.
func (e *DomainError) Error() string {
	return fmt.Sprintf("backend %s: domain: of %s: %s; correct it in the configuration", e.Backend, e.Model, strings.TrimRight(e.Cause.Text, ". "))
}

// Unwrap is what the session found.
func (e *DomainError) Unwrap() error { return e.Cause }

// Usage marks the error as one of configuration.
func (*DomainError) Usage() bool { return true }

// Check makes sure, before anything is read or written, that this is the database that the bindings
// belong to and that the user has the rights that the backend needs. What an administrator alone may
// read (the database's uuid) is asked once and remembered as not readable for everyone else; the
// rights are asked once for each user.
func (s *Synchronizer) Check(ctx context.Context) error {
	if err := s.checkDatabase(ctx); err != nil {
		return err
	}
	if err := s.checkRights(ctx, false); err != nil {
		return err
	}
	if err := s.checkMappers(ctx); err != nil {
		return err
	}
	return s.checkDomains(ctx)
}

// checkDomains looks at the domains of the configuration before anything is written: they would stop the run in the middle.
func (s *Synchronizer) checkDomains(ctx context.Context) error {
	for _, m := range s.env.Backend.AllModels() {
		domain := odoo.Domain(s.env.Settings(m.Name).Domain)
		if len(domain) == 0 || s.off(m.Name) {
			continue
		}
		err := s.env.Session.CheckDomain(ctx, m.OdooModel, domain)
		var cause *odoo.Error
		if errors.As(err, &cause) && odoo.IsKind(err, odoo.UnknownField, odoo.InvalidValue, odoo.InvalidCall) {
			return &DomainError{Backend: s.env.Config.Name, Model: m.Name, Cause: cause}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkMappers makes the mappers of all models that are synchronized, so that a setting or a mapped field which
// does not fit this Odoo is told before anything is read or written: what is wrong with the configuration's fields
// all at once.
func (s *Synchronizer) checkMappers(ctx context.Context) error {
	var wrong config.Errors
	for _, m := range s.env.Backend.AllModels() {
		if s.off(m.Name) {
			continue
		}
		mapped, err := s.env.Mapped(ctx, m.Name)
		var fields config.Errors
		switch {
		case errors.As(err, &fields):
			wrong = append(wrong, fields...)
		case err != nil:
			return err
		}
		for _, notice := range mapped.Notices {
			s.report.warn(notice)
		}
	}
	if len(wrong) > 0 {
		return wrong
	}
	return nil
}

func (s *Synchronizer) checkDatabase(ctx context.Context) error {
	other, err := s.otherDatabase(ctx)
	if err != nil {
		return err
	}
	if other != "" {
		return &MovedError{Backend: s.env.Config.Name, From: other, To: s.env.Session.Database()}
	}
	uuid, err := s.uuid(ctx)
	if err != nil || uuid == "" {
		return err
	}
	key := s.uuidKey()
	known, err := s.meta(ctx, key)
	if err != nil {
		return err
	}
	if known != "" && known != uuid {
		return &MovedError{Backend: s.env.Config.Name, From: "with uuid " + known, To: uuid}
	}
	if known == "" {
		return s.setMeta(ctx, key, uuid)
	}
	return nil
}

func (s *Synchronizer) uuidKey() string { return "database.uuid " + s.env.Config.Name }

// uuid is the database's uuid, "" where the user may not read it.
func (s *Synchronizer) uuid(ctx context.Context) (string, error) {
	key := fmt.Sprintf("uuid.unreadable %s %d", s.env.Session.Database(), s.env.Session.UID())
	if unreadable, err := s.meta(ctx, key); err != nil || unreadable != "" {
		return "", err
	}
	uuid, readable, err := s.env.Session.DatabaseUUID(ctx)
	if err != nil {
		return "", err
	}
	if !readable {
		return "", s.setMeta(ctx, key, "yes")
	}
	return uuid, nil
}

// otherDatabase is the database that the backend's bindings belong to, "" if it is the configured one
// or if there are none.
func (s *Synchronizer) otherDatabase(ctx context.Context) (string, error) {
	var other string
	err := s.db.Read().QueryRowContext(ctx, `SELECT database FROM binding WHERE backend = ? AND database <> ?
		AND NOT EXISTS (SELECT 1 FROM binding WHERE backend = ? AND database = ?) LIMIT 1`,
		s.env.Config.Name, s.env.Session.Database(), s.env.Config.Name, s.env.Session.Database()).Scan(&other)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return other, s.db.Explain(err)
}

// Rebase takes the backend's bindings along to the database that is configured now, and remembers
// its uuid. It gives the number of bindings that were moved.
func (s *Synchronizer) Rebase(ctx context.Context) (moved int, err error) {
	other, err := s.otherDatabase(ctx)
	if err != nil {
		return 0, err
	}
	uuid, err := s.uuid(ctx)
	if err != nil {
		return 0, err
	}
	err = s.db.Write(ctx, func(tx *state.Tx) error {
		if other != "" {
			for _, table := range []string{"binding", "review", "record_order"} {
				result, err := tx.ExecContext(ctx, `UPDATE `+table+` SET database = ? WHERE backend = ? AND database = ?`, s.env.Session.Database(), s.env.Config.Name, other)
				if err != nil {
					return err
				}
				if n, err := result.RowsAffected(); err == nil && table == "binding" {
					moved = int(n)
				}
			}
		}
		// Another database's write dates say nothing of this one's.
		if _, err := tx.ExecContext(ctx, `DELETE FROM poll_position WHERE consumer LIKE ?`, s.env.Config.Name+"/%"); err != nil {
			return err
		}
		return setMeta(ctx, tx, s.uuidKey(), uuid)
	})
	return moved, err
}

// checkRights asks whether the user is in the groups that the backend needs. What was found is
// remembered, unless again is set.
func (s *Synchronizer) checkRights(ctx context.Context, again bool) error {
	for _, r := range s.env.Backend.Rights() {
		key := fmt.Sprintf("right %s %d %s", s.env.Session.Database(), s.env.Session.UID(), r.Group)
		if known, err := s.meta(ctx, key); err != nil || (known == "yes" && !again) {
			if err != nil {
				return err
			}
			continue
		}
		has, err := s.env.Session.HasGroup(ctx, r.Group)
		if err != nil {
			return err
		}
		answer := "no"
		if has {
			answer = "yes"
		}
		if err := s.setMeta(ctx, key, answer); err != nil {
			return err
		}
		if !has {
			return &DeniedError{Odoo: s.env.Session.Name(), Right: r.Name}
		}
	}
	return nil
}

func (s *Synchronizer) meta(ctx context.Context, key string) (string, error) {
	var value string
	err := s.db.Read().QueryRowContext(ctx, `SELECT value FROM meta WHERE key = ?`, key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, s.db.Explain(err)
}

func (s *Synchronizer) setMeta(ctx context.Context, key, value string) error {
	return s.db.Write(ctx, func(tx *state.Tx) error { return setMeta(ctx, tx, key, value) })
}

func setMeta(ctx context.Context, tx *state.Tx, key, value string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
	return err
}
