package cmd_test

import (
	"fmt"

	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestWork stops workers, in each way that there is, while they wait for the answer to a creation.
func TestWork(t *testing.T) {
	t.Parallel()
	t.Run("Ensure a worker that is killed leaves its backend to the next one, which makes nothing twice", func(t *testing.T) {
		w, proxy := newWorkWorld(t, 2)
		first := w.startWork()
		proxy.wait(t)
		next := w.start("--wait", "1m", "work", "--once")
		_, err := next.err.await(regexp.MustCompile("waiting up to 1m0s for the lock of trello, which process [0-9]+ holds"), next.done)
		w.must(err)
		first.kill()
		w.says(next, `"event":"began"`)
		proxy.letThrough() // the card is created after all, and late
		w.endsWith(next, 0)
		w.complete()
		w.mustSync() // brings the new cards into order
		w.quiet()
		if n := w.count("SELECT COUNT(*) FROM job WHERE retry > 1 OR crashes > 1"); n > 0 {
			t.Errorf("%d jobs were charged more than the one death", n)
		}
	})
	t.Run("Ensure SIGTERM ends a worker after the record in hand, with nothing spent", func(t *testing.T) {
		w, proxy := newWorkWorld(t, 2)
		p := w.startWork()
		proxy.wait(t)
		w.must(p.signal(syscall.SIGTERM))
		w.noticed(p)
		proxy.letThrough()
		w.endsWith(p, 143)
		if held := w.count(`SELECT COUNT(*) FROM job WHERE state IN ('started', 'enqueued') OR retry > 0 OR crashes > 0 OR alone > 0`); held != 0 {
			t.Errorf("%d unstarted jobs were not given back unspent", held)
		}
		if begun := proxy.seen.Load() - 6 - 2; begun > 0 {
			t.Errorf("after the signal %d more cards were created", begun)
		}
		w.endsWith(w.start("work", "--once"), 0)
		w.complete()
		w.mustSync() // brings the new cards into order
		w.quiet()
	})
	t.Run("Ensure what goes on longer than the grace is broken off, and completed by the next worker", func(t *testing.T) {
		w, proxy := newWorkWorld(t, 1)
		p := w.start("work", "--grace", "100ms")
		proxy.wait(t)
		w.must(p.signal(syscall.SIGINT))
		w.endsWith(p, 130) // while its request is not answered
		proxy.letThrough()
		w.endsWith(w.start("work", "--once"), 0)
		w.complete()
		w.mustSync() // brings the new cards into order
		w.quiet()
	})
	t.Run("Ensure a second signal ends a worker at once", func(t *testing.T) {
		w, proxy := newWorkWorld(t, 1)
		p := w.startWork()
		proxy.wait(t)
		w.must(p.signal(syscall.SIGINT))
		w.noticed(p)
		w.must(p.signal(syscall.SIGTERM))
		w.endsWith(p, 143)
		proxy.letThrough()
		w.endsWith(w.start("work", "--once"), 0)
		w.complete()
	})
	t.Run("Ensure a worker gives way in the middle of its work to who asks, and goes on afterwards", func(t *testing.T) {
		w, proxy := newWorkWorld(t, 2)
		p := w.startWork()
		proxy.wait(t)
		asker := w.start("--wait", "1m", "poll")
		_, err := asker.err.await(regexp.MustCompile("waiting up to 1m0s for the lock of trello"), asker.done)
		w.must(err)
		w.says(p, `"event":"asked"`)
		proxy.letThrough()
		w.endsWith(asker, 0)
		if !strings.Contains(asker.out.String(), `"pending":`) || strings.Contains(asker.out.String(), `"pending":0`) {
			t.Errorf("nothing was left to the worker when the other had its turn: %s", asker.out)
		}
		_, err = p.out.await(regexp.MustCompile(`(?s)"event":"gave_way".*"event":"began"`), p.done)
		w.must(err)
		w.endsWith(w.start("--wait", "1m", "work", "--once"), 0) // what is left of it
		w.must(p.signal(syscall.SIGTERM))
		w.endsWith(p, 143)
		w.complete()
		w.mustSync() // brings the new cards into order
		w.quiet()
	})
}

// newWorkWorld is a world in step, with six tasks more of which a poll made jobs, and a proxy that holds the nth creation of a
// card.
func newWorkWorld(t *testing.T, nth int64) (*world, *proxy) {
	t.Helper()
	w := newWorld(t, "connector")
	w.fill(6, 6)
	proxy := w.between(newCard, 6+nth)
	w.mustSync()
	w.more(6)
	w.endsWith(w.start("poll"), 0)
	return w, proxy
}

// more makes tasks beside the first one.
func (w *world) more(n int) {
	w.t.Helper()
	rows, _ := w.odoo("project.task", "read", []any{[]any{w.tasks[0].id}, []any{"project_id", "stage_id"}}, map[string]any{}).([]any)
	first, _ := rows[0].(map[string]any)
	id := func(field string) any {
		pair, _ := first[field].([]any)
		return pair[0]
	}
	for i := range n {
		task := named{place: w.tasks[0].place, name: fmt.Sprintf("More %d", i)}
		task.id = w.create("project.task", map[string]any{
			"name": task.name, "project_id": id("project_id"), "stage_id": id("stage_id"), "user_ids": []any{}, "description": "<p>By noon.</p>",
		})
		w.tasks = append(w.tasks, task)
	}
}

// start begins a command beside the test.
func (w *world) start(args ...string) *process {
	w.t.Helper()
	p, err := start(w.command(args...))
	w.must(err)
	w.t.Cleanup(p.kill)
	return p
}

func (w *world) startWork() *process {
	w.t.Helper()
	return w.start("work")
}

func (w *world) says(p *process, text string) {
	w.t.Helper()
	_, err := p.out.await(regexp.MustCompile(regexp.QuoteMeta(text)), p.done)
	w.must(err)
}

func (w *world) endsWith(p *process, want int) {
	w.t.Helper()
	code, err := p.wait()
	w.must(err)
	if code != want {
		w.t.Fatalf("%v ended with %d, want %d: %s%s", p.cmd.Args, code, want, p.out, p.err)
	}
}
