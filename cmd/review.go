package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
)

func (a *app) reviewCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "review", Short: "Decide what a person has to decide", Args: cobra.NoArgs,
		Long: `review shows what the connector left for a person to decide, and takes the decision: two records of one
name that differ, a field that both sides changed, an edit that would be written over a fuller text.
While it waits the record, or the field, is left alone.

Exit codes: 0 done, 2 usage.` + "\n\nNext: `connector review list`.",
		Example: "  connector review list\n  connector review show 3\n  connector review take 3 odoo",
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.reviewList(), a.reviewShow(), a.reviewLink(), a.reviewTake(), a.reviewSkip(), a.reviewPreview())
	return c
}

// reviewView is a review as `--output json` shows it.
type reviewView struct {
	ID         int64     `json:"id"`
	Backend    string    `json:"backend"`
	Model      string    `json:"model"`
	Kind       string    `json:"kind"`
	ExternalID string    `json:"external_id,omitempty"`
	OdooID     int64     `json:"odoo_id,omitempty"`
	Field      string    `json:"field,omitempty"`
	Name       string    `json:"name"`
	Reason     string    `json:"reason"`
	Created    time.Time `json:"created"`
	Decision   string    `json:"decision,omitempty"` // skip, link or take, where it was decided
}

func viewOfReview(of string, r binding.Review) reviewView {
	return reviewView{
		ID: r.ID, Backend: of, Model: r.Model, Kind: string(r.Kind), ExternalID: r.ExternalID, OdooID: r.OdooID,
		Field: r.Field, Name: r.Name, Reason: r.Reason, Created: r.Created.UTC(), Decision: string(r.Decision.Verdict),
	}
}

func (a *app) reviewList() *cobra.Command {
	var model string
	var skipped bool
	c := &cobra.Command{
		Use: "list [BACKEND…]", Short: "List what waits for a decision",
		Long: `list shows what waits for a decision, oldest first, with the number by which the other commands name it.

Exit codes: 0 done, 1 unusable state.db, 2 usage or configuration, 3 environment.` + "\n\nNext: `connector review show N`.",
		Example: "  connector review list trello --model trello.card\n  connector review show 3",
		RunE: func(c *cobra.Command, args []string) error {
			return a.listReviews(c.Context(), args, model, skipped)
		},
	}
	c.Flags().StringVar(&model, "model", "", "only this binding model, as trello.card")
	c.Flags().BoolVar(&skipped, "skipped", false, "show what was skipped, too")
	return c
}

// listReviews lists the reviews of the named backends, of all where none is named.
func (a *app) listReviews(ctx context.Context, names []string, model string, skipped bool) error {
	c, err := a.load()
	if err != nil {
		return err
	}
	chosen, err := choose(c, names)
	if err != nil {
		return err
	}
	var reviews []reviewView
	err = a.withState(ctx, func(db *state.DB) error {
		for _, b := range chosen {
			waiting, err := a.reviewsOf(ctx, db, b, model)
			if err != nil {
				return err
			}
			reviews = append(reviews, waiting...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return a.showReviews(withoutSkipped(reviews, skipped))
}

// reviewsOf reads the reviews of one backend, of all models where none is named.
func (a *app) reviewsOf(ctx context.Context, db *state.DB, b config.Backend, model string) (reviews []reviewView, err error) {
	version, err := a.registry.Get(b.Kind, b.Version)
	if err != nil {
		return nil, &usageError{err.Error()}
	}
	models := version.AllModels()
	if model != "" {
		m, ok := version.Model(model)
		if !ok {
			return nil, &usageError{fmt.Sprintf("%s has no binding model %q", b.Name, model)}
		}
		models = []backend.Model{m}
	}
	databases, err := binding.Databases(ctx, db, b.Name)
	if err != nil {
		return nil, err
	}
	for _, database := range databases {
		for _, m := range models {
			waiting, err := binding.New(db, database, b.Name).Reviews(ctx, m.Name)
			if err != nil {
				return nil, err
			}
			for _, w := range waiting {
				reviews = append(reviews, viewOfReview(b.Name, w))
			}
		}
	}
	return reviews, nil
}

func withoutSkipped(all []reviewView, keep bool) []reviewView {
	return slices.DeleteFunc(all, func(r reviewView) bool { return !keep && r.Decision == string(binding.Skipped) })
}

func (a *app) showReviews(list []reviewView) error {
	if a.json() {
		return a.printJSON(reviewsView{append([]reviewView{}, list...)})
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(a.out, "Nothing waits for review.")
		return err
	}
	var b strings.Builder
	for _, r := range list {
		wrapped(&b, fmt.Sprintf("%d  ", r.ID), fmt.Sprintf("%s '%s' (%s%s): %s", r.Model, r.Name, r.Kind, decided(r), r.Reason), a.columnsOf())
	}
	if _, err := io.WriteString(a.out, b.String()); err != nil {
		return err
	}
	_, err := fmt.Fprintln(a.hints(), "see `connector review show N`")
	return err
}

func decided(r reviewView) string {
	if r.Decision == "" {
		return ""
	}
	return ", " + r.Decision
}

func (a *app) reviewShow() *cobra.Command {
	return &cobra.Command{
		Use: "show N", Short: "Show what a decision is about, on both sides",
		Long: `show reads the records that a review is about from both servers and puts their fields side by side, with
what was last agreed on. Those that differ are marked.
` + exitHelp + "\n\nNext: `connector review take N odoo`, `connector review link N`, `connector review skip N`.",
		Example: "  connector review show 3\n  connector review link 3",
		Args:    oneReview,
		RunE: func(c *cobra.Command, args []string) error {
			return a.onReview(c.Context(), args[0], func(ctx context.Context, r *running, rv binding.Review) error {
				detail, err := r.backends[0].Detail(ctx, rv)
				if err != nil {
					return err
				}
				return r.showDetail(ctx, rv, detail)
			})
		},
	}
}

func oneReview(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return &usageError{"give the review's number; `connector review list` shows them"}
	}
	return nil
}

// onReview opens the backend that a review belongs to and does something about it.
func (a *app) onReview(ctx context.Context, number string, do func(context.Context, *running, binding.Review) error) (err error) {
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return &usageError{fmt.Sprintf("%q is no review's number; `connector review list` shows them", number)}
	}
	var database, name string
	err = a.withState(ctx, func(db *state.DB) error {
		database, name, err = binding.OfReview(ctx, db, id)
		return err
	})
	if err != nil {
		return err
	}
	if name == "" {
		return &usageError{fmt.Sprintf("there is no review %d; it may have come to an end by itself; `connector review list` shows those that there are", id)}
	}
	r, err := a.open(ctx, []string{name}, nil)
	defer func() { err = errors.Join(err, r.Close()) }()
	if err != nil {
		return err
	}
	o := r.backends[0]
	if o.session.Database() != database {
		return &usageError{fmt.Sprintf("review %d is about the Odoo database %s, and %s is configured with %s", id, database, name, o.session.Database())}
	}
	rv, ok, err := o.env.Binder.Review(ctx, id)
	if err != nil || !ok {
		return errors.Join(err, &usageError{fmt.Sprintf("review %d has just come to an end", id)})
	}
	return do(ctx, r, rv)
}

func (a *app) reviewLink() *cobra.Command {
	var prefer string
	c := &cobra.Command{
		Use: "link N [OTHER]", Short: "Say which two records are the same",
		Long: `link binds the record that a review is about to the one that OTHER names: the Odoo record's id, or the id
outside where the review is about an Odoo record. Where there is but one candidate, OTHER is not needed.
What is empty on one side is filled from the other. What differs waits for review field by field,
unless --prefer says which side wins.
` + exitHelp + "\n\nNext: `connector review list`.",
		Example: "  connector review link 3\n  connector review link 4 17 --prefer odoo",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 && len(args) != 2 {
				return &usageError{"give the review's number, and the other record's id where there are several"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			side, err := sideOf(prefer, "--prefer")
			if err != nil {
				return err
			}
			return a.onReview(c.Context(), args[0], func(ctx context.Context, r *running, rv binding.Review) error {
				d := binding.Decision{Verdict: binding.Link, Prefer: side}
				if err := addOther(&d, rv, args[1:]); err != nil {
					return err
				}
				return r.decide(ctx, rv, d)
			})
		},
	}
	c.Flags().StringVar(&prefer, "prefer", "", "the side that wins where the two differ: odoo or backend")
	return c
}

// addOther adds the record that the caller named to the decision.
func addOther(d *binding.Decision, rv binding.Review, other []string) error {
	if len(other) == 0 {
		return nil
	}
	if rv.ExternalID == "" {
		d.ExternalID = other[0]
		return nil
	}
	id, err := strconv.ParseInt(other[0], 10, 32)
	if err != nil || id <= 0 {
		return &usageError{fmt.Sprintf("%q is no id of an Odoo record; `connector review show %d` lists the candidates", other[0], rv.ID)}
	}
	d.OdooID = id
	return nil
}

func sideOf(text, what string) (binding.Side, error) {
	switch side := binding.Side(text); side {
	case binding.NoSide, binding.Odoo, binding.External:
		return side, nil
	default:
		hint := "use odoo or backend"
		if near, ok := config.Nearest(text, []string{string(binding.Odoo), string(binding.External)}); ok {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return "", &usageError{fmt.Sprintf("%s %q is neither side; %s", what, text, hint)}
	}
}

func (a *app) reviewTake() *cobra.Command {
	return &cobra.Command{
		Use: "take N odoo|backend", Short: "Let one side win",
		Long: `take writes one side's value over the other's: "odoo" takes Odoo's, "backend" the external system's. It is
for fields that both sides changed, for edits that would be written over a fuller text, and for two
records of one name that differ.
` + exitHelp + "\n\nNext: `connector review list`.",
		Example: "  connector review show 3\n  connector review take 3 odoo",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return &usageError{"give the review's number and the side: odoo or backend"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			side, err := sideOf(args[1], "the side")
			if err != nil {
				return err
			}
			return a.onReview(c.Context(), args[0], func(ctx context.Context, r *running, rv binding.Review) error {
				return r.decide(ctx, rv, binding.Decision{Verdict: binding.Take, Prefer: side})
			})
		},
	}
}

func (a *app) reviewSkip() *cobra.Command {
	return &cobra.Command{
		Use: "skip N", Short: "Leave it as it is and do not ask again",
		Long: `skip leaves the record, or the field, as it is on both sides, and shows it no more. When one of its sides
changes it is looked at again.
` + exitHelp + "\n\nNext: `connector review list`.",
		Example: "  connector review skip 3\n  connector review list --skipped",
		Args:    oneReview,
		RunE: func(c *cobra.Command, args []string) error {
			return a.onReview(c.Context(), args[0], func(ctx context.Context, r *running, rv binding.Review) error {
				return r.decide(ctx, rv, binding.Decision{Verdict: binding.Skipped})
			})
		},
	}
}

// decide keeps the decision, carries it out and tells what came of it.
func (r *running) decide(ctx context.Context, rv binding.Review, d binding.Decision) error {
	s := r.backends[0].Synchronizer
	id, err := s.Decide(ctx, rv, d)
	if err != nil {
		return err
	}
	if id == 0 {
		if r.app.json() {
			rv.Decision = d
			return r.app.printJSON(viewOfReview(r.backends[0].config.Name, rv))
		}
		_, err := fmt.Fprintf(r.app.deeds(), "review %d is skipped: it is left alone for as long as it is as it is now\n", rv.ID)
		return err
	}
	failure := synchronizer.RunJobs(ctx, s, []int64{id}, runOptions("review"))
	return errors.Join(failure, r.outcome(ctx, id))
}
