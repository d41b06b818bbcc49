package screen

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Model is what is seen, and what keys do to it. It is a model of bubbletea.
type Model struct {
	ask     func(func(context.Context) tea.Msg) tea.Cmd // does something beside the screen
	wait    func(after int) tea.Cmd                     // until the next look
	desk    *Desk
	title   string
	width   int
	height  int
	tab     Tab
	at      [tabs]int // the selected row of each tab
	picture Picture
	filter  Filter
	typing  bool   // a filter is being typed
	typed   string // so far
	page    string // its text; "": it is being read
	pageOf  int64  // the job of the page that is looked at; 0: a list is
	scroll  int
	asked   Action // what waits for a yes
	said    string // what the last key came to
	trouble string // why the last look failed
	looks   int    // number of the last look that was begun
}

// The messages of what happened beside the screen.
type (
	tickMsg   struct{ after int } // a look of this number
	lookedMsg struct {
		number  int
		tab     Tab
		picture Picture
		err     error
	}
	pageMsg struct {
		id   int64
		text string
		err  error
	}
	didMsg struct {
		said string
		err  error
	}
)

// NewModel gives the screen of a desk, which looks again every interval. What it asks for ends with ctx.
func NewModel(ctx context.Context, d *Desk, title string, interval time.Duration) *Model {
	return &Model{desk: d, title: title, width: 80, height: 24,
		ask: func(do func(context.Context) tea.Msg) tea.Cmd { return func() tea.Msg { return do(ctx) } },
		wait: func(after int) tea.Cmd {
			return tea.Tick(interval, func(time.Time) tea.Msg { return tickMsg{after} })
		}}
}

// Init looks for the first time.
func (m *Model) Init() tea.Cmd { return m.look() }

// look asks for a picture. One that comes after the tab has changed is thrown away.
func (m *Model) look() tea.Cmd {
	m.looks++
	number, tab, filter := m.looks, m.tab, m.filter
	return m.ask(func(ctx context.Context) tea.Msg {
		p, err := m.desk.Look(ctx, tab, filter)
		return lookedMsg{number, tab, p, err}
	})
}

// Update takes a message.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := m.take(msg)
	return m, cmd
}

func (m *Model) take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tickMsg:
		if msg.after == m.looks { // otherwise a key has looked meanwhile, and that look has a tick of its own
			return m.refresh()
		}
	case lookedMsg:
		return m.looked(msg)
	case pageMsg:
		m.showPage(msg)
	case didMsg:
		if m.said = msg.said; msg.err != nil {
			m.said = msg.err.Error()
		}
		return m.refresh()
	case tea.KeyPressMsg:
		return m.key(msg.String(), msg.Text)
	}
	return nil
}

// refresh looks again, at the page of the job, too, where there is one.
func (m *Model) refresh() tea.Cmd {
	if m.pageOf > 0 {
		return tea.Batch(m.look(), m.openPage(m.pageOf))
	}
	return m.look()
}

func (m *Model) looked(msg lookedMsg) tea.Cmd {
	if msg.number != m.looks {
		return nil // another look is on its way
	}
	m.trouble = ""
	if msg.err != nil {
		m.trouble = msg.err.Error()
		return m.wait(msg.number)
	}
	m.picture = msg.picture
	m.clamp()
	return m.wait(msg.number)
}

// clamp keeps the selection on a row.
func (m *Model) clamp() { m.at[m.tab] = max(0, min(m.at[m.tab], m.rows()-1)) }

func (m *Model) rows() int {
	if m.tab == Channels {
		return len(m.picture.Loads)
	}
	return len(m.picture.Rows)
}

func (m *Model) openPage(id int64) tea.Cmd {
	return m.ask(func(ctx context.Context) tea.Msg {
		text, err := m.desk.Show(ctx, id)
		return pageMsg{id, text, err}
	})
}

func (m *Model) showPage(msg pageMsg) {
	if msg.id != m.pageOf {
		return // it was closed meanwhile
	}
	if msg.err != nil {
		m.said, m.pageOf = msg.err.Error(), 0
		return
	}
	m.page = strings.TrimRight(msg.text, "\n")
}

// key does what a key is there for.
func (m *Model) key(name, text string) tea.Cmd {
	switch {
	case name == "ctrl+c":
		return tea.Quit
	case m.typing:
		return m.typeFilter(name, text)
	case m.asked.Verb != "":
		return m.answer(name)
	}
	m.said = ""
	if cmd, known := m.move(name); known {
		return cmd
	}
	switch name {
	case "q":
		return tea.Quit
	case "esc":
		m.pageOf, m.page = 0, ""
		return nil
	case "enter":
		return m.enter()
	case "/":
		m.typing, m.typed = m.pageOf == 0, m.filter.text
	case "r", "c", "d", "p":
		return m.act(map[string]string{"r": "retry", "c": "cancel", "d": "done", "p": "pause"}[name])
	}
	return nil
}

// move goes to another row, tab or line.
func (m *Model) move(name string) (tea.Cmd, bool) {
	by := map[string]int{"up": -1, "k": -1, "down": 1, "j": 1, "pgup": -m.listHeight(), "pgdown": m.listHeight(), "home": -1 << 20, "end": 1 << 20}[name]
	if by != 0 {
		if m.pageOf > 0 {
			m.scroll = max(0, min(m.scroll+by, len(m.wrapped())-m.pageHeight()))
			return nil, true
		}
		m.at[m.tab] += by
		m.clamp()
		return nil, true
	}
	var to Tab
	switch name {
	case "left", "shift+tab", "h":
		to = (m.tab + tabs - 1) % tabs
	case "right", "tab", "l":
		to = (m.tab + 1) % tabs
	case "1", "2", "3", "4":
		to = Tab(name[0] - '1')
	default:
		return nil, false
	}
	if m.pageOf > 0 || to == m.tab {
		return nil, true
	}
	m.tab, m.picture.Rows = to, nil
	return m.look(), true
}

// enter opens the page of the selected job.
func (m *Model) enter() tea.Cmd {
	id := m.selected()
	if id == 0 || m.pageOf > 0 {
		return nil
	}
	m.pageOf, m.page, m.scroll = id, "", 0
	return m.openPage(id)
}

// selected is the job of the page, or of the selected row; 0: none.
func (m *Model) selected() int64 {
	switch {
	case m.pageOf > 0:
		return m.pageOf
	case m.tab == Channels || len(m.picture.Rows) == 0:
		return 0
	}
	return m.picture.Rows[m.at[m.tab]].ID
}

// channel is the selected one, or that of the selected job; "": none.
func (m *Model) channel() string {
	switch {
	case m.tab == Channels && len(m.picture.Loads) > 0:
		return m.picture.Loads[m.at[m.tab]].Name
	case m.tab != Channels && len(m.picture.Rows) > 0:
		return m.picture.Rows[m.at[m.tab]].Channel
	}
	return ""
}

// act does something at once, or asks first where it cannot be undone or means more than the row.
func (m *Model) act(verb string) tea.Cmd {
	a := Action{Verb: verb, ID: m.selected(), Channel: m.channel()}
	switch {
	case verb == "pause" && (a.Channel == "" || m.pageOf > 0):
		return nil
	case verb == "pause" && m.tab == Channels, verb == "retry" && a.ID > 0:
		return m.do(a)
	case verb != "pause" && a.ID == 0:
		return nil
	}
	m.asked = a
	return nil
}

func (m *Model) answer(name string) tea.Cmd {
	a := m.asked
	m.asked = Action{}
	if name != "y" && name != "Y" {
		m.said = "nothing was done"
		return nil
	}
	return m.do(a)
}

func (m *Model) do(a Action) tea.Cmd {
	return m.ask(func(ctx context.Context) tea.Msg {
		said, err := m.desk.Do(ctx, a)
		return didMsg{said, err}
	})
}

// question is what waits for a yes.
func (a Action) question() string {
	switch a.Verb {
	case "cancel":
		return fmt.Sprintf("Cancel job %d and all that wait for it? y/n", a.ID)
	case "done":
		return fmt.Sprintf("Let job %d count as done, without running it? y/n", a.ID)
	default:
		return fmt.Sprintf("Pause or resume channel %s? y/n", a.Channel)
	}
}

// typeFilter takes a key while a filter is typed.
func (m *Model) typeFilter(name, text string) tea.Cmd {
	switch name {
	case "esc":
		m.typing = false
	case "enter":
		f, problem := ParseFilter(m.typed)
		if problem != "" {
			m.said = problem
			return nil
		}
		m.typing, m.filter, m.said = false, f, ""
		return m.look()
	case "backspace":
		if r := []rune(m.typed); len(r) > 0 {
			m.typed = string(r[:len(r)-1])
		}
	case "ctrl+u":
		m.typed = ""
	default:
		m.typed += strings.Map(printable, text)
	}
	return nil
}
