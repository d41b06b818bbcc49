package synchronizer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/odoo-connector/connector/state"
)

// keptOrder is what is stored of a group's order.
type keptOrder struct {
	agreed Agreed
	moving Moving
}

// keptOrders are those of all groups of a model.
func (s *Synchronizer) keptOrders(ctx context.Context, model string) (out map[string]keptOrder, err error) {
	rows, err := s.db.Read().QueryContext(ctx, `SELECT record_group, agreed, moving FROM record_order WHERE database = ? AND backend = ? AND model = ?`,
		s.env.Session.Database(), s.env.Config.Name, model)
	if err != nil {
		return nil, fmt.Errorf("the order of records could not be read: %w", s.db.Explain(err))
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = map[string]keptOrder{}
	for rows.Next() {
		var group, agreed, moving string
		if err := rows.Scan(&group, &agreed, &moving); err != nil {
			return nil, err
		}
		var k keptOrder
		if err := json.Unmarshal([]byte(agreed), &k.agreed); err != nil {
			return nil, fmt.Errorf("the order of group %s cannot be read: %w", group, err)
		}
		if moving != "" {
			if err := json.Unmarshal([]byte(moving), &k.moving); err != nil {
				return nil, fmt.Errorf("what is moved in group %s cannot be read: %w", group, err)
			}
		}
		out[group] = k
	}
	return out, rows.Err()
}

// saveOrder stores what is known of a group's order.
func (s *Synchronizer) saveOrder(ctx context.Context, tx *state.Tx, model, group string, k keptOrder) error {
	agreed, err := json.Marshal(k.agreed)
	if err != nil {
		return err
	}
	moving := ""
	if !k.moving.empty() {
		text, err := json.Marshal(k.moving)
		if err != nil {
			return err
		}
		moving = string(text)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO record_order (database, backend, model, record_group, agreed, moving) VALUES (?,?,?,?,?,?)
		ON CONFLICT (database, backend, model, record_group) DO UPDATE SET agreed = excluded.agreed, moving = excluded.moving`,
		s.env.Session.Database(), s.env.Config.Name, model, group, string(agreed), moving)
	return err
}
