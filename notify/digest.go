package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/state"
)

// note keeps what a receiver is to be told, and how far it was looked. Another process that looked meanwhile has done it.
func (n *Notifier) note(ctx context.Context, r config.Notify, from, to time.Time, fresh []Item, now []lasting) error {
	err := n.db.Write(ctx, func(tx *state.Tx) error {
		res, err := tx.ExecContext(ctx, "UPDATE notify_receiver SET position = ? WHERE name = ? AND position = ?",
			max(state.Micros(from), state.Micros(to)), r.Name, state.Micros(from))
		if err != nil {
			return err
		}
		if changed, err := res.RowsAffected(); err != nil || changed == 0 {
			return err
		}
		began, err := n.compare(ctx, tx, r, now)
		if err != nil {
			return err
		}
		for _, one := range append(fresh, began...) {
			if err := addItem(ctx, tx, r.Name, one); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note what %s is to be told: %w", r.Name, err)
	}
	return nil
}

// compare replaces what the receiver knows of by what goes on now, and gives what is news.
func (n *Notifier) compare(ctx context.Context, tx *state.Tx, r config.Notify, now []lasting) (news []Item, err error) {
	open, err := readOpen(ctx, tx, r.Name)
	if err != nil {
		return nil, err
	}
	for _, one := range open {
		ended := !slices.ContainsFunc(now, func(o lasting) bool { return o.event == one.event && o.topic == one.topic })
		if one.event == Outage && ended {
			text := fmt.Sprintf("%s answers again, after %s", one.topic, tx.Now().Sub(one.since).Round(time.Second))
			news = append(news, itemOf(lasting{Outage, one.topic + " again", tx.Now(), text}))
		}
	}
	for _, one := range now {
		if !knows(open, one) {
			news = append(news, itemOf(one))
		}
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM notify_open WHERE receiver = ?", r.Name); err != nil {
		return nil, err
	}
	for _, one := range now {
		_, err := tx.ExecContext(ctx, "INSERT INTO notify_open (receiver, event, topic, since) VALUES (?,?,?,?)",
			r.Name, one.event, one.topic, state.Micros(one.since))
		if err != nil {
			return nil, err
		}
	}
	return news, nil
}

func itemOf(one lasting) Item {
	at := Occurrence{one.since, oneLine(one.text)}
	return Item{Event: one.event, Topic: one.topic, Count: 1, First: at, Last: at}
}

func readOpen(ctx context.Context, tx *state.Tx, receiver string) (open []lasting, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT event, topic, since FROM notify_open WHERE receiver = ? ORDER BY event, topic", receiver)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var one lasting
		var since int64
		if err := rows.Scan(&one.event, &one.topic, &since); err != nil {
			return nil, err
		}
		one.since = state.FromMicros(since)
		open = append(open, one)
	}
	return open, rows.Err()
}

// addItem makes a line more, or one that is there count more.
func addItem(ctx context.Context, tx *state.Tx, receiver string, i Item) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO notify_item (receiver, event, topic, count, first_at, first, last_at, last) VALUES (?,?,?,?,?,?,?,?)
		ON CONFLICT (receiver, event, topic) DO UPDATE SET count = notify_item.count + excluded.count,
		last_at = excluded.last_at, last = excluded.last`,
		receiver, i.Event, i.Topic, i.Count, state.Micros(i.First.At), i.First.Text, state.Micros(i.Last.At), i.Last.Text)
	return err
}

// flush sends the next message where there is one and its time has come. While it is on its way nobody else sends one.
func (n *Notifier) flush(ctx context.Context, r config.Notify) error {
	items, err := n.take(ctx, r)
	if err != nil || len(items) == 0 {
		return err
	}
	failed := n.send(ctx, r, messageOf(n.options.Host, r.Name, items))
	err = n.db.Write(context.WithoutCancel(ctx), func(tx *state.Tx) error {
		if failed != nil {
			return failedAt(ctx, tx, r, failed)
		}
		return sentAt(ctx, tx, r, items)
	})
	return errors.Join(failed, err)
}

// take gives the lines of the next message, if it is due, and keeps others from taking them for a while.
func (n *Notifier) take(ctx context.Context, r config.Notify) (items []Item, err error) {
	var waiting int
	query := "SELECT COUNT(*) FROM notify_item WHERE receiver = ?"
	if err := n.db.Read().QueryRowContext(ctx, query, r.Name).Scan(&waiting); err != nil || waiting == 0 {
		return nil, n.db.Explain(err)
	}
	err = n.db.Write(ctx, func(tx *state.Tx) error {
		res, err := tx.ExecContext(ctx, "UPDATE notify_receiver SET next = ? WHERE name = ? AND next <= ?",
			state.Micros(tx.Now().Add(2*Timeout)), r.Name, state.Micros(tx.Now()))
		if err != nil {
			return err
		}
		if due, err := res.RowsAffected(); err != nil || due == 0 {
			return err
		}
		items, err = readItems(ctx, tx, r.Name)
		return err
	})
	return items, err
}

func readItems(ctx context.Context, tx *state.Tx, receiver string) (items []Item, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT event, topic, count, first_at, first, last_at, last FROM notify_item
		WHERE receiver = ? ORDER BY first_at, event, topic`, receiver)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var i Item
		var first, last int64
		if err := rows.Scan(&i.Event, &i.Topic, &i.Count, &first, &i.First.Text, &last, &i.Last.Text); err != nil {
			return nil, err
		}
		i.First.At, i.Last.At = state.FromMicros(first), state.FromMicros(last)
		items = append(items, i)
	}
	return items, rows.Err()
}

// sentAt takes off what was sent; what came while it was on its way stays.
func sentAt(ctx context.Context, tx *state.Tx, r config.Notify, items []Item) error {
	for _, i := range items {
		for _, query := range []string{
			`UPDATE notify_item SET count = count - ?, first_at = last_at, first = last WHERE receiver = ? AND event = ? AND topic = ?`,
			`DELETE FROM notify_item WHERE count <= ? - ? AND receiver = ? AND event = ? AND topic = ?`,
		} {
			args := []any{i.Count, r.Name, i.Event, i.Topic}
			if query[0] == 'D' {
				args = []any{i.Count, i.Count, r.Name, i.Event, i.Topic}
			}
			if _, err := tx.ExecContext(ctx, query, args...); err != nil {
				return err
			}
		}
	}
	_, err := tx.ExecContext(ctx, "UPDATE notify_receiver SET sent = ?, next = ?, tries = 0, problem = '' WHERE name = ?",
		state.Micros(tx.Now()), state.Micros(tx.Now().Add(r.Digest)), r.Name)
	return err
}

// failedAt notes why a message didn't get through, and when it is tried again.
func failedAt(ctx context.Context, tx *state.Tx, r config.Notify, failed error) error {
	var tries int
	if err := tx.QueryRowContext(ctx, "SELECT tries FROM notify_receiver WHERE name = ?", r.Name).Scan(&tries); err != nil {
		return err
	}
	wait := firstRetry << min(tries, 10)
	_, err := tx.ExecContext(ctx, "UPDATE notify_receiver SET next = ?, tries = ?, problem = ? WHERE name = ?",
		state.Micros(tx.Now().Add(min(wait, lastRetry))), tries+1, oneLine(failed.Error()), r.Name)
	return err
}

// sortItems puts what matters most first.
func sortItems(items []Item) {
	order := []string{Outage, Schedule, Failed, Stuck, Review}
	slices.SortStableFunc(items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Event), slices.Index(order, b.Event)), cmp.Compare(b.Count, a.Count), a.First.At.Compare(b.First.At))
	})
}
