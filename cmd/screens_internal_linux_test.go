package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/odoo-connector/connector/jobs"
	live "github.com/odoo-connector/connector/screen"
	"github.com/odoo-connector/connector/state"
)

//go:generate go test -count=1 -run ^(TestScreens|TestRecording)$ . -update-docs

const screenFolder = "../docs/screens"

// OpenTerminal gives both ends of a terminal of 80 columns and 24 rows: the one that a person looks at, and the program's. The tests of
// the program as a process use it, too.
func OpenTerminal(t testing.TB) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("there is no terminal to be had: %v", err)
	}
	var locked, number int32
	size := [4]uint16{24, screen}
	for request, value := range map[uintptr]unsafe.Pointer{syscall.TIOCSPTLCK: unsafe.Pointer(&locked), syscall.TIOCGPTN: unsafe.Pointer(&number)} {
		if _, _, failed := syscall.Syscall(syscall.SYS_IOCTL, person.Fd(), request, uintptr(value)); failed != 0 {
			t.Skipf("there is no terminal to be had: %v", failed)
		}
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there is no terminal to be had: %v", err)
	}
	if _, _, failed := syscall.Syscall(syscall.SYS_IOCTL, program.Fd(), syscall.TIOCSWINSZ, uintptr(unsafe.Pointer(&size))); failed != 0 {
		t.Fatal(failed)
	}
	return person, program
}

// onScreen runs a command on a terminal and gives what a person sees, both streams in one.
func (d *desk) onScreen(t *testing.T, args ...string) string {
	t.Helper()
	person, program := OpenTerminal(t)
	var seen bytes.Buffer
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(&seen, person) // it ends with an error when the other end is closed
	}()
	a := newApp()
	a.out, a.err, a.clock = program, program, d
	a.run(append([]string{"--no-progress"}, args...))
	if err := program.Close(); err != nil {
		t.Error(err)
	}
	<-read
	_ = person.Close()
	return d.fixed(strings.ReplaceAll(seen.String(), "\r\n", "\n"))
}

// What differs from run to run and from machine to machine.
var (
	uuids = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	ports = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	disks = regexp.MustCompile(`[0-9.]+ [kMGT]?B are free`)
)

// fixed puts the same in the place of what differs.
func (d *desk) fixed(text string) string {
	text = uuids.ReplaceAllString(text, "019caf13-ee88-7392-b996-07a8ffbe0a02")
	text = ports.ReplaceAllString(text, "127.0.0.1:8070")
	text = disks.ReplaceAllString(text, "42.0 GB are free")
	return strings.ReplaceAll(text, d.dir, "/srv/connector")
}

// picture is a screen of commands and what they printed.
type picture struct {
	title string
	rows  []string
}

// mostRows is how much of a long screen is shown.
const mostRows = 46

// typed adds a command and what it printed.
func (p *picture) typed(line, printed string) {
	rows := strings.Split(strings.TrimRight(printed, "\n"), "\n")
	if over := len(rows) - mostRows; over > 0 {
		rows = append(rows[:mostRows:mostRows], fmt.Sprintf("\x1b[2m… %d more lines\x1b[0m", over))
	}
	if len(p.rows) > 0 {
		p.rows = append(p.rows, "")
	}
	p.rows = append(p.rows, "\x1b[2m$\x1b[0m \x1b[1m"+line+"\x1b[0m")
	for _, row := range rows {
		p.rows = append(p.rows, brokenRow(row)...)
	}
}

// brokenRow breaks a row as a terminal does, where its last column is.
func brokenRow(row string) (rows []string) {
	for widthOf(row) > screen && undressed(row) == row {
		at, taken := 0, 0
		for i, r := range row {
			if taken += runeWidth(r); taken > screen {
				break
			}
			at = i + len(string(r))
		}
		rows, row = append(rows, row[:at]), row[at:]
	}
	return append(rows, row)
}

// The measures of a screen in the units of the picture.
const (
	cellWidth, cellHeight = 8.4, 19
	edge                  = 16
)

// svg draws the screen; each stretch of text has its columns, whatever font is there.
func (p *picture) svg() string {
	var b strings.Builder
	openPicture(&b, p.title, "", len(p.rows))
	for n, row := range p.rows {
		drawRow(&b, row, top+baseline(n))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// top is where the rows of a screen begin.
const top = edge + 24

// baseline is where the letters of a row stand, below the first row's top.
func baseline(row int) int { return row*cellHeight + cellHeight - 5 }

// openPicture begins a picture: a window of so many rows with its title, and rules of style more than those of all.
func openPicture(b *strings.Builder, title, rules string, rows int) {
	wide, high := int(cellWidth*screen)+2*edge, rows*cellHeight+edge+top
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s" xml:space="preserve">
<style>
text{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;font-size:14px;fill:#d4d7de;white-space:pre}
.b{font-weight:700;fill:#fff}.f{fill:#8b93a5}.r{fill:#ff7b72}.g{fill:#7ee787}.y{fill:#e3b341}.t{font-size:12px;fill:#8b93a5}
%s</style>
<rect width="%d" height="%d" rx="8" fill="#161b22"/>
<circle cx="20" cy="18" r="5" fill="#ff7b72"/><circle cx="38" cy="18" r="5" fill="#e3b341"/><circle cx="56" cy="18" r="5" fill="#7ee787"/>
<text x="%d" y="22" text-anchor="middle" class="t">%s</text>
`, wide, high, escaped(title), rules, wide, high, wide/2, escaped(title))
}

var dressed = regexp.MustCompile("\x1b\\[([0-9;]*)m")

// drawRow draws the stretches of one row.
func drawRow(b *strings.Builder, row string, y int) {
	class, column, at := "", 0, 0
	stretch := func(text string) {
		if n := widthOf(text); strings.TrimSpace(text) != "" {
			fmt.Fprintf(b, `<text x="%.1f" y="%d" textLength="%.1f"%s>%s</text>`+"\n", edge+float64(column)*cellWidth, y, float64(n)*cellWidth, class, escaped(text))
		}
		column += widthOf(text)
	}
	for _, m := range dressed.FindAllStringSubmatchIndex(row, -1) {
		stretch(row[at:m[0]])
		at = m[1]
		class = ""
		names := map[string]string{bold: "b", faint: "f", red: "r", green: "g", yellow: "y"}
		for code := range strings.SplitSeq(row[m[2]:m[3]], ";") {
			if name := names[code]; name != "" {
				class = ` class="` + name + `"`
			}
		}
	}
	stretch(row[at:])
}

func escaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(text)
}

// broken is a configuration with mistakes.
const broken = `odoo:
  - {name: main, url: https://odoo.example.com, user: bot@example.com}
backends:
  - name: trello
    kind: trelo
    odoo: mian
    models:
      - name: trello.card
        direction: both ways
`

// setTerminal sets what a terminal with colours sets.
func setTerminal(t *testing.T) {
	t.Setenv("TZ", "UTC")
	t.Setenv("TERM", "xterm-256color")
	t.Setenv("NO_COLOR", "")
	t.Setenv("CONNECTOR_CONFIG", "")
}

// TestScreens draws the pictures of docs/screens, each from a run of the commands on a terminal with a clock that stands still.
func TestScreens(t *testing.T) {
	setTerminal(t)
	pages, err := filepath.Abs(screenFolder)
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, sandboxed+"schedule: [{name: often, run: sync, every: 15m}]\n")
	t.Chdir(d.dir)
	waiting := newDesk(t, sandboxed)
	waiting.must("poll")
	watched := &picture{"connector jobs watch", waiting.liveScreen(t)}
	waiting.keep(t, filepath.Join(pages, "jobs-watch.svg"), watched.svg(), watched.rows)
	shot := func(name, title string, lines ...string) {
		p := &picture{title: title}
		for _, line := range lines {
			args, err := shellWords(line)
			if err != nil {
				t.Fatal(err)
			}
			p.typed(line, d.onScreen(t, args[1:]...))
		}
		d.keep(t, filepath.Join(pages, name+".svg"), p.svg(), p.rows)
	}
	shot("dry-run", "What a first sync would do", "connector sync trello --dry-run")
	shot("sync", "The first sync, and one with nothing to do", "connector sync trello", "connector sync trello")
	d.now = d.now.Add(4 * time.Minute)
	shot("status", "How it is doing", "connector status")
	shot("jobs-list", "The latest jobs", "connector jobs list --limit 20")
	d.renameWorkers(t)
	shot("jobs-show", "One job", "connector jobs show 1")
	shot("review", "What waits for a person", "connector review list", "connector review show 1")
	shot("error", "An error, and what its code means", "connector sync m2", "connector explain CON-USAGE-NAME")
	d.write("broken.yaml", broken)
	d.now = time.Now() // the demo's servers tell the true time, and doctor compares
	shot("doctor", "What stands in the way", "connector doctor")
	shot("config-validate", "A configuration with mistakes", "connector config validate --config broken.yaml")
}

// keep writes a picture of these rows, or compares it with the one that is there.
func (d *desk) keep(t *testing.T, path, text string, rows []string) {
	t.Helper()
	if *updateDocs {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("Ensure "+filepath.Base(path)+" shows what the commands print, in 80 columns", func(t *testing.T) {
		for _, row := range rows {
			if widthOf(row) > screen {
				t.Errorf("%d columns: %q", widthOf(row), undressed(row))
			}
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("it is out of date; run `go generate ./cmd` (%v). It would be of\n%s", err, undressed(strings.Join(rows, "\n")))
		}
	})
}

// renameWorkers makes the jobs those of one process, whatever machine this is.
func (d *desk) renameWorkers(t *testing.T) {
	t.Helper()
	db, err := state.Open(t.Context(), d.path("state.db"), state.Options{Clock: d})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(tx *state.Tx) error {
		for _, change := range []string{"UPDATE job SET worker = 'server:4711' WHERE worker <> ''", "UPDATE job_attempt SET worker = 'server:4711' WHERE worker <> ''"} {
			if _, err := tx.ExecContext(t.Context(), change); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// liveScreen is what `jobs watch` shows first.
func (d *desk) liveScreen(t *testing.T) []string {
	t.Helper()
	db, err := state.Open(t.Context(), d.path("state.db"), state.Options{Clock: d})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	m := live.NewModel(t.Context(), live.NewDesk(db, jobs.New(db), nil), "state.db", time.Second)
	if look := m.Init(); look != nil {
		m.Update(look())
	}
	return m.Lines()
}
