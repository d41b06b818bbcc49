package cmd_test

import (
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/odoo-connector/connector/cmd"
)

// canOpenTerminal tells whether this machine gives terminals to who asks.
func canOpenTerminal() bool {
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return false
	}
	return f.Close() == nil
}

// startOnTerminal starts a program in front of a person: what is seen there is its output, both streams in one.
func startOnTerminal(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "terminal NAME PROGRAM [ARG…]")
	s := scriptOf(ts)
	person, program := cmd.OpenTerminal(s.t)
	ts.Check(changeTerminal(program, func(t *syscall.Termios) { t.Oflag &^= syscall.ONLCR })) // lines end as they do on a pipe
	c := exec.Command(args[1], args[2:]...)
	c.Dir, c.Env = ts.MkAbs("."), environment(ts)
	if ts.Getenv("TERM") == "" {
		c.Env = append(c.Env, "TERM=xterm-256color")
	}
	c.Stdin, c.Stdout, c.Stderr = program, program, program
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true} // so that Ctrl-C reaches it
	p := newProcess(c)
	p.person = person
	ts.Check(c.Start())
	ts.Check(program.Close())
	go func() {
		_, _ = io.Copy(p.out, person) // it ends with an error when the program has
		_ = person.Close()            // nothing was kept back
		p.await()
	}()
	s.begun(args[0], p)
}

// answer waits for a question that came after the one before, and types.
func answer(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, "answer NAME RE TEXT")
	p := scriptOf(ts).asks(ts, args[0], args[1])
	text, err := strconv.Unquote(`"` + args[2] + `"`)
	ts.Check(err)
	_, err = p.person.WriteString(text)
	ts.Check(err)
}

// answerUnseen waits until the terminal shows nothing of what is typed, too, and types a secret.
func answerUnseen(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, "unseen NAME RE SECRET")
	p := scriptOf(ts).asks(ts, args[0], args[1])
	for began, shown := time.Now(), true; shown; {
		ts.Check(changeTerminal(p.person, func(t *syscall.Termios) { shown = t.Lflag&syscall.ECHO != 0 }))
		if shown && time.Since(began) > patience {
			ts.Fatalf("what is typed after %q would be seen", args[1])
		}
	}
	_, err := p.person.WriteString(args[2] + "\n")
	ts.Check(err)
}

// asks waits until a program on a terminal asks what was not asked before.
func (s *script) asks(ts *testscript.TestScript, name, pattern string) *process {
	p := s.process(ts, name)
	if p.person == nil {
		ts.Fatalf("%s has no terminal", name)
	}
	question := regexp.MustCompile(pattern)
	_, err := p.out.awaitAfter(&p.answered, question, p.done)
	ts.Check(err)
	return p
}

// changeTerminal reads the settings of a terminal, of which it can be asked at either end, and writes those that are changed.
func changeTerminal(f *os.File, change func(*syscall.Termios)) error {
	var t syscall.Termios
	if _, _, failed := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), syscall.TCGETS, uintptr(unsafe.Pointer(&t))); failed != 0 {
		return failed
	}
	was := t
	if change(&t); t == was {
		return nil
	}
	if _, _, failed := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), syscall.TCSETS, uintptr(unsafe.Pointer(&t))); failed != 0 {
		return failed
	}
	return nil
}
