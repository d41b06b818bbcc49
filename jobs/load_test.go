package jobs_test

import (
	"errors"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
)

func TestLoads(t *testing.T) {
	channels, err := jobs.ParseChannels("root:9,trello:2,trello.import:1:sequential,mail:1:throttle=60")
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, jobs.WithChannels(channels))
	b.add(jobs.Spec{Channel: "trello.import"})
	b.mustHandle(always(jobs.Outcome{Kind: jobs.Failed, Err: errors.New("no")}))
	b.add(jobs.Spec{Channel: "mail"})
	b.claim(1)
	b.add(jobs.Spec{Channel: "mail"})
	later := b.add(jobs.Spec{Channel: "trello", ETA: b.clock.Now().Add(time.Minute)})
	b.add(jobs.Spec{Channel: "trello", DependsOn: []int64{later}})
	b.add(jobs.Spec{Backend: "magento"})
	loads := func(t *testing.T) map[string]jobs.Load {
		t.Helper()
		list, err := b.Loads(b.ctx())
		if err != nil {
			t.Fatal(err)
		}
		byName := map[string]jobs.Load{}
		for _, l := range list {
			byName[l.Name] = l
		}
		return byName
	}
	want := func(t *testing.T, l jobs.Load, slots, running, pending, waiting, failed int) {
		t.Helper()
		if l.Slots != slots || l.Running != running || l.Pending != pending || l.Waiting != waiting || l.Failed != failed {
			t.Errorf("%+v, want %d slots, %d running, %d pending, %d waiting, %d failed", l, slots, running, pending, waiting, failed)
		}
	}

	t.Run("Ensure that a channel counts its own jobs and those below it", func(t *testing.T) {
		all := loads(t)
		if len(all) != 5 {
			t.Errorf("there are %d channels", len(all))
		}
		want(t, all["root"], 1, 1, 2, 2, 1)
		want(t, all["root.trello"], 0, 0, 0, 2, 1)
		want(t, all["root.trello.import"], 0, 0, 0, 0, 1)
		want(t, all["root.mail"], 1, 1, 1, 0, 0)
		want(t, all["root.magento"], 0, 0, 1, 0, 0)
	})
	t.Run("Ensure that each says what it may, and when its throttle opens", func(t *testing.T) {
		all := loads(t)
		if all["root"].Capacity != 9 || all["root.magento"].Capacity != 1 || !all["root.trello.import"].Sequential {
			t.Errorf("%+v", all)
		}
		if opens := all["root.mail"].Opens.Sub(b.clock.Now()); opens <= 59*time.Second || opens > time.Minute || !all["root"].Opens.IsZero() {
			t.Errorf("it opens in %s", opens)
		}
	})
	t.Run("Ensure that a job whose time has come is pending", func(t *testing.T) {
		_ = b.clock.Sleep(b.ctx(), time.Minute)
		want(t, loads(t)["root.trello"], 0, 0, 1, 1, 1)
	})
	t.Run("Ensure that a pause is on the channels all of whose jobs it keeps", func(t *testing.T) {
		b.pause(jobs.Pause{Scope: jobs.PauseBackend, Name: "magento"})
		b.pause(jobs.Pause{Scope: jobs.PauseChannel, Name: "trello"})
		b.pause(jobs.Pause{Scope: jobs.PauseChannel, Name: "later"})
		all := loads(t)
		if l, there := all["root.later"]; !there || l.Used || !all["root"].Used || !all["root.trello.import"].Used {
			t.Errorf("a paused channel that no job was put into is %+v, %v", l, there)
		}
		for name, paused := range map[string]bool{
			"root": false, "root.mail": false, "root.magento": true, "root.trello": true, "root.trello.import": true,
		} {
			if (all[name].Paused != nil) != paused {
				t.Errorf("%s: %+v", name, all[name].Paused)
			}
		}
		b.pause(jobs.Pause{Scope: jobs.PauseAll, Until: b.clock.Now().Add(time.Hour)})
		if p := loads(t)["root"].Paused; p == nil || p.Scope != jobs.PauseAll {
			t.Errorf("%+v", p)
		}
		_ = b.clock.Sleep(b.ctx(), time.Hour)
		if p := loads(t)["root"].Paused; p != nil {
			t.Errorf("it is over: %+v", p)
		}
	})
}
