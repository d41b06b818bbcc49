package trello

import (
	"context"
	"fmt"
	"net/url"

	"github.com/odoo-connector/connector/backend"
)

// Introduce tells whose token it is, and which open boards there are. It implements backend.Introducer.
func (c *Client) Introduce(ctx context.Context) (backend.Introduction, error) {
	var own struct {
		Username string  `json:"username"`
		FullName string  `json:"fullName"`
		Boards   []board `json:"boards"`
	}
	query := url.Values{"fields": {"username,fullName"}, "boards": {"open"}, "board_fields": {"name,closed"}}
	if err := c.get(ctx, "members/me", query, &own); err != nil {
		return backend.Introduction{}, err
	}
	var names []string
	for _, b := range own.Boards {
		if !b.Closed {
			names = append(names, b.Name)
		}
	}
	noun := "open boards"
	if len(names) == 1 {
		noun = "open board"
	}
	return backend.Introduction{
		Who:     fmt.Sprintf("logged in as %s (%s), who sees %d %s", own.FullName, own.Username, len(names), noun),
		Choices: map[string][]string{"boards": names},
	}, nil
}
