package cmd_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/odoo-connector/connector/state/statetest"
)

// TestScripts runs the command line as a person or a cron job does: testdata/script holds what is typed and what must follow. Beside
// testscript's own commands there are:
//
//	exits CODE PROGRAM [ARG…]     runs a program, which must end with the code, or with one of several: 0|3
//	within DURATION               the last program took no longer, on an idle machine: see slack
//	until RE PROGRAM [ARG…]       runs a program again and again until it writes something like that to stdout
//	start NAME PROGRAM [ARG…]     starts a program in the background
//	await NAME stdout|stderr RE   waits until it wrote something like that
//	signal NAME INT|TERM|KILL     sends it a signal
//	terminal NAME PROGRAM [ARG…]  starts a program on a terminal; what is seen there is its stdout
//	answer NAME RE TEXT           waits until something like that is seen after the answer before, and types a text with escapes
//	unseen NAME RE SECRET         the same, once the terminal shows nothing of what is typed; a new line follows the secret
//	ends NAME CODE [DURATION]     waits for its end, no longer than the duration after the signal, on an idle machine
//	serve NAME [ARG…]             starts `sandbox serve` and sets $NAME_odoo_url, $NAME_odoo_address, $NAME_trello_key …
//	fake NAME KIND                serves a fake of this process and sets $NAME and $NAME_elsewhere, two addresses of it,
//	                              and $NAME_address, its host and port
//	asked NAME                    waits until the fake was sent a request
//	hold NAME RE                  lets it keep the next request back whose "METHOD PATH", new line, body is like that
//	held NAME                     waits until it keeps that back
//	release NAME                  lets it go on, also when nobody waits for the answer any more
//	send METHOD URL               sends a request to a fake Trello, which must be answered well: for what a person changes there
//	supervise                     sets NOTIFY_SOCKET and WATCHDOG_USEC, as systemd does
//	told LINE                     waits until systemd is told that
//	copy NAME UUID                replaces a fake Odoo by a copy of it with another database.uuid
//	report BACKEND…               stdout is a JSON report of each of these backends, and nothing else
//	counts BACKEND MODEL [N=V…]   what the report counts; what is not named is 0
//	take NAME RE                  sets $NAME to the part in parentheses of what is like that in stdout
//	mode PERM FILE                a file's permissions
//	expand FROM TO                writes a file with the variables of the script in it
//	closedpipe CODE PROGRAM [ARG…] runs a program whose output nobody reads
//	sql FILE STATEMENT            changes an SQLite file
//	postgres NAME [alone]         makes an empty place in a PostgreSQL and sets $NAME to its URL, $NAME_host to
//	                              the directory of its socket
//	kill-postgres NAME            ends the server of a place that has one alone, as a crash does
//	run-sql URL STATEMENT         changes a state in PostgreSQL, which it makes where there is none
//	occupy FILE                   holds the lock of an SQLite file, as another program may
//	printf FILE TEXT              writes a text with escapes, as \xef, to a file
//	damage FILE                   overwrites all but the first page of a file
//	tmpfs DIR SIZE                mounts a small file system there; grow DIR SIZE and remount DIR ro change it
//	fill DIR                      takes all space that is left there
//
// In no script may a secret come out: see hiddenMarkers.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true, Setup: setUp,
		Condition: func(name string) (bool, error) {
			switch name {
			case "mounts":
				return canMount(), nil
			case "terminals":
				return canOpenTerminal(), nil
			case "root":
				return os.Geteuid() == 0, nil
			case "postgres":
				return statetest.Available(), nil
			default:
				return false, fmt.Errorf("there is no condition %q", name)
			}
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "within": within, "until": until, "start": startCommand, "await": await, "signal": sendSignal, "ends": ends,
			"serve": serve, "fake": fakeCommand, "asked": asked, "copy": copyOdoo, "report": checkReport, "counts": checkCounts,
			"mode": mode, "expand": expand, "tmpfs": tmpfs, "fill": fill, "remount": remount, "closedpipe": closedPipe,
			"sql": runSQL, "printf": printf, "damage": damage, "grow": grow, "postgres": postgres, "run-sql": runPostgres,
			"kill-postgres": killPostgres, "terminal": startOnTerminal, "answer": answer, "unseen": answerUnseen,
			"send": sendRequest, "supervise": supervise, "told": toldCommand, "occupy": occupy, "hold": hold, "take": take, "held": held, "release": release,
		},
	})
}

// The secrets of all scripts. They are told to the program in every way that it knows, and no run may show one or write it down.
const (
	passwordMarker = "marker-Pass<w&rd-71c2"
	keyMarker      = "marker-key-5e9a03"
	tokenMarker    = "marker-token-d41f88"
)

// markers are all forms in which a secret may be written.
func markers() []string {
	escaped := strings.NewReplacer("<", "&lt;", "&", "&amp;").Replace(passwordMarker)
	return []string{passwordMarker, escaped, `marker-Pass\u003cw\u0026rd-71c2`, "marker-Pass%3Cw%26rd-71c2", keyMarker, tokenMarker}
}

// script is what the commands of one script share.
type script struct {
	t         testing.TB
	said      bytes.Buffer // all that the programs wrote
	took      time.Duration
	processes map[string]*process
	signalled map[string]time.Time
	fakes     map[string]*fake
	mounted   []string
	servers   map[string]*statetest.Server
	told      func() []string // what systemd was told since it was last asked for
	heard     []string        // all that it was told
}

func scriptOf(ts *testscript.TestScript) *script {
	s, ok := ts.Value(scriptKey{}).(*script)
	if !ok {
		ts.Fatalf("the script was not set up")
	}
	return s
}

// scriptKey is where a script's values have it.
type scriptKey struct{}

func setUp(env *testscript.Env) error {
	s := &script{processes: map[string]*process{}, signalled: map[string]time.Time{}, fakes: map[string]*fake{}, servers: map[string]*statetest.Server{}}
	env.Values[scriptKey{}] = s
	example, err := filepath.Abs(exampleFile)
	if err != nil {
		return err
	}
	env.Setenv("example", example)
	env.Setenv("PATH", os.Getenv("PATH")) // with the program first, see withDatabases
	env.Setenv("GOCOVERDIR", os.Getenv("GOCOVERDIR"))
	env.Setenv("CONNECTOR_NO_PROGRESS", "true") // a line every ten seconds would depend on the machine's speed
	env.Setenv("CONNECTOR_ODOO_PASSWORD", passwordMarker)
	env.Setenv("TRELLO_KEY", keyMarker)
	env.Setenv("TRELLO_TOKEN", tokenMarker)
	env.Setenv("password", passwordMarker)
	env.Setenv("key", keyMarker)
	env.Setenv("token", tokenMarker)
	for _, name := range []string{"odoo.secret", "key.secret", "token.secret"} {
		text := map[string]string{"odoo.secret": passwordMarker, "key.secret": keyMarker, "token.secret": tokenMarker}[name]
		if err := os.WriteFile(filepath.Join(env.WorkDir, name), []byte(text+"\n"), 0o600); err != nil {
			return err
		}
	}
	t, _ := env.T().(testing.TB)
	s.t = t
	env.Defer(func() { s.end(t, env.WorkDir) })
	return nil
}

// end stops what still runs and looks for secrets in all that was written.
func (s *script) end(t testing.TB, dir string) {
	t.Helper()
	for _, name := range sorted(s.processes) {
		s.processes[name].kill()
		s.hear(s.processes[name].out.String(), s.processes[name].err.String())
	}
	for _, name := range sorted(s.fakes) {
		s.fakes[name].open()
		s.fakes[name].server.Close()
	}
	hiddenMarkers(t, "what was printed", s.said.Bytes())
	hiddenMarkersIn(t, dir)
	for _, mounted := range s.mounted {
		unmount(t, mounted)
	}
}

func (s *script) hear(texts ...string) {
	for _, text := range texts {
		s.said.WriteString(text)
	}
}

func hiddenMarkers(t testing.TB, where string, text []byte) {
	t.Helper()
	for _, marker := range markers() {
		if at := bytes.Index(text, []byte(marker)); at >= 0 {
			t.Errorf("a secret is in %s: …%s…", where, text[max(0, at-60):min(len(text), at+60)])
		}
	}
}

// hiddenMarkersIn looks into every file of the script but those that it keeps its secrets in.
func hiddenMarkersIn(t testing.TB, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || slices.Contains([]string{".in", ".yaml", ".secret"}, filepath.Ext(path)) {
			return err
		}
		text, err := os.ReadFile(path)
		hiddenMarkers(t, path, text)
		return err
	})
	if err != nil {
		t.Errorf("the files of the script could not be searched: %v", err)
	}
}

func sorted[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func need(ts *testscript.TestScript, neg bool, args []string, n int, usage string) {
	if neg || len(args) < n {
		ts.Fatalf("usage: %s", usage)
	}
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "exits CODE PROGRAM [ARG…]")
	s, began := scriptOf(ts), time.Now()
	err := ts.Exec(args[1], args[2:]...)
	s.took = time.Since(began)
	s.hear(ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	code, err := exitCode(err)
	ts.Check(err)
	checkCode(ts, args[0], code)
}

func checkCode(ts *testscript.TestScript, want string, code int) {
	if !slices.Contains(strings.Split(want, "|"), strconv.Itoa(code)) {
		ts.Fatalf("it ended with %d, want %s", code, want)
	}
}

func printf(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "printf FILE TEXT")
	text, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func within(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "within DURATION")
	limit, err := time.ParseDuration(args[0])
	ts.Check(err)
	if took := scriptOf(ts).took; took > slack*limit {
		ts.Fatalf("it took %s, much more than %s", took, limit)
	}
}

// slack is how many times longer than on an idle machine something may take: what a script bounds would otherwise take as long as
// an unanswered request, 30 s and more.
const slack = 4

func until(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "until RE PROGRAM [ARG…]")
	pattern := regexp.MustCompile(args[0])
	for began := time.Now(); ; {
		ts.Check(ts.Exec(args[1], args[2:]...))
		text := ts.ReadFile("stdout")
		scriptOf(ts).hear(text, ts.ReadFile("stderr"))
		if pattern.MatchString(text) {
			return
		}
		if time.Since(began) > patience {
			ts.Fatalf("%q never wrote anything like %s", args[1:], pattern)
		}
	}
}

func startCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "start NAME PROGRAM [ARG…]")
	begin(ts, args[0], args[1:])
}

// begin starts a program in the script's folder and with its environment.
func begin(ts *testscript.TestScript, name string, args []string) *process {
	c := exec.Command(args[0], args[1:]...)
	c.Dir, c.Env = ts.MkAbs("."), environment(ts)
	p, err := start(c)
	ts.Check(err)
	scriptOf(ts).begun(name, p)
	return p
}

// begun keeps a process under its name.
func (s *script) begun(name string, p *process) {
	if was := s.processes[name]; was != nil {
		s.hear(was.out.String(), was.err.String())
	}
	s.processes[name] = p
}

// environment is the script's, as far as the program looks at it.
func environment(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{
		"PATH", "HOME", "TMPDIR", "GOCOVERDIR", "GORACE", "CONNECTOR_ODOO_PASSWORD", "TRELLO_KEY", "TRELLO_TOKEN",
		"CONNECTOR_CONFIG", "CONNECTOR_OUTPUT", "CONNECTOR_WAIT", "TERM", "NO_COLOR", "NOTIFY_SOCKET", "WATCHDOG_USEC", "CREDENTIALS_DIRECTORY",
	} {
		if value := ts.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

func (s *script) process(ts *testscript.TestScript, name string) *process {
	p := s.processes[name]
	if p == nil {
		ts.Fatalf("nothing was started as %s", name)
	}
	return p
}

func await(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, "await NAME stdout|stderr RE")
	p := scriptOf(ts).process(ts, args[0])
	from := map[string]*stream{"stdout": p.out, "stderr": p.err}[args[1]]
	_, err := from.await(regexp.MustCompile(args[2]), p.done)
	ts.Check(err)
}

func sendSignal(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "signal NAME INT|TERM|KILL")
	s := scriptOf(ts)
	number, ok := map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}[args[1]]
	if !ok {
		ts.Fatalf("there is no signal %s", args[1])
	}
	s.signalled[args[0]] = time.Now()
	ts.Check(s.process(ts, args[0]).signal(number))
}

func ends(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "ends NAME CODE [DURATION]")
	s := scriptOf(ts)
	p := s.process(ts, args[0])
	code, err := p.wait()
	ts.Check(err)
	_, _ = fmt.Fprint(ts.Stdout(), p.out)
	_, _ = fmt.Fprint(ts.Stderr(), p.err)
	checkCode(ts, args[1], code)
	if len(args) > 2 {
		limit, err := time.ParseDuration(args[2])
		ts.Check(err)
		if took := p.ended.Sub(s.signalled[args[0]]); took > slack*limit {
			ts.Fatalf("it ended %s after the signal, want about %s at most", took, limit)
		}
	}
}

// served is the first line of `sandbox serve --output json`, word for word.
type served struct {
	Odoo *struct {
		URL      string `json:"url"`
		Database string `json:"database"`
		Username string `json:"username"`
		Password string `json:"password"`
	} `json:"odoo,omitempty"`
	Trello *struct {
		URL   string `json:"url"`
		Key   string `json:"key"`
		Token string `json:"token"`
	} `json:"trello,omitempty"`
}

var bareOrigin = regexp.MustCompile(`^http://127\.0\.0\.1:\d+$`)

// readServed reads that line; nothing may be missing in it and nothing be beside what is agreed.
func readServed(line string) (s served, err error) {
	var all map[string]map[string]string
	decoder := json.NewDecoder(strings.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return s, fmt.Errorf("the first line %q: %w", line, err)
	}
	if err := json.Unmarshal([]byte(line), &all); err != nil {
		return s, fmt.Errorf("the first line %q: %w", line, err)
	}
	for side, keys := range map[string][]string{"odoo": {"database", "password", "url", "username"}, "trello": {"key", "token", "url"}} {
		values, there := all[side]
		if there && !slices.Equal(sorted(values), keys) {
			return s, fmt.Errorf("the first line %q: %s has not the keys %q", line, side, keys)
		}
		if there && !bareOrigin.MatchString(values["url"]) {
			return s, fmt.Errorf("the first line %q: the url of %s is not a bare origin", line, side)
		}
	}
	return s, nil
}

func serve(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "serve NAME [ARG…]")
	p := begin(ts, args[0], append([]string{"connector", "--output", "json", "sandbox", "serve"}, args[1:]...))
	line, err := p.out.await(regexp.MustCompile(`(?m)^.*\n`), p.done)
	ts.Check(err)
	_, err = readServed(line)
	ts.Check(err)
	var all map[string]map[string]string
	ts.Check(json.Unmarshal([]byte(line), &all))
	for side, values := range all {
		for key, value := range values {
			ts.Setenv(args[0]+"_"+side+"_"+key, value)
		}
		ts.Setenv(args[0]+"_"+side+"_address", strings.TrimPrefix(values["url"], "http://"))
	}
	_, _ = fmt.Fprint(ts.Stdout(), line)
}

// reportOf is what `--output json sync` prints for a backend, word for word.
type reportOf struct {
	Backend  string `json:"backend"`
	Odoo     string `json:"odoo"`
	Started  string `json:"started"`
	Duration int    `json:"duration_ms"`
	Models   []struct {
		Model     string `json:"model"`
		Odoo      string `json:"odoo"`
		Created   int    `json:"created"`
		Updated   int    `json:"updated"`
		Archived  int    `json:"archived"`
		Moved     int    `json:"moved,omitempty"`
		Deleted   int    `json:"deleted"`
		Unchanged int    `json:"unchanged"`
		Skipped   int    `json:"skipped"`
		Failed    int    `json:"failed"`
	} `json:"models"`
	Jobs struct {
		Enqueued int `json:"enqueued"`
		Done     int `json:"done"`
		Failed   int `json:"failed"`
		Pending  int `json:"pending"`
	} `json:"jobs"`
	Requests struct {
		Odoo    int `json:"odoo"`
		Backend int `json:"backend"`
	} `json:"requests"`
}

// readReports reads one report a line. Written again, each must give the same line: no key is missing, none is left over.
func readReports(text string) ([]reportOf, error) {
	var all []reportOf
	for line := range strings.Lines(text) {
		var r reportOf
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			return nil, fmt.Errorf("%q is no report: %w", line, err)
		}
		again, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		if string(again)+"\n" != line {
			return nil, fmt.Errorf("the report is\n%s, but with the agreed keys it would be\n%s", line, again)
		}
		if _, err := time.Parse(time.RFC3339, r.Started); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func checkReport(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "report BACKEND…")
	reports, err := readReports(ts.ReadFile("stdout"))
	ts.Check(err)
	var names []string
	for _, r := range reports {
		names = append(names, r.Backend)
	}
	if !slices.Equal(names, args) {
		ts.Fatalf("there are reports of %q, want %q", names, args)
	}
}

func checkCounts(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "counts BACKEND MODEL [N=V…]")
	reports, err := readReports(ts.ReadFile("stdout"))
	ts.Check(err)
	for _, r := range reports {
		for _, m := range r.Models {
			if r.Backend != args[0] || m.Model != args[1] {
				continue
			}
			var got []string
			for _, c := range []struct {
				name  string
				count int
			}{
				{"created", m.Created}, {"updated", m.Updated}, {"archived", m.Archived}, {"moved", m.Moved}, {"deleted", m.Deleted},
				{"unchanged", m.Unchanged}, {"skipped", m.Skipped}, {"failed", m.Failed},
			} {
				if c.count != 0 {
					got = append(got, fmt.Sprintf("%s=%d", c.name, c.count))
				}
			}
			if !slices.Equal(got, args[2:]) {
				ts.Fatalf("%s of %s counts %q, want %q", m.Model, r.Backend, got, args[2:])
			}
			return
		}
	}
	ts.Fatalf("no report counts %s of %s", args[1], args[0])
}

func mode(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "mode PERM FILE")
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}

func expand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "expand FROM TO")
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// runSQL changes a database behind the program's back.
func runSQL(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "sql FILE STATEMENT")
	db, err := sql.Open("sqlite3", ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = db.Exec(args[1])
	ts.Check(errors.Join(err, db.Close()))
}

func damage(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "damage FILE")
	text := []byte(ts.ReadFile(args[0]))
	for i := 4096; i < len(text); i++ {
		text[i] = 0xa5
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
}

// closedPipe runs a program whose standard output nobody reads: the reading end of the pipe is closed before it starts.
func closedPipe(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "closedpipe CODE PROGRAM [ARG…]")
	read, write, err := os.Pipe()
	ts.Check(err)
	ts.Check(read.Close())
	c := exec.Command(args[1], args[2:]...)
	c.Dir, c.Env, c.Stdout = ts.MkAbs("."), environment(ts), write
	p, err := start(c)
	ts.Check(err)
	ts.Check(write.Close())
	code, err := p.wait()
	ts.Check(err)
	scriptOf(ts).hear(p.err.String())
	_, _ = fmt.Fprint(ts.Stderr(), p.err)
	checkCode(ts, args[0], code)
}

// take keeps a part of what the last program printed, for what is typed next.
func take(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "take NAME RE")
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) < 2 {
		ts.Fatalf("stdout has nothing like %s with a part in parentheses", args[1])
	}
	ts.Setenv(args[0], found[1])
}

// supervise plays systemd for what the script starts from now on.
func supervise(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 0, "supervise")
	s := scriptOf(ts)
	var socket string
	socket, s.told = listenForNotices(s.t)
	ts.Setenv("NOTIFY_SOCKET", socket)
	ts.Setenv("WATCHDOG_USEC", "2000000")
}

func toldCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "told LINE")
	s := scriptOf(ts)
	for began := time.Now(); !slices.Contains(s.heard, args[0]); {
		if s.heard = append(s.heard, s.told()...); time.Since(began) > patience {
			ts.Fatalf("systemd was not told %s, but %q", args[0], s.heard)
		}
	}
}

// occupy holds the lock of an SQLite file to the script's end, as a database browser does that is in the middle of a change.
func occupy(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "occupy FILE")
	db, err := sql.Open("sqlite3", "file:"+ts.MkAbs(args[0])+"?_txlock=immediate")
	ts.Check(err)
	tx, err := db.Begin()
	ts.Check(err)
	ts.Defer(func() { _, _ = tx.Rollback(), db.Close() })
}
