package trello

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// Where the configuration names a label, only the cards that have it take part. The label itself is no tag: it is left out of what is
// read of cards, and put back into what is written, so that nobody in Odoo takes it off.

// markField says in a card's record whether it has the label.
const markField = "syncLabel"

// marks are the ids of a board's labels of that name.
func (c *Client) marks(b *board) (ids []string) {
	for _, l := range b.Labels.all {
		if c.syncLabel != "" && strings.TrimSpace(l.Name) == c.syncLabel {
			ids = append(ids, l.ID)
		}
	}
	return ids
}

// hideMark notes in a card's values whether it has the label, and takes that out of its labels. Of a board that was not read nothing is
// known, so its cards count as marked.
func (c *Client) hideMark(k *card, values map[string]record.Value) {
	if c.syncLabel == "" {
		return
	}
	marks, known := c.labelled[k.IDBoard]
	has := !known
	labels := slices.DeleteFunc(values["idLabels"].AsRefs(), func(r record.Reference) bool {
		is := slices.Contains(marks, r.ID)
		has = has || is
		return is
	})
	values["idLabels"], values[markField] = record.RefSet(labels...), record.Bool(has)
}

// Selecting implements backend.Selector.
func (a *customAdapter) Selecting() bool { return a.client.syncLabel != "" }

// Selects implements backend.Selector.
func (a *customAdapter) Selects(r record.Record) bool {
	return !a.Selecting() || r.Value(markField).AsBool()
}

// Unmarked implements backend.Marker.
func (a *customAdapter) Unmarked() string {
	return fmt.Sprintf("has no label '%s' yet; put the label on it", a.client.syncLabel)
}

// Mark puts the label on a card (captures/trello/can_add_label_on_a_card). Trello refuses one that is on it already.
func (a *customAdapter) Mark(ctx context.Context, r record.Record) error {
	known, ok := a.client.knownCard(r.ID)
	if ok && a.Selects(a.client.cardRecord(&known)) {
		return nil
	}
	id, err := a.markOf(ctx, boardOf(r))
	if err != nil {
		return err
	}
	path := a.prefix + "/" + url.PathEscape(r.ID) + "/idLabels"
	if err := a.client.send(ctx, http.MethodPost, path, url.Values{"value": {id}}, new([]string)); err != nil {
		a.client.forgetCards() // nobody knows what was written
		return err
	}
	a.client.amendCard(r.ID, func(c *card) { c.IDLabels = append(slices.Clone(c.IDLabels), id) })
	return nil
}

// Create makes cards, with the label that marks them.
func (a *customAdapter) Create(ctx context.Context, values []mapping.Values) ([]backend.Result, error) {
	out := make([]backend.Result, 0, len(values))
	for _, v := range values {
		board, _ := v["idBoard"].AsRef()
		v, err := a.marked(ctx, withLabels(v, a.Selecting()), backend.Key{Parent: board.ID})
		if err != nil {
			return out, err
		}
		results, err := a.cardAdapter.Create(ctx, []mapping.Values{v})
		if err != nil {
			return out, err
		}
		out = append(out, results...)
	}
	return out, nil
}

// withLabels are the values with labels among them, be it none.
func withLabels(v mapping.Values, wanted bool) mapping.Values {
	if _, has := v["idLabels"]; has || !wanted {
		return v
	}
	v = maps.Clone(v)
	v["idLabels"] = record.RefSet()
	return v
}

// marked are the values with the label among the labels, where labels are written at all: that of the board on which the card will be.
func (a *customAdapter) marked(ctx context.Context, v mapping.Values, k backend.Key) (mapping.Values, error) {
	labels, writes := v["idLabels"]
	if !writes || !a.Selecting() {
		return v, nil
	}
	boardID := k.Parent
	if board, moves := v["idBoard"].AsRef(); moves {
		boardID = board.ID
	} else if known, ok := a.client.knownCard(k.ID); ok {
		boardID = known.IDBoard
		if !a.Selects(a.client.cardRecord(&known)) {
			return v, nil // somebody took it off just now
		}
	}
	id, err := a.markOf(ctx, boardID)
	if err != nil {
		return v, err
	}
	v = maps.Clone(v)
	v["idLabels"] = record.RefSet(append(labels.AsRefs(), record.Reference{Model: LabelModel, ID: id})...)
	return v, nil
}

// markOf is the id of the board's label. One that there is none of is made, after a second look, so that an answer that was lost makes
// no second one.
func (a *customAdapter) markOf(ctx context.Context, boardID string) (string, error) {
	for range 2 {
		if err := a.client.define(ctx, boardID); err != nil {
			return "", err
		}
		if marks := a.client.labelled[boardID]; len(marks) > 0 {
			return marks[0], nil
		}
		a.client.forgetBoards()
	}
	var made label
	form := url.Values{"name": {a.client.syncLabel}, "color": {""}, "idBoard": {boardID}}
	err := a.client.send(ctx, http.MethodPost, "labels", form, &made)
	a.client.forgetBoards()
	return made.ID, err
}

// labelAdapter is the adapter of labels but for the one that marks cards.
type labelAdapter struct{ *childAdapter }

// Selecting implements backend.Selector.
func (a *labelAdapter) Selecting() bool { return a.client.syncLabel != "" }

// Selects implements backend.Selector.
func (a *labelAdapter) Selects(r record.Record) bool {
	return !a.Selecting() || strings.TrimSpace(r.Value("name").AsText()) != a.client.syncLabel
}
