package trello

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"

	"github.com/odoo-connector/connector/backend"
)

// tokenMark tells one token from another without giving it away.
func tokenMark(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:4])
}

// me is the id of the token's member: Trello lets nobody else change what he wrote. It is asked once for each token.
func (c *Client) me(ctx context.Context, env *backend.Environment) (string, error) {
	if c.myself != "" {
		return c.myself, nil
	}
	key := "member of token " + c.mark
	id, err := env.Binder.Recall(ctx, key)
	if err != nil {
		return "", err
	}
	if id == "" {
		var own member
		if err := c.get(ctx, "members/me", url.Values{"fields": {"username,fullName"}}, &own); err != nil {
			return "", err
		}
		if id = own.ID; id != "" {
			err = env.Binder.Remember(ctx, key, id)
		}
	}
	c.myself = id
	return id, err
}
