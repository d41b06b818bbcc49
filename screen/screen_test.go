package screen_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/screen"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

var update = flag.Bool("update", false, "write the screens in testdata")

// TestMain runs every test on SQLite and on PostgreSQL.
func TestMain(m *testing.M) {
	time.Local = time.UTC
	os.Exit(statetest.MainOnEach(m))
}

// bench is a queue with a screen, whose keys are pressed one by one.
type bench struct {
	t     *testing.T
	db    *state.DB
	queue *jobs.Queue
	clock *statetest.Clock
	desk  *screen.Desk
	model *screen.Model
	quit  bool
	ticks []tea.Msg // that are to come, and come when a test lets them
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, clock: statetest.NewClock(time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC))}
	b.db = statetest.New(t).Open(t, state.Options{Clock: b.clock})
	channels, err := jobs.ParseChannels("root:8,root.trello:2,root.slow:1:throttle=60,root.order:1:sequential")
	if err != nil {
		t.Fatal(err)
	}
	b.queue = jobs.New(b.db, jobs.WithChannels(channels))
	b.desk = screen.NewDesk(b.db, b.queue, func(ctx context.Context, id int64) (string, error) {
		j, err := b.queue.Get(ctx, id)
		return fmt.Sprintf("Job          %d\nDescription  %s\nState        %s\nFailure      %s\n", id, j.Description, j.State, j.ExcMessage), err
	})
	b.model = screen.NewModel(t.Context(), b.desk, "state.db", time.Millisecond)
	return b
}

// do runs what the screen asks for, but for the next look, which it asks for after each.
func (b *bench) do(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, one := range msg {
			b.do(one)
		}
	case tea.QuitMsg:
		b.quit = true
	default:
		if fmt.Sprintf("%T", msg) == "screen.tickMsg" {
			b.ticks = append(b.ticks, msg)
			return
		}
		_, next := b.model.Update(msg)
		b.do(next)
	}
}

func (b *bench) look() { b.do(b.model.Init()) }

func (b *bench) press(keys ...string) {
	b.t.Helper()
	codes := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft,
		"right": tea.KeyRight, "pgdown": tea.KeyPgDown, "pgup": tea.KeyPgUp, "end": tea.KeyEnd, "home": tea.KeyHome, "backspace": tea.KeyBackspace, "tab": tea.KeyTab}
	for _, k := range keys {
		msg := tea.KeyPressMsg{Code: codes[k]}
		if codes[k] == 0 {
			code, _ := utf8.DecodeRuneInString(k)
			msg = tea.KeyPressMsg{Code: code, Text: k}
		}
		_, cmd := b.model.Update(msg)
		b.do(cmd)
	}
}

func (b *bench) write(text string) {
	for _, r := range text {
		b.press(string(r))
	}
}

func (b *bench) size(width, height int) {
	_, cmd := b.model.Update(tea.WindowSizeMsg{Width: width, Height: height})
	b.do(cmd)
}

func (b *bench) text() string { return ansi.Strip(strings.Join(b.model.Lines(), "\n")) }

func (b *bench) sees(want ...string) {
	b.t.Helper()
	for _, w := range want {
		if !strings.Contains(b.text(), w) {
			b.t.Errorf("the screen lacks %q:\n%s", w, b.text())
		}
	}
}

func (b *bench) lacks(want ...string) {
	b.t.Helper()
	for _, w := range want {
		if strings.Contains(b.text(), w) {
			b.t.Errorf("the screen has %q:\n%s", w, b.text())
		}
	}
}

func (b *bench) add(s jobs.Spec) (id int64) {
	b.t.Helper()
	err := b.db.Write(b.t.Context(), func(tx *state.Tx) (err error) {
		if s.Backend == "" {
			s.Backend = "trello"
		}
		s.Function = "import_record"
		id, _, err = b.queue.Enqueue(b.t.Context(), tx, s)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	_ = b.clock.Sleep(b.t.Context(), time.Second)
	return id
}

// run runs what can, each with the outcome that fn gives.
func (b *bench) run(o jobs.Outcome) {
	b.t.Helper()
	handler := func(_ context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
		return finish(slice[0], o)
	}
	w := jobs.NewWorker(b.queue, "box:7", map[string]jobs.Handler{"import_record": handler}, jobs.WorkerOptions{})
	if _, err := w.Run(b.t.Context(), jobs.RunFilter{}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) claim(n int) {
	b.t.Helper()
	for range n {
		if _, err := b.queue.Claim(b.t.Context(), "box:8", jobs.ClaimFilter{Limit: 1}); err != nil {
			b.t.Fatal(err)
		}
		_ = b.clock.Sleep(b.t.Context(), time.Second)
	}
}

// busy fills the queue with a bit of everything.
func busy(t *testing.T) *bench {
	b := newBench(t)
	b.look()
	for i := range 12 {
		b.add(jobs.Spec{Description: fmt.Sprintf("Import card %d 'Paint the door'", i+1)})
	}
	b.run(jobs.Outcome{Kind: jobs.Done})
	b.add(jobs.Spec{Description: "Import card '買い物リスト: パンと牛乳' into project.task, which is a long text"})
	b.add(jobs.Spec{Description: "Import card 'no\x1b[31m\nentry'"})
	b.run(jobs.Outcome{Kind: jobs.Failed, Err: errors.New("Odoo main: project.task load: refused by Odoo: the stage is not of this project; move the card")})
	for i := range 30 {
		b.add(jobs.Spec{Description: fmt.Sprintf("Export task %d to trello.card", i+1)})
	}
	b.claim(2)
	parent := b.add(jobs.Spec{Description: "Import board", Channel: "root.slow"})
	b.add(jobs.Spec{Description: "Import list", DependsOn: []int64{parent}})
	b.add(jobs.Spec{Description: "Import later", ETA: b.clock.Now().Add(time.Hour), Channel: "root.order"})
	err := b.db.Write(t.Context(), func(tx *state.Tx) error {
		return b.queue.Pause(t.Context(), tx, jobs.Pause{Scope: jobs.PauseChannel, Name: "slow", Reason: "while we look"})
	})
	if err != nil {
		t.Fatal(err)
	}
	b.look()
	return b
}

func TestScreens(t *testing.T) {
	steps := []struct {
		name string
		keys []string
	}{
		{"running", nil}, {"waiting", []string{"2", "down", "down"}}, {"failed", []string{"3"}}, {"job", []string{"enter"}},
		{"question", []string{"esc", "c"}}, {"channels", []string{"n", "4", "down"}}, {"filter", []string{"1", "2", "/"}},
	}
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		b := busy(t)
		b.size(size[0], size[1])
		for _, step := range steps {
			name := fmt.Sprintf("%s_%dx%d.txt", step.name, size[0], size[1])
			t.Run("Ensure the screen is as drawn in "+name+", and no line too wide", func(t *testing.T) {
				b.t = t
				b.press(step.keys...)
				lines := b.model.Lines()
				if len(lines) != size[1] {
					t.Errorf("%d lines, want %d", len(lines), size[1])
				}
				for i, line := range lines {
					if w := ansi.StringWidth(line); w > size[0] {
						t.Errorf("line %d is %d wide: %s", i+1, w, line)
					}
					lines[i] = strings.TrimRight(ansi.Strip(line), " ")
				}
				compare(t, name, strings.Join(lines, "\n")+"\n")
			})
		}
	}
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestKeys(t *testing.T) {
	t.Run("Ensure a failed job is retried with r, and an ended one is looked into", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{Description: "Import card"})
		b.run(jobs.Outcome{Kind: jobs.Failed, Err: errors.New("no such card")})
		b.look()
		b.press("3", "enter")
		b.sees("Failure      no such card")
		b.press("r")
		b.sees("job 1 is in the line again", "State        pending")
		b.press("esc")
		b.sees("Nothing has failed.")
		if j, err := b.queue.Get(t.Context(), id); err != nil || j.State != jobs.StatePending {
			t.Errorf("%+v, %v", j, err)
		}
	})
	t.Run("Ensure cancelling and letting count as done ask first, and what cannot be is told", func(t *testing.T) {
		b := newBench(t)
		first := b.add(jobs.Spec{Description: "Import board"})
		b.add(jobs.Spec{Description: "Import list", DependsOn: []int64{first}})
		b.look()
		b.press("2", "c")
		b.sees("Cancel job 1 and all that wait for it? y/n")
		b.press("x")
		b.sees("nothing was done", "Import board")
		b.press("c", "y")
		b.sees("job 1 and 1 that waited for it were cancelled", "Nothing waits.")
		b.add(jobs.Spec{Description: "Import card"})
		b.press("2")
		b.look()
		b.press("d", "y")
		b.sees("job 3 counts as done")
		b.add(jobs.Spec{Description: "Import member"})
		b.claim(1)
		b.press("1")
		b.look()
		b.press("c", "y")
		b.sees("job 4 is running and cannot become cancelled; wait for its end")
	})
	t.Run("Ensure p pauses a channel and lets it go on, and asks where a job stands for it", func(t *testing.T) {
		b := newBench(t)
		b.add(jobs.Spec{})
		b.look()
		b.press("4", "end", "p")
		b.sees("channel root.trello is paused", "paused")
		b.press("p")
		b.sees("channel root.trello goes on")
		b.press("2", "p")
		b.sees("Pause or resume channel root.trello? y/n")
		b.press("y")
		b.sees("channel root.trello is paused")
	})
	t.Run("Ensure a filter selects by words and keys, can be mended and left, and is shown", func(t *testing.T) {
		b := newBench(t)
		b.add(jobs.Spec{Description: "Import card 'Grüner Markt'"})
		b.add(jobs.Spec{Description: "Import card 'Paint'"})
		b.add(jobs.Spec{Description: "Import card 'Markt'", Backend: "magento"})
		b.look()
		b.press("2", "/")
		b.write("markt backend:trellx")
		b.press("backspace")
		b.write("o")
		b.press("enter")
		b.sees("/markt backend:trello", "Grüner Markt")
		b.lacks("Paint", "magento")
		b.press("/")
		b.press("esc")
		b.sees("/markt backend:trello")
		b.press("/")
		b.write(" error:")
		b.press("enter")
		b.sees("error: what?")
		for range 40 {
			b.press("backspace")
		}
		b.press("enter")
		b.sees("Paint", "magento")
	})
	t.Run("Ensure arrows stay within the list, and lists go round", func(t *testing.T) {
		b := newBench(t)
		b.press("up", "down", "enter", "r", "c", "d", "p", "left", "enter")
		for i := range 50 {
			b.add(jobs.Spec{Description: fmt.Sprintf("Import card %d", i+1)})
		}
		b.press("2")
		b.press("end")
		b.sees("Import card 50")
		b.lacks("Import card 1 ")
		b.press("home", "up")
		b.sees("Import card 1 ")
		b.press("right", "right", "right", "tab", "left")
		b.sees("Nothing runs: 50 in line, and no worker. `connector work` runs them.")
		if err := jobs.NewWorker(b.queue, "box:7", nil, jobs.WorkerOptions{}).Enlist(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.look()
		b.sees("Nothing runs at this moment.")
	})
	t.Run("Ensure keys don't make it look more often", func(t *testing.T) {
		b := newBench(t)
		b.look()
		b.press("2", "3", "4", "1", "2")
		for range 3 {
			ticks := b.ticks
			b.ticks = nil
			for _, tick := range ticks {
				_, cmd := b.model.Update(tick)
				b.do(cmd)
			}
			if len(b.ticks) != 1 {
				t.Errorf("%d ticks are to come, want one", len(b.ticks))
			}
		}
	})
	t.Run("Ensure q and ctrl+c leave", func(t *testing.T) {
		for _, msg := range []tea.KeyPressMsg{{Code: 'q', Text: "q"}, {Code: 'c', Mod: tea.ModCtrl}} {
			b := newBench(t)
			_, cmd := b.model.Update(msg)
			if b.do(cmd); !b.quit {
				t.Errorf("%s does not leave", msg)
			}
		}
	})
	t.Run("Ensure a state that stops answering is told, and the last picture stays", func(t *testing.T) {
		b := newBench(t)
		b.add(jobs.Spec{Description: "Import card"})
		b.press("2")
		if err := b.db.Close(); err != nil {
			t.Fatal(err)
		}
		b.look()
		b.sees("Import card", "count the jobs that have not ended")
	})
	t.Run("Ensure every size can be drawn", func(t *testing.T) {
		b := busy(t)
		for _, size := range [][2]int{{1, 1}, {10, 3}, {40, 10}, {41, 11}, {300, 100}, {80, 12}} {
			b.size(size[0], size[1])
			for _, keys := range [][]string{{"1"}, {"2", "enter"}, {"esc", "3"}, {"4"}, {"2", "/"}, {"esc"}} {
				b.press(keys...)
				lines := b.model.Lines()
				if len(lines) != size[1] {
					t.Errorf("%v: %d lines", size, len(lines))
				}
				for _, line := range lines {
					if ansi.StringWidth(line) > size[0] {
						t.Errorf("%v: %q is too wide", size, line)
					}
				}
			}
		}
	})
}

func TestRates(t *testing.T) {
	t.Run("Ensure ends are counted over the last minute, each once", func(t *testing.T) {
		b := newBench(t)
		for range 6 {
			b.add(jobs.Spec{})
			b.run(jobs.Outcome{Kind: jobs.Done})
			_ = b.clock.Sleep(t.Context(), 4*time.Second)
			b.look()
		}
		b.sees("12 done/min  0 failed/min") // six within half a minute
		_ = b.clock.Sleep(t.Context(), time.Minute)
		b.look()
		b.sees("0 done/min")
	})
}

func TestPlain(t *testing.T) {
	t.Run("Ensure a line of numbers is written where there is no screen", func(t *testing.T) {
		b := busy(t)
		var out bytes.Buffer
		if err := screen.Plain(t.Context(), b.desk, &out, time.Second, true); err != nil {
			t.Fatal(err)
		}
		want := "running 2  pending 29  delayed 1  blocked 1  failed 2  "
		if !strings.Contains(out.String(), want) || strings.Count(out.String(), "\n") != 1 || strings.ContainsRune(out.String(), '\x1b') {
			t.Errorf("got %q, want %q", out.String(), want)
		}
	})
	t.Run("Ensure it ends with its context", func(t *testing.T) {
		b := newBench(t)
		ctx, cancel := context.WithCancel(t.Context())
		out := writer(func(p []byte) { cancel() })
		if err := screen.Plain(ctx, b.desk, out, time.Second, false); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}

// BenchmarkLook shows what a second of the screen costs beside many jobs.
func BenchmarkLook(b *testing.B) {
	db := statetest.New(b).Open(b, state.Options{})
	err := db.Write(b.Context(), func(tx *state.Tx) error {
		_, err := tx.ExecContext(b.Context(), `INSERT INTO job (uuid, function, backend, channel, args, state, due, priority, max_retries, created, enqueued, started, finished)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
			SELECT 'u' || i, 'import', 'trello', 'root.trello', '{}', CASE WHEN i % 100 = 0 THEN 'pending' ELSE 'done' END,
			CASE WHEN i % 100 = 0 THEN 1 ELSE 0 END, 10, 5, i, i, i, i FROM n`)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	desk := screen.NewDesk(db, jobs.New(db), nil)
	for b.Loop() {
		if _, err := desk.Look(b.Context(), screen.Waiting, screen.Filter{}); err != nil {
			b.Fatal(err)
		}
	}
}
