//go:build unix

package state

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// fileDoor keeps the line before a file's lock in two files beside it: <lock>.turn is locked by the one at the head of the
// line, and <lock>.asked is locked, shared, by all who ask.
type fileDoor struct {
	path, name  string
	turn, asked *os.File
}

func (d *fileDoor) take(_ context.Context, now time.Time) (Held, error) {
	lock, err := Lock(d.path, d.name, now)
	if err != nil {
		return nil, err
	}
	return lock, nil
}

func (d *fileDoor) look(_ context.Context, now time.Time) error {
	lock, err := Lock(d.path, d.name, now)
	if err != nil {
		return err
	}
	return lock.Release() // it is meant for the one at the head of the line
}

func (d *fileDoor) step(_ context.Context, in bool) (bool, error) {
	return latch(&d.turn, lockPath(d.path, d.name)+".turn", syscall.LOCK_EX, in)
}

func (d *fileDoor) ask(_ context.Context, on bool) (bool, error) {
	return latch(&d.asked, lockPath(d.path, d.name)+".asked", syscall.LOCK_SH, on)
}

func (d *fileDoor) close(context.Context, bool) error {
	return errors.Join(closed(&d.turn), closed(&d.asked))
}

// latch locks a file or gives it back, and tells whether it is locked now.
func latch(file **os.File, path string, how int, on bool) (bool, error) {
	if !on {
		return false, closed(file)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator's own path
	if err != nil {
		return false, fileTrouble(path, err)
	}
	if err := flock(f, how); err != nil {
		_ = f.Close() // nothing was written through it
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return false, nil
		}
		return false, fileTrouble(path, err)
	}
	*file = f
	return true, nil
}

func closed(file **os.File) error {
	if *file == nil {
		return nil
	}
	f := *file
	*file = nil
	return f.Close()
}

// Wanted looks four times a second at the file that those who ask have locked.
func (l *FileLock) Wanted(ctx context.Context) <-chan struct{} {
	wanted, path := make(chan struct{}), l.Path()+".asked"
	go func() {
		look := time.NewTicker(wantedEvery)
		defer look.Stop()
		for {
			if isLatched(path) {
				close(wanted)
				return
			}
			select {
			case <-look.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	return wanted
}

// isLatched tells whether somebody has the file locked. One that is not there nobody has.
func isLatched(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the operator's own path
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err != nil {
		return false // who asks waits until its time is up
	}
	defer func() { _ = f.Close() }() // nothing was written through it
	return errors.Is(flock(f, syscall.LOCK_EX), syscall.EWOULDBLOCK)
}
