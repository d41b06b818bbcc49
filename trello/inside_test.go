package trello

import "context"

// ReadBoard reads a board with what is on it, for tests from outside.
func (c *Client) ReadBoard(ctx context.Context, id string) error {
	_, err := c.fullBoard(ctx, id)
	return err
}

// ReadMine reads the member's boards, for tests from outside.
func (c *Client) ReadMine(ctx context.Context) error {
	_, err := c.listMine(ctx, fresh)
	return err
}
