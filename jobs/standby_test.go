package jobs_test

import (
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// standBy makes a process known until the test ends.
func (b *bench) standBy(owner string) *jobs.Standby {
	b.t.Helper()
	s, err := b.StandBy(b.ctx(), owner, map[string]string{"command": "watch"})
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

// workers are the rows that others see, at least.
func (b *bench) workers() []jobs.WorkerInfo {
	b.t.Helper()
	list, err := b.Workers(b.ctx())
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

func TestStandby(t *testing.T) {
	for about, options := range map[string][]jobs.Option{"by a lock": nil, "by a lease": {jobs.WithLease(time.Minute)}} {
		t.Run("Ensure who stands by lives "+about+" beside the workers of its process, until it leaves", func(t *testing.T) {
			b := newBench(t, options...)
			s := b.standBy("host:1")
			if list := b.workers(); len(list) != 1 || !list[0].Alive || !list[0].StandsBy() || list[0].Process() != "host:1" ||
				string(list[0].Info) != `{"command":"watch"}` {
				t.Errorf("%+v", list)
			}
			id := b.add(jobs.Spec{})
			_, err := jobs.NewWorker(b.Queue, "host:1", map[string]jobs.Handler{"card.import": each(func(j jobs.Job) jobs.Outcome {
				list := b.workers()
				if len(list) != 2 || list[0].ID != "host:1" || list[0].StandsBy() || list[0].Process() != "host:1" || b.job(j.ID).Worker != "host:1" {
					t.Errorf("%+v", list)
				}
				return jobs.Outcome{Kind: jobs.Done}
			})}, jobs.WorkerOptions{}).Run(b.ctx(), jobs.RunFilter{})
			if err != nil {
				t.Fatal(err)
			}
			b.wantState(id, done)
			if list := b.workers(); len(list) != 1 || !list[0].Alive {
				t.Errorf("%+v", list)
			}
			if err := s.Leave(b.ctx()); err != nil || len(b.workers()) != 0 {
				t.Errorf("%+v, %v", b.workers(), err)
			}
		})
	}
	t.Run("Ensure one that died is taken for dead, and forgotten when another stands by", func(t *testing.T) {
		for about, row := range map[string]string{
			"its lock is free": "77, 1, 1, 0", "its lease has ended": "0, 1, 1, 2", "its lock is free, though its lease goes on": "77, 1, 1, 9000000000000000",
		} {
			b := newBench(t)
			b.write(func(tx *state.Tx) error {
				_, err := tx.ExecContext(b.ctx(), "INSERT INTO job_worker (id, slot, started, heartbeat, lease) VALUES ('dead:1/standby', "+row+")")
				return err
			})
			if list := b.workers(); len(list) != 1 || list[0].Alive || !list[0].StandsBy() {
				t.Errorf("%s: %+v", about, list)
			}
			s := b.standBy("host:1")
			if list := b.workers(); len(list) != 1 || list[0].Process() != "host:1" {
				t.Errorf("%s: %+v", about, list)
			}
			if err := s.Leave(b.ctx()); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("Ensure one that stands by on PostgreSQL holds a lock of a session, and takes it again when that breaks", func(t *testing.T) {
		b := openBench(t, statetest.New(t), state.Options{}, jobs.WithLease(time.Minute))
		if b.db.Dialect() != state.PostgreSQL {
			t.Skip("a kernel lock cannot be lost")
		}
		s := b.standBy("host:1")
		session := func(query string) (pid int) {
			err := b.db.Read().QueryRowContext(b.ctx(), "SELECT COALESCE(MAX(CASE WHEN "+query+" THEN pid END), 0) FROM pg_locks WHERE locktype = 'advisory'").Scan(&pid)
			if err != nil {
				t.Fatal(err)
			}
			return pid
		}
		first := session("granted")
		if list := b.workers(); first == 0 || len(list) != 1 || !list[0].Alive || !list[0].Lease.After(list[0].Heartbeat) {
			t.Errorf("session %d, %+v", first, list)
		}
		if ended := session("pg_terminate_backend(pid)"); ended != first {
			t.Errorf("session %d of %d was ended", ended, first)
		}
		for begun, again := time.Now(), 0; again == 0 || again == first || !b.workers()[0].Alive; again = session("granted") {
			if time.Since(begun) > patience {
				t.Fatal("it is known no more")
			}
		}
		if err := s.Leave(b.ctx()); err != nil || len(b.workers()) != 0 {
			t.Errorf("%+v, %v", b.workers(), err)
		}
	})
	t.Run("Ensure a dead worker is left to those who take back its jobs", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{})
		b.dieWith(id)
		s := b.standBy("host:1")
		if list := b.workers(); len(list) != 2 || list[0].ID != "dead:1" {
			t.Errorf("%+v", list)
		}
		if err := s.Leave(b.ctx()); err != nil {
			t.Error(err)
		}
	})
	t.Run("Ensure a lease that ended, as in a machine that slept, is taken anew", func(t *testing.T) {
		b := openBench(t, statetest.New(t), state.Options{}, jobs.WithLease(50*time.Millisecond))
		s := b.standBy("host:1")
		b.write(func(tx *state.Tx) error {
			_, err := tx.ExecContext(b.ctx(), "DELETE FROM job_worker")
			return err
		})
		for begun := time.Now(); len(b.workers()) == 0; {
			if time.Since(begun) > patience {
				t.Fatal("it is known no more")
			}
		}
		if err := s.Leave(b.ctx()); err != nil || len(b.workers()) != 0 {
			t.Errorf("%+v, %v", b.workers(), err)
		}
	})
}
