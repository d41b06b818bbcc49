package cmd_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// canMount tells whether this process may mount a file system of its own.
func canMount() bool {
	dir, err := os.MkdirTemp("", "mount")
	if err != nil {
		return false
	}
	defer func() { _ = os.Remove(dir) }() // an empty folder at worst
	if syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k") != nil {
		return false
	}
	return syscall.Unmount(dir, syscall.MNT_DETACH) == nil
}

func tmpfs(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "tmpfs DIR SIZE")
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o700))
	ts.Check(syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+args[1]))
	s := scriptOf(ts)
	s.mounted = append(s.mounted, dir)
}

func remount(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "remount DIR ro")
	ts.Check(syscall.Mount("tmpfs", ts.MkAbs(args[0]), "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
}

func grow(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "grow DIR SIZE")
	ts.Check(syscall.Mount("tmpfs", ts.MkAbs(args[0]), "tmpfs", syscall.MS_REMOUNT, "size="+args[1]))
}

// fill takes all space that a file system has left.
func fill(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "fill DIR")
	f, err := os.Create(filepath.Join(ts.MkAbs(args[0]), "ballast"))
	ts.Check(err)
	for err == nil {
		_, err = f.Write(make([]byte, 512))
	}
	_ = f.Close() // it is full: that was wanted
}

func unmount(t testing.TB, dir string) {
	t.Helper()
	if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
		t.Errorf("%s could not be unmounted: %v", dir, err)
	}
}
