package trello

import (
	"context"
	"net/url"
	"strings"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/record"
)

// list is Trello's own JSON, cut to what is mapped.
type list struct {
	ID      string  `json:"id"`
	Name    string  `json:"name"`
	Closed  bool    `json:"closed"`
	IDBoard string  `json:"idBoard"`
	Pos     float64 `json:"pos"`
}

// listFields are asked of every list.
const listFields = "name,closed,idBoard,pos"

func (*list) noun() string    { return "list" }
func (*list) asked() []string { return strings.Split(listFields, ",") }

func (l *list) record() record.Record {
	return record.New(ListModel, l.ID, common(l.ID, map[string]record.Value{
		"name": record.Text(l.Name), "closed": record.Bool(l.Closed), "idBoard": record.Ref(BoardModel, l.IDBoard),
		"pos": record.Float(l.Pos),
	}))
}

// Lists is the adapter of lists. Prefix is the resource's path below the base URL, "lists".
func Lists(prefix string) backend.AdapterFactory {
	return func(env *backend.Environment) (backend.Adapter, error) {
		c, err := clientOf(env)
		return &childAdapter{
			client: c, env: env, prefix: prefix, group: "idBoard", query: func() url.Values { return url.Values{"fields": {listFields}} },
			records: func(ctx context.Context, boardID string) (onBoard, error) {
				b, err := c.fullBoard(ctx, boardID)
				if err != nil {
					return onBoard{}, err
				}
				return allOf(b.Lists, func(l *list) string { return l.ID }, (*list).record), nil
			},
			known:   func(boardID string) bool { return atHand(c, c.boards, boardID) },
			decode:  decodes((*list).record),
			actions: "createList",
			// Trello puts a new list on the left unless told otherwise (captures/trello/can_success_create_a_list)
			creation: func(values url.Values) { values.Set("pos", "bottom") },
			forget:   c.forgetBoards,
		}, err
	}
}
