//go:build unix

package jobs_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// killRun is what a worker process of these tests is told, in the environment.
type killRun struct {
	Location string // of the state
	Effects  string // directory in which each process writes down what it does
	Channels string
	Jobs     int           // at a time
	Lease    time.Duration // 0: a lock
	Work     time.Duration // that a job takes
}

const killRunEnv = "CONNECTOR_TEST_WORKER"

// TestMain runs every test on SQLite and on PostgreSQL; in a process that one of them started it is a worker instead.
func TestMain(m *testing.M) {
	if text := os.Getenv(killRunEnv); text != "" {
		var r killRun
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			panic(err)
		}
		if err := r.work(); err != nil {
			fmt.Fprintln(os.Stderr, "worker:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(statetest.MainOnEach(m))
}

// work runs jobs until it is told to stop. Each effect is a line in a file of its own, written before the job is completed;
// each completion a row, written in the transaction that completes the job.
func (r killRun) work() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	db, err := state.Open(ctx, r.Location, state.Options{})
	for err != nil && ctx.Err() == nil { // the disk is full, or the server restarts
		_ = state.SystemClock().Sleep(ctx, 50*time.Millisecond)
		db, err = state.Open(ctx, r.Location, state.Options{})
	}
	if ctx.Err() != nil {
		return nil
	}
	defer func() { _ = db.Close() }()
	out, err := os.OpenFile(filepath.Join(r.Effects, fmt.Sprint(os.Getpid())), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	w := jobs.NewWorker(r.queue(db), fmt.Sprint("process:", os.Getpid()), map[string]jobs.Handler{"card.import": r.handler(out)}, jobs.WorkerOptions{Jobs: r.Jobs})
	for ctx.Err() == nil {
		if _, err := w.Work(ctx, jobs.RunFilter{}); err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "worker:", err) // the disk is full, or the server restarts: again
			_ = state.SystemClock().Sleep(ctx, 50*time.Millisecond)
		}
	}
	return nil
}

func (r killRun) queue(db *state.DB) *jobs.Queue {
	c, err := jobs.ParseChannels(r.Channels)
	if err != nil {
		panic(err)
	}
	return jobs.New(db, jobs.WithChannels(c), jobs.WithLease(r.Lease))
}

func (r killRun) handler(out *os.File) jobs.Handler {
	return func(ctx context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
		for _, j := range slice {
			begun := time.Now()
			if err := state.SystemClock().Sleep(ctx, r.Work); err != nil {
				return err
			}
			if _, err := fmt.Fprintf(out, "%d %s %d %d\n", j.ID, j.Channel, begun.UnixNano(), time.Now().UnixNano()); err != nil {
				return err
			}
			err := finish(j, jobs.Outcome{Kind: jobs.Done, Commit: func(ctx context.Context, tx *state.Tx) error {
				_, err := tx.ExecContext(ctx, "INSERT INTO completion (job, worker) VALUES (?, ?)", j.ID, j.Worker)
				return err
			}})
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// start starts a worker process.
func (r killRun) start(t *testing.T) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), killRunEnv+"="+string(text))
	c.Stderr = &lineWriter{t: t}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// lineWriter passes on what a worker complains about, as far as a test may tell.
type lineWriter struct {
	t     *testing.T
	lines int
}

func (w *lineWriter) Write(text []byte) (int, error) {
	if w.lines++; w.lines <= 2 {
		w.t.Logf("%s", strings.TrimSpace(string(text)))
	}
	return len(text), nil
}

// prepare makes a state with so many jobs, spread over channels.
func (r killRun) prepare(t *testing.T, db *state.DB, n int, channels []string) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *state.Tx) error {
		if _, err := tx.ExecContext(t.Context(), "DROP TABLE IF EXISTS completion"); err != nil {
			return err
		}
		_, err := tx.ExecContext(t.Context(), "CREATE TABLE completion (job BIGINT NOT NULL, worker TEXT NOT NULL)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	forever := 0
	for at := 0; at < n; at += 500 {
		var specs []jobs.Spec
		for i := at; i < min(at+500, n); i++ {
			specs = append(specs, card(jobs.Spec{Identity: fmt.Sprint("card ", i), Channel: channels[i%len(channels)], MaxRetries: &forever}))
		}
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			_, _, err := r.queue(db).EnqueueAll(t.Context(), tx, specs)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// effects reads how often each job was worked on, and when.
func (r killRun) effects(t *testing.T) (times map[int64]int, spans map[string][]span) {
	t.Helper()
	times, spans = map[int64]int{}, map[string][]span{}
	files, err := os.ReadDir(r.Effects)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		in, err := os.Open(filepath.Join(r.Effects, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(in); lines.Scan(); {
			var id int64
			var channel string
			var s span
			if _, err := fmt.Sscan(lines.Text(), &id, &channel, &s.from, &s.to); err != nil {
				continue // cut off by a kill
			}
			times[id]++
			spans[channel] = append(spans[channel], s)
		}
		_ = in.Close()
	}
	return times, spans
}

// span is from when to when a job was worked on.
type span struct{ from, to int64 }

// wantWhole makes sure that every job had its effect and was completed once, by the worker that the job names.
func (r killRun) wantWhole(t *testing.T, db *state.DB, n int) {
	t.Helper()
	times, _ := r.effects(t)
	list, err := r.queue(db).List(t.Context(), jobs.Filter{})
	if err != nil || len(list) != n {
		t.Fatalf("%d jobs (%v)", len(list), err)
	}
	completed := map[int64][]string{}
	rows, err := db.Read().QueryContext(t.Context(), "SELECT job, worker FROM completion")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var id int64
		var worker string
		if err := rows.Scan(&id, &worker); err != nil {
			t.Fatal(err)
		}
		completed[id] = append(completed[id], worker)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, j := range list {
		if by := completed[j.ID]; j.State != done || times[j.ID] < 1 || len(by) != 1 || by[0] != j.Worker {
			t.Errorf("job %d is %s, had its effect %d times, and was completed by %v, the last worker being %s", j.ID, j.State, times[j.ID], by, j.Worker)
		}
	}
}

// settle gives how the jobs are spread over their states, and whether all have ended.
func (r killRun) settled(t *testing.T, db *state.DB, n int) bool {
	t.Helper()
	counts, err := r.queue(db).Counts(t.Context(), "")
	if err != nil {
		t.Logf("count: %v", err)
		return false
	}
	return counts[done] == n
}

// runKilled lets worker processes work until all is done, and kills one of them every now and then.
func (r killRun) runKilled(t *testing.T, db *state.DB, n, workers int, every time.Duration) (kills int) {
	t.Helper()
	processes := make([]*exec.Cmd, workers)
	for i := range processes {
		processes[i] = r.start(t)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for began := time.Now(); !r.settled(t, db, n); {
		if time.Since(began) > 8*time.Minute {
			t.Fatal("they don't come to an end")
		}
		time.Sleep(every)
		i := random.IntN(workers)
		if !r.hasWorked(processes[i]) { // on a busy machine it would be killed before it begins, for ever
			continue
		}
		_ = processes[i].Process.Kill()
		_ = processes[i].Wait()
		kills++
		processes[i] = r.start(t)
	}
	stopAll(t, processes)
	return kills
}

// hasWorked tells whether a process did anything yet.
func (r killRun) hasWorked(c *exec.Cmd) bool {
	info, err := os.Stat(filepath.Join(r.Effects, fmt.Sprint(c.Process.Pid)))
	return err == nil && info.Size() > 0
}

// stopAll tells the workers to stop. One that has hardly begun ends by the signal itself.
func stopAll(t *testing.T, processes []*exec.Cmd) {
	t.Helper()
	for _, p := range processes {
		_ = p.Process.Signal(syscall.SIGTERM)
		if err := p.Wait(); err != nil && err.Error() != "signal: terminated" {
			t.Errorf("a worker that was told to stop: %v", err)
		}
	}
}

func newKillRun(t *testing.T, s statetest.Store, channels string) killRun {
	t.Helper()
	r := killRun{Location: s.Location, Effects: t.TempDir(), Channels: channels, Jobs: 8}
	if s.Dialect == state.PostgreSQL {
		r.Lease = 1500 * time.Millisecond
	}
	return r
}

// killCount is how many jobs the tests of killed processes run.
func killCount(t *testing.T) int {
	if testing.Short() {
		t.Skip("starts processes and kills them")
	}
	if os.Getenv("CONNECTOR_LONG") == "" {
		return 600
	}
	return 5000
}

func TestKilledWorkers(t *testing.T) {
	t.Run("Ensure that nothing is lost, completed twice or left started when workers are killed", func(t *testing.T) {
		n := killCount(t)
		s := statetest.New(t)
		r := newKillRun(t, s, "root.trello:0")
		r.Work = 10 * time.Millisecond
		db := s.Open(t, state.Options{})
		r.prepare(t, db, n, []string{"root.trello"})
		kills := r.runKilled(t, db, n, 4, 200*time.Millisecond)
		t.Logf("%d jobs, %d kills", n, kills)
		r.wantWhole(t, db, n)
	})
}

// TestCapacityOverProcesses runs jobs in many channels by several processes, and looks at what ran at each instant.
func TestCapacityOverProcesses(t *testing.T) {
	t.Run("Ensure that no channel is ever over its capacity", func(t *testing.T) {
		n := killCount(t)
		if n == 5000 {
			n = 10000
		}
		s := statetest.New(t)
		r := newKillRun(t, s, "root:14,a:3,a.x:1,a.y:2,b:1,c:2,d:4,e:5,f:1:sequential,g:0,g.one:1,h:2,i:3")
		r.Work = 200 * time.Microsecond
		if r.Lease > 0 {
			r.Lease = time.Minute // nobody dies here, and who is slow is not to be taken for dead
		}
		channels := []string{"root.a", "root.a.x", "root.a.y", "root.b", "root.c", "root.d", "root.e", "root.f", "root.g", "root.g.one", "root.h", "root.i"}
		db := s.Open(t, state.Options{})
		r.prepare(t, db, n, channels)
		var processes []*exec.Cmd
		for range 4 {
			processes = append(processes, r.start(t))
		}
		for !r.settled(t, db, n) {
			time.Sleep(50 * time.Millisecond)
		}
		stopAll(t, processes)
		r.wantWhole(t, db, n)
		_, spans := r.effects(t)
		c, _ := jobs.ParseChannels(r.Channels)
		for _, name := range append(channels, "root") {
			var all []span
			for channel, list := range spans {
				if channel == name || strings.HasPrefix(channel, name+".") {
					all = append(all, list...)
				}
			}
			if top, limit := most(all), c.Get(name).Capacity; limit > 0 && top > limit || top == 0 {
				t.Errorf("%d jobs of %s ran at a time, its capacity is %d", top, name, limit)
			}
		}
	})
}

// most is how many of the spans overlap at most.
func most(spans []span) (top int) {
	type edge struct {
		at    int64
		delta int
	}
	var edges []edge
	for _, s := range spans {
		edges = append(edges, edge{s.from, 1}, edge{s.to, -1})
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.delta, b.delta)) })
	now := 0
	for _, e := range edges {
		now += e.delta
		top = max(top, now)
	}
	return top
}

// TestStoreGoesAway takes the store away from the workers in the middle: the disk is full, or the server restarts.
func TestStoreGoesAway(t *testing.T) {
	t.Run("Ensure that nothing is lost, completed twice or left started", func(t *testing.T) {
		n := killCount(t)
		away := 2 * time.Second
		if n == 5000 {
			away = 10 * time.Second
		}
		s, takeAway := unreliable(t, statetest.New(t), away)
		r := newKillRun(t, s, "root.trello:0")
		r.Work = 10 * time.Millisecond
		db := s.Open(t, state.Options{})
		r.prepare(t, db, n, []string{"root.trello"})
		gone := make(chan error, 1)
		go func() {
			for counts := map[jobs.State]int{}; counts[done] < n/4; time.Sleep(10 * time.Millisecond) {
				counts, _ = r.queue(db).Counts(context.WithoutCancel(t.Context()), "")
			}
			gone <- takeAway()
		}()
		kills := r.runKilled(t, db, n, 4, 500*time.Millisecond)
		if err := <-gone; err != nil {
			t.Fatal(err)
		}
		for !r.settled(t, db, n) {
			time.Sleep(50 * time.Millisecond)
		}
		t.Logf("%d jobs, %d kills", n, kills)
		r.wantWhole(t, db, n)
	})
}

// unreliable gives a store of the same kind, and what takes it away for a while.
func unreliable(t *testing.T, s statetest.Store, away time.Duration) (statetest.Store, func() error) {
	t.Helper()
	if s.Dialect == state.PostgreSQL {
		server := statetest.NewServer(t)
		return server.Store(), func() error {
			if err := server.Kill(); err != nil {
				return err
			}
			return server.Start()
		}
	}
	dir := smallDisk(t, "24m")
	ballast := filepath.Join(dir, "ballast")
	return statetest.Store{Location: filepath.Join(dir, "state.db"), Dialect: state.SQLite}, func() error {
		if err := fillDisk(ballast); err != nil {
			return err
		}
		time.Sleep(away)
		return os.Remove(ballast)
	}
}

// fillDisk writes a file until the disk is full.
func fillDisk(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	for block := make([]byte, 1<<16); ; {
		if _, err := f.Write(block); err != nil {
			if len(block) == 1 || !errors.Is(err, syscall.ENOSPC) {
				return nil
			}
			block = block[:len(block)/2]
		}
	}
}
