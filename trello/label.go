package trello

import (
	"context"
	"net/url"
	"strings"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/record"
)

// label is Trello's own JSON, cut to what is mapped.
type label struct {
	ID      string  `json:"id"`
	Name    string  `json:"name"`
	Color   *string `json:"color"`
	IDBoard string  `json:"idBoard"`
}

// labelFields are asked of every label.
const labelFields = "name,color,idBoard"

func (*label) noun() string    { return "label" }
func (*label) asked() []string { return strings.Split(labelFields, ",") }

func (l *label) record() record.Record {
	color := record.Null()
	if l.Color != nil {
		color = record.Text(*l.Color)
	}
	return record.New(LabelModel, l.ID, common(l.ID, map[string]record.Value{
		"name": record.Text(l.Name), "color": color, "idBoard": record.Ref(BoardModel, l.IDBoard),
	}))
}

// Labels is the adapter of labels. Prefix is the resource's path below the base URL, "labels".
func Labels(prefix string) backend.AdapterFactory {
	return func(env *backend.Environment) (backend.Adapter, error) {
		c, err := clientOf(env)
		return &labelAdapter{&childAdapter{
			client: c, env: env, prefix: prefix, query: func() url.Values { return url.Values{"fields": {labelFields}} },
			records: func(ctx context.Context, boardID string) (onBoard, error) {
				b, err := c.fullBoard(ctx, boardID)
				if err != nil {
					return onBoard{}, err
				}
				return allOf(b.Labels, func(l *label) string { return l.ID }, (*label).record), nil
			},
			known:  func(boardID string) bool { return atHand(c, c.boards, boardID) },
			decode: decodes((*label).record),
			forget: c.Refresh, // cards point to labels
		}}, err
	}
}
