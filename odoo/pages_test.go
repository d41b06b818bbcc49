package odoo_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/transport"
)

// shelf is a server with records 1 to n, whose name is as long as wide says.
type shelf struct {
	*scripted
	pages []int // the records asked for in each call
}

func newShelf(n, wide int, refuse func(asked int) error) *shelf {
	s := &shelf{}
	s.scripted = withFields(func(c called) (any, error) {
		ids, asked := s.asked(c, n)
		s.pages = append(s.pages, asked)
		if refuse != nil {
			if err := refuse(asked); err != nil {
				return nil, err
			}
		}
		rows := []any{}
		for _, id := range ids {
			rows = append(rows, map[string]any{"id": id, "name": strings.Repeat("x", wide), "write_date": "2025-01-31 10:00:00"})
		}
		return rows, nil
	})
	return s
}

// asked are the records of one call of search_read or read.
func (s *shelf) asked(c called, n int) (ids []int64, asked int) {
	if c.method == "read" {
		ids = idsOf(c.args[0])
		return ids, len(ids)
	}
	asked = int(c.kw["limit"].(int64))
	from := int64(1)
	domain := c.args[0].([]any)
	if at := len(domain) - 1; at >= 0 && domain[at].([]any)[0] == "id" {
		from = domain[at].([]any)[2].(int64) + 1
	}
	for id := from; id <= int64(n) && len(ids) < asked; id++ {
		ids = append(ids, id)
	}
	return ids, asked
}

func each(s *odoo.Session) (ids []string, err error) {
	err = s.Each(ctx, "project.task", odoo.Cond("active", "=", true), []string{"name"}, func(r record.Record) error {
		ids = append(ids, r.ID)
		return nil
	})
	return ids, err
}

func counted(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprint(i + 1)
	}
	return ids
}

// sleeper is a clock that moves on by what it sleeps.
type sleeper struct {
	mu  sync.Mutex
	now time.Time
}

func (c *sleeper) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *sleeper) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return ctx.Err()
}

// slow is what the network says when the time is over.
type slow struct{}

func (slow) Error() string   { return "deadline exceeded" }
func (slow) Timeout() bool   { return true }
func (slow) Temporary() bool { return true }

func TestEach(t *testing.T) {
	t.Run("Ensure pages of small records grow up to 2000", func(t *testing.T) {
		server := newShelf(6000, 3, nil)
		ids, err := each(dial(t, server))
		if err != nil || !slices.Equal(ids, counted(6000)) {
			t.Fatalf("%d records, error %v", len(ids), err)
		}
		if !slices.Equal(server.pages, []int{500, 2000, 2000, 2000}) {
			t.Errorf("pages of %v", server.pages)
		}
	})
	t.Run("Ensure pages of large records shrink to 1 MB, and not below 20", func(t *testing.T) {
		server := newShelf(600, 40_000, nil)
		ids, err := each(dial(t, server))
		if err != nil || !slices.Equal(ids, counted(600)) {
			t.Fatalf("%d records, error %v", len(ids), err)
		}
		if server.pages[1] < 20 || server.pages[1] > 25 {
			t.Errorf("pages of %v", server.pages)
		}
	})
	t.Run("Ensure the wait for our turn makes no page smaller", func(t *testing.T) {
		server := newShelf(6000, 3, nil)
		o, clock := options(server), &sleeper{now: stillClock{}.Now()}
		o.Clock = clock
		o.Client = transport.New(transport.Options{System: "Odoo main", Base: server, Clock: clock, Limit: transport.PerSecond(0.1)})
		s, err := odoo.Dial(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		before := clock.Now()
		ids, err := each(s)
		if err != nil || !slices.Equal(ids, counted(6000)) || !slices.Equal(server.pages, []int{500, 2000, 2000, 2000}) {
			t.Errorf("%d records in pages of %v, error %v", len(ids), server.pages, err)
		}
		if waited := clock.Now().Sub(before); waited < 30*time.Second {
			t.Errorf("waited only %s", waited)
		}
	})
	t.Run("Ensure a page that does not come in time is asked for by quarters", func(t *testing.T) {
		server := newShelf(500, 3, func(asked int) error {
			if asked > 60 {
				return slow{}
			}
			return nil
		})
		ids, err := each(dial(t, server))
		if err != nil || !slices.Equal(ids, counted(500)) || slices.Max(server.pages[len(server.pages)-9:]) > 60 {
			t.Errorf("%d records in pages of %v, error %v", len(ids), server.pages, err)
		}
	})
	t.Run("Ensure a server that never answers is given up after three pages", func(t *testing.T) {
		server := newShelf(500, 3, func(int) error { return slow{} })
		_, err := each(dial(t, server))
		if failed(t, err).Kind != odoo.Connection || !slices.Equal(slices.Compact(server.pages), []int{500, 125, 31}) {
			t.Errorf("pages of %v, error %v", server.pages, err)
		}
		server.pages = nil
		if _, _, err = dial(t, server).Read(ctx, "project.task", []int64{1, 2, 3, 4, 5, 6, 7, 8}, []string{"name"}); failed(t, err).Kind != odoo.Connection || len(server.pages) > 9 {
			t.Errorf("pages of %v, error %v", server.pages, err)
		}
	})
	t.Run("Ensure late pages count anew after one that came", func(t *testing.T) {
		server := newShelf(400, 3, nil)
		most, came := 40, false
		server.scripted = withFields(func(c called) (any, error) {
			ids, asked := server.asked(c, 400)
			server.pages = append(server.pages, asked)
			if asked > most {
				return nil, slow{}
			}
			if most = 40; came {
				most = 1 // from the second page on
			}
			came = true
			rows := []any{}
			for _, id := range ids {
				rows = append(rows, map[string]any{"id": id, "name": "x"})
			}
			return rows, nil
		})
		ids, err := each(dial(t, server))
		if err != nil || !slices.Equal(ids, counted(400)) || !slices.Equal(slices.Compact(server.pages)[:5], []int{500, 125, 31, 7, 1}) {
			t.Errorf("%d records in pages of %v, error %v", len(ids), server.pages, err)
		}
	})
	t.Run("Ensure nothing is asked for again when the caller's time is over", func(t *testing.T) {
		server := newShelf(500, 3, nil)
		s := dial(t, server)
		over, cancel := context.WithCancel(ctx)
		server.scripted = withFields(func(c called) (any, error) {
			_, asked := server.asked(c, 500)
			server.pages = append(server.pages, asked)
			cancel()
			return nil, slow{}
		})
		err := s.Each(over, "project.task", nil, []string{"name"}, func(record.Record) error { return nil })
		if err == nil || len(server.pages) != 1 {
			t.Errorf("pages of %v, error %v", server.pages, err)
		}
	})
	t.Run("Ensure an answer that is too large is asked for by halves, up to one record", func(t *testing.T) {
		server := newShelf(30, 20_000, nil)
		o := options(server)
		o.Client = transport.New(transport.Options{System: "Odoo main", Base: server, Clock: stillClock{}, MaxBody: 30_000})
		s, err := odoo.Dial(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		ids, err := each(s)
		if err != nil || !slices.Equal(ids, counted(30)) {
			t.Errorf("%d records in pages of %v, error %v", len(ids), server.pages, err)
		}
		found, missing, err := s.Read(ctx, "project.task", []int64{3, 2, 1}, []string{"name"})
		if err != nil || len(found) != 3 || found[0].ID != "3" || len(missing) != 0 {
			t.Errorf("read %d records, error %v", len(found), err)
		}
	})
	t.Run("Ensure one record that is too large is told", func(t *testing.T) {
		server := newShelf(3, 20_000, nil)
		o := options(server)
		o.Client = transport.New(transport.Options{System: "Odoo main", Base: server, Clock: stillClock{}, MaxBody: 10_000})
		s, err := odoo.Dial(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := each(s); failed(t, err).Kind != odoo.TooLarge || server.pages[len(server.pages)-1] != 1 {
			t.Errorf("pages of %v, error %v", server.pages, err)
		}
	})
	t.Run("Ensure any other failure ends the reading", func(t *testing.T) {
		server := newShelf(3, 3, func(int) error { return errors.New("connection reset") })
		if _, err := each(dial(t, server)); failed(t, err).Kind != odoo.Connection {
			t.Error(err)
		}
	})
	t.Run("Ensure an error of the visitor ends the reading and comes back as it is", func(t *testing.T) {
		server := newShelf(1000, 3, nil)
		n := 0
		err := dial(t, server).Each(ctx, "project.task", nil, []string{"name"}, func(record.Record) error {
			if n++; n == 7 {
				return io.ErrShortWrite
			}
			return nil
		})
		if err != io.ErrShortWrite || n != 7 || len(server.pages) != 1 { //nolint:errorlint // it must be the very error
			t.Errorf("after %d records and %d pages: %v", n, len(server.pages), err)
		}
	})
}

func TestReadingOnEachVersion(t *testing.T) {
	for _, d := range dialers {
		server := odootest.New(odootest.Options{Version: d.version, APIKey: adminKey})
		for i := range 750 {
			tag(server, fmt.Sprintf("tag %03d", i))
		}
		tags, s := server.Search("project.tags", nil), d.dial(t, server)
		t.Run("Ensure each record comes once, whatever is deleted meanwhile, on Odoo "+d.version+" by "+d.name, func(t *testing.T) {
			seen := 0
			err := s.Each(ctx, "project.tags", odoo.Cond("name", "like", "tag"), []string{"name"}, func(r record.Record) error {
				if seen == 100 {
					server.Unlink("project.tags", tags[:50]...)
				}
				if want := fmt.Sprintf("tag %03d", seen); r.Value("name").AsText() != want {
					return fmt.Errorf("%v came for %s", r.Value("name"), want)
				}
				seen++
				return nil
			})
			if err != nil || seen != 750 {
				t.Errorf("%d records, error %v", seen, err)
			}
		})
		t.Run("Ensure records are counted on Odoo "+d.version+" by "+d.name, func(t *testing.T) {
			if n, err := s.Count(ctx, "project.tags", odoo.Cond("name", "like", "tag")); err != nil || n != 700 {
				t.Errorf("%d, error %v", n, err)
			}
			if n, err := s.Count(ctx, "project.tags", odoo.Or()); err != nil || n != 0 {
				t.Errorf("%d, error %v", n, err)
			}
		})
	}
}

func TestCountOfNoNumber(t *testing.T) {
	t.Run("Ensure an answer that is no number is told", func(t *testing.T) {
		s := dial(t, withFields(func(called) (any, error) { return "many", nil }))
		if _, err := s.Count(ctx, "project.task", nil); failed(t, err).Kind != odoo.UnexpectedAnswer {
			t.Error(err)
		}
	})
}

func TestRowsWithoutAnID(t *testing.T) {
	for name, id := range map[string]any{"a list": []any{int64(7), "Seven"}, "a text": "7", "a record": map[string]any{"id": int64(7)}, "false": false, "a fraction": 7.5, "0": int64(0), "negative": int64(-7)} {
		t.Run("Ensure an id that is "+name+" names its row", func(t *testing.T) {
			s := dial(t, withFields(func(called) (any, error) {
				return []any{map[string]any{"id": int64(1), "name": "a"}, map[string]any{"id": id, "name": "b"}}, nil
			}))
			for _, fields := range [][]string{{"name"}, {"id", "name"}} {
				_, err := s.SearchRead(ctx, "project.task", nil, fields, odoo.SearchOptions{})
				if e := failed(t, err); e.Kind != odoo.UnexpectedAnswer || e.Text != "row 2 of the answer has no id" {
					t.Errorf("kind %q, text %q", e.Kind, e.Text)
				}
			}
		})
	}
}
