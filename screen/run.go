package screen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Run shows the screen on a terminal until q is pressed or ctx ends.
func Run(ctx context.Context, m *Model, in io.Reader, out io.Writer) error {
	_, err := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithoutSignalHandler()).Run()
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Plain writes a line of numbers every interval until ctx ends, for what is no terminal or a dumb one; only one where once is true.
func Plain(ctx context.Context, d *Desk, out io.Writer, interval time.Duration, once bool) error {
	for {
		p, err := d.Look(ctx, Channels, Filter{})
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, summary(p)); err != nil || once {
			return err
		}
		if err := d.db.Clock().Sleep(ctx, interval); err != nil {
			return err
		}
	}
}

// summary is a picture in one line.
func summary(p Picture) string {
	parts := []string{p.At.Local().Format(time.DateTime)}
	for _, one := range []struct{ name, state string }{
		{"running", "started"}, {"pending", "pending"}, {"delayed", "delayed"}, {"blocked", "wait_dependencies"}, {"failed", "failed"},
	} {
		parts = append(parts, fmt.Sprintf("%s %d", one.name, p.Counts[one.state]))
	}
	if p.Over >= time.Second {
		parts = append(parts, fmt.Sprintf("%.1f done/min", p.Done), fmt.Sprintf("%.1f failed/min", p.Failed))
	}
	for _, l := range p.Loads {
		if l.Slots > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", l.Name, l.Slots))
		}
	}
	for _, pause := range p.Pauses {
		parts = append(parts, plain(pause.String()))
	}
	return strings.Join(parts, "  ")
}
