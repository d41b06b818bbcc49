package cmd

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/metrics"
)

// notifyInterval is how often a command that goes on looks for troubles.
const notifyInterval = 15 * time.Second

// observed is what goes with a command that goes on: metrics and health at an address, and notifications.
type observed struct {
	*metrics.Server               // nil where nothing is served
	standby         *jobs.Standby // nil where nobody could be told
	stop            context.CancelFunc
	done            sync.WaitGroup
}

// observe lets a command that goes on be seen: it serves metrics where --listen says so, and tells troubles to those whom the
// configuration names. The command's loop calls Beat as it goes round, at least once a minute; for one that waits for hours when
// there is nothing to do, idles is true, and it beats by itself as long as the queue can be asked. note is what others are told of this
// process while it stands by. Close ends it.
func (a *app) observe(ctx context.Context, l *listening, r *running, idles bool, note workerNote) (*observed, error) {
	notifier := newNotifier(r.db, r.queue, r.config)
	if err := notifier.Begin(ctx); err != nil {
		return nil, err
	}
	server, err := l.start(ctx, a.collector(r.db, r.queue, r.config))
	if err != nil {
		return nil, err
	}
	if server != nil {
		a.log.Info(fmt.Sprintf("metrics are at http://%s/metrics", server.Address()))
	}
	o := &observed{Server: server}
	if o.standby, err = r.queue.StandBy(ctx, owner(), note); err != nil && ctx.Err() == nil {
		a.warn(err) // its work can be done all the same
	}
	ctx, o.stop = context.WithCancel(ctx)
	if idles && server != nil {
		o.done.Go(func() { beatWhileAlive(ctx, server, r.queue) })
	}
	if len(r.config.Notify) == 0 {
		return o, nil
	}
	said := ""
	o.done.Go(func() {
		notifier.Keep(ctx, notifyInterval, func(err error) {
			if text := err.Error(); text != said { // once, not for every attempt
				said = text
				a.warn(err)
			}
		})
	})
	return o, nil
}

// beatWhileAlive beats as long as the queue can be asked.
func beatWhileAlive(ctx context.Context, s *metrics.Server, q *jobs.Queue) {
	tick := time.NewTicker(metrics.DefaultStall / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if _, _, err := q.NextETA(ctx, ""); err == nil {
				s.Beat()
			}
		}
	}
}

// leaving is how long the state may take to hear that the process ends.
const leaving = 2 * time.Second

// Close tells what is left to be told, and stops serving. That this process stands by no more is told as well as can be: others find
// out anyway.
func (o *observed) Close(ctx context.Context) error {
	o.stop()
	o.done.Wait()
	if o.standby != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaving)
		defer cancel()
		_ = o.standby.Leave(ctx)
	}
	return o.Server.Close()
}
