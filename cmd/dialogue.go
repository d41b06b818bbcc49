package cmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/term"
)

// dialogue asks a person questions, one a line, on a terminal or on whatever stands for one.
type dialogue struct {
	out   io.Writer
	style style
	lines *bufio.Reader
	// secret reads a line that is not shown; nil where lines aren't shown anyway.
	secret func(context.Context) (string, error)
}

// errBack says that the person wants to go back to the question before.
var errBack = errors.New("back to the question before")

// errAnswersEnd says that nobody answers any more.
var errAnswersEnd error = &usageError{"the answers ended before all was asked; nothing was written"}

// back is the answer that leads to the question before.
const back = "<"

// newDialogue asks on a terminal.
func (a *app) newDialogue() *dialogue {
	d := &dialogue{out: a.err, style: a.noteStyle(), lines: bufio.NewReader(a.in)}
	if f, ok := a.in.(*os.File); ok && onTerminal(f) {
		d.secret = func(ctx context.Context) (string, error) { return unseen(ctx, f) }
	}
	return d
}

// unseen reads a line from a terminal that shows nothing meanwhile. A signal leaves the terminal as it was.
func unseen(ctx context.Context, f *os.File) (string, error) {
	before, err := term.GetState(f.Fd())
	if err != nil {
		return "", err
	}
	type answer struct {
		text []byte
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := term.ReadPassword(f.Fd())
		got <- answer{text, err}
	}()
	select {
	case one := <-got:
		return string(one.text), one.err
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(f.Fd(), before))
	}
}

// say tells something in lines of the least screen.
func (d *dialogue) say(format string, args ...any) { d.sayIn("", fmt.Sprintf(format, args...)) }

// sayIn tells something in a colour, in which code dresses a line.
func (d *dialogue) sayIn(code, text string) {
	for line := range strings.SplitSeq(text, "\n") {
		var b strings.Builder
		wrapped(&b, "", line, screen)
		for one := range strings.Lines(b.String()) {
			_, _ = fmt.Fprintln(d.out, d.style.dress(code, strings.TrimRight(one, "\n")))
		}
	}
}

// line waits for a line, or for the signal that ends the wait.
func (d *dialogue) line(ctx context.Context) (string, error) {
	type answer struct {
		text string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := d.lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			if err = errAnswersEnd; text != "" {
				err = nil
			}
		}
		got <- answer{text, err}
	}()
	select {
	case one := <-got:
		return one.text, one.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// ask gives the answer to a question, or what is usual for an empty one.
func (d *dialogue) ask(ctx context.Context, question, usual string) (string, error) {
	head := d.style.Heading(question)
	if usual != "" {
		head += " [" + usual + "]"
	}
	_, _ = fmt.Fprint(d.out, head+": ")
	text, err := d.line(ctx)
	switch text = strings.TrimSpace(plainLine(text)); {
	case err != nil:
		_, _ = fmt.Fprintln(d.out)
		return "", err
	case text == back:
		return "", errBack
	case text == "":
		return usual, nil
	default:
		return text, nil
	}
}

// need asks until there is an answer.
func (d *dialogue) need(ctx context.Context, question, usual string) (string, error) {
	for {
		text, err := d.ask(ctx, question, usual)
		if err != nil || text != "" {
			return text, err
		}
		d.say("There must be an answer.")
	}
}

// needSecret asks for what is not shown while it is typed, until there is an answer.
func (d *dialogue) needSecret(ctx context.Context, question string) (string, error) {
	if d.secret == nil {
		return d.need(ctx, question, "")
	}
	for {
		_, _ = fmt.Fprint(d.out, d.style.Heading(question)+" (not shown): ")
		text, err := d.secret(ctx)
		_, _ = fmt.Fprintln(d.out)
		switch text = strings.TrimSpace(text); {
		case errors.Is(err, io.EOF):
			return "", errAnswersEnd
		case err != nil:
			return "", err
		case text == back:
			return "", errBack
		case text != "":
			return text, nil
		}
		d.say("There must be an answer.")
	}
}

// choose asks for one of several, by number or name.
func (d *dialogue) choose(ctx context.Context, question string, known []string) (string, error) {
	d.list(known)
	for {
		text, err := d.need(ctx, question+", number or name", known[0])
		if err != nil {
			return "", err
		}
		all, unknown := chosenOf(text, known)
		if len(unknown) == 0 && len(all) == 1 {
			return all[0], nil
		}
		d.say("There is none of them.")
	}
}

// chooseSome asks for any number of them, by numbers or names with commas between them; none means all.
func (d *dialogue) chooseSome(ctx context.Context, question string, known []string) ([]string, error) {
	d.list(known)
	for {
		text, err := d.ask(ctx, question+", numbers or names with commas", "all")
		if err != nil || text == "all" {
			return nil, err
		}
		all, unknown := chosenOf(text, known)
		if len(unknown) == 0 {
			return all, nil
		}
		d.say("There is no %s.", strings.Join(unknown, ", "))
	}
}

func (d *dialogue) list(known []string) {
	for i, name := range known {
		_, _ = fmt.Fprintf(d.out, "  %2d  %s\n", i+1, plainLine(name))
	}
}

// chosenOf finds what is named, by number or name. A name may hold commas.
func chosenOf(text string, known []string) (all, unknown []string) {
	find := func(word string) (string, bool) {
		for _, name := range known {
			if name == word {
				return name, true
			}
		}
		if n, err := strconv.Atoi(word); err == nil && n >= 1 && n <= len(known) {
			return known[n-1], true
		}
		return "", false
	}
	if one, ok := find(text); ok {
		return []string{one}, nil
	}
	for _, word := range strings.Split(text, ",") {
		word = strings.TrimSpace(word)
		switch one, ok := find(word); {
		case ok:
			all = append(all, one)
		case word != "":
			unknown = append(unknown, strconv.Quote(word))
		}
	}
	return all, unknown
}
