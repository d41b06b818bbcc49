package statetest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/odoo-connector/connector/state"
)

// startPatience is how long a server may take to start on a busy machine.
const startPatience = 60 * time.Second

// errNoBinaries says that PostgreSQL isn't installed here.
var errNoBinaries = errors.New("PostgreSQL is not installed: neither CONNECTOR_POSTGRES_BIN nor PATH has its initdb and postgres " +
	"(Debian, Ubuntu: apt install postgresql)")

// Server is a PostgreSQL of a test's own. Its superuser is "connector", whom it trusts without a password; all others need
// one.
type Server struct {
	dir     string // data and socket
	bin     string
	as      *syscall.Credential // who runs it, where that isn't us: it refuses root
	run     *exec.Cmd
	schemas atomic.Int64
	used    used
}

// server is the one that the tests of this binary share; it starts with the first that wants it.
var server struct {
	Server

	once sync.Once
	err  error
}

// required is whether a test on PostgreSQL fails, instead of being skipped, where PostgreSQL isn't installed.
func required() bool { return os.Getenv("CONNECTOR_TEST_POSTGRES") == "required" }

// Available tells whether tests on PostgreSQL are run here; where they are required, they are run, and fail without it.
func Available() bool {
	_, err := findBinaries()
	return err == nil || required()
}

// Main runs the tests of a package and stops the server that they started.
func Main(m *testing.M) int {
	code := m.Run()
	if err := server.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "statetest:", err)
		return max(code, 1)
	}
	return code
}

const onlyStore = "CONNECTOR_TEST_STORE"

// pass is the kind of database that New gives.
var pass state.Dialect

// MainOnEach runs the tests of a package once for each kind of database, which they get from [New], and stops the server.
// CONNECTOR_TEST_STORE, SQLite or PostgreSQL, leaves the other one out.
func MainOnEach(m *testing.M) int {
	code := 0
	only := os.Getenv(onlyStore)
	for _, pass = range []state.Dialect{state.SQLite, state.PostgreSQL} {
		switch {
		case only != "" && !strings.EqualFold(only, string(pass)):
		case pass == state.PostgreSQL && !Available():
			fmt.Fprintln(os.Stderr, "statetest: not run on PostgreSQL:", errNoBinaries)
		default:
			fmt.Fprintln(os.Stderr, "statetest: on", pass)
			code = max(code, m.Run())
		}
	}
	if err := server.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "statetest:", err)
		return max(code, 1)
	}
	return code
}

func running(t testing.TB) *Server {
	t.Helper()
	server.once.Do(func() {
		server.err = server.start()
		server.used.server = &server.Server
	})
	switch {
	case errors.Is(server.err, errNoBinaries) && !required():
		t.Skip(server.err)
	case server.err != nil:
		t.Fatal(server.err)
	}
	return &server.Server
}

// NewServer starts a server for one test alone, which may stop it and start it again. It skips the test where
// PostgreSQL isn't installed.
func NewServer(t testing.TB) *Server {
	t.Helper()
	running(t) // the same excuses
	s := &Server{}
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Store gives an empty schema of this server.
func (s *Server) Store() Store {
	return Store{Location: s.url(s.schema()), Dialect: state.PostgreSQL, server: s}
}

func (s *Server) schema() string { return fmt.Sprintf("test_%d", s.schemas.Add(1)) }

// url reaches the server through its socket.
func (s *Server) url(schema string) string {
	query := url.Values{"host": {s.dir}, "search_path": {schema}}
	return "postgres://connector@/postgres?" + query.Encode()
}

// start makes a database and a server for it.
func (s *Server) start() error {
	var err error
	if s.bin, err = findBinaries(); err != nil {
		return err
	}
	if s.as, err = runAs(); err != nil {
		return err
	}
	if s.dir, err = s.makeDir(); err != nil {
		return err
	}
	if err := s.initialize(); err != nil {
		return errors.Join(err, os.RemoveAll(s.dir))
	}
	hba := "local all connector trust\nlocal all all scram-sha-256\n"
	if err := os.WriteFile(filepath.Join(s.data(), "pg_hba.conf"), []byte(hba), 0o600); err != nil {
		return errors.Join(err, os.RemoveAll(s.dir))
	}
	return s.Start()
}

// initialize makes a database that orders text as people in an office do, unlike SQLite; where this PostgreSQL was built
// without the library for that, or is older than 15, one that orders it byte by byte.
func (s *Server) initialize() error {
	var last error
	for _, locale := range [][]string{{"--locale-provider=icu", "--icu-locale=en"}, nil} {
		args := append([]string{"-D", s.data(), "-U", "connector", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"}, locale...)
		out, err := s.command(filepath.Join(s.bin, "initdb"), args...).CombinedOutput()
		if err == nil {
			return nil
		}
		last = fmt.Errorf("initdb: %w: %s", err, out)
	}
	return last
}

// makeDir makes the directory where the server may write, with a name that is short enough for a socket.
func (s *Server) makeDir() (string, error) {
	parent := os.TempDir()
	if len(parent) > 60 {
		parent = "/tmp"
	}
	dir, err := os.MkdirTemp(parent, "statetest-")
	if err != nil || s.as == nil {
		return dir, err
	}
	return dir, os.Chown(dir, int(s.as.Uid), int(s.as.Gid))
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// guard starts a program and waits for its end. When its own standard input ends first, the test's process has died: then
// it ends the program by PostgreSQL's immediate shutdown, which leaves nothing behind, and removes the directory.
const guard = `dir=$1; shift; exec 3<&0
"$@" </dev/null 3<&- & pid=$!
(cat <&3 >/dev/null; kill -QUIT $pid; while kill -0 $pid; do sleep 0.1; done; rm -rf "$dir") 2>/dev/null & watcher=$!
exec 3<&-; wait $pid; kill $watcher`

// Start starts the server, anew after [Server.Stop] or [Server.Kill], and waits until it answers.
func (s *Server) Start() error {
	s.run = s.command("/bin/sh", "-c", guard, "sh", s.dir, filepath.Join(s.bin, "postgres"), "-D", s.data(), "-k", s.dir,
		"-c", "listen_addresses=", "-c", "port=5432", "-c", "fsync="+cmp.Or(os.Getenv("CONNECTOR_TEST_FSYNC"), "off"),
		"-c", "shared_buffers=16MB", "-c", "max_connections=400",
		"-c", "log_min_messages=fatal")
	var log bytes.Buffer
	s.run.Stderr = &log
	stdin, err := s.run.StdinPipe()
	if err != nil {
		return err
	}
	if err := s.run.Start(); err != nil {
		return err
	}
	for late := time.Now().Add(startPatience); ; time.Sleep(20 * time.Millisecond) {
		if s.ready() {
			return nil
		}
		if time.Now().After(late) {
			return errors.Join(fmt.Errorf("the server did not start: %s", log.String()), stdin.Close(), s.wait())
		}
	}
}

// Set gives a setting of the server a value, from the next [Server.Start] on.
func (s *Server) Set(name, value string) error {
	file, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "\n%s = '%s'\n", name, value)
	return errors.Join(err, file.Close())
}

// ready tells whether the server takes connections; it notes so on the eighth line of the file with its number.
func (s *Server) ready() bool {
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	lines := strings.Split(string(text), "\n")
	return err == nil && len(lines) >= 8 && strings.TrimSpace(lines[7]) == "ready"
}

// Stop ends the server in good order: sessions are ended, what was committed is on the disk.
func (s *Server) Stop() error { return s.end(syscall.SIGINT) }

// Kill ends the server as a crash does.
func (s *Server) Kill() error { return s.end(syscall.SIGQUIT) }

func (s *Server) end(how syscall.Signal) error {
	if s.run == nil {
		return nil
	}
	pid, err := s.pid()
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, how); err != nil {
		return err
	}
	return s.wait() // which closes its standard input as well
}

// pid is the number of the server's process, as it notes it itself.
func (s *Server) pid() (int, error) {
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return strconv.Atoi(string(line))
}

// wait waits for the end of what was told to end; how it ended is of no interest.
func (s *Server) wait() error {
	var exit *exec.ExitError
	err := s.run.Wait()
	s.run = nil
	if errors.As(err, &exit) {
		return nil
	}
	return err
}

// Close stops the server and removes what it wrote.
func (s *Server) Close() error {
	if s.dir == "" {
		return nil
	}
	return errors.Join(s.Kill(), os.RemoveAll(s.dir))
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Dir = "/"
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setpgid: true} // the terminal's signals are not for it
	return c
}

// runAs gives another user where this one is root, as whom PostgreSQL refuses to run.
func runAs() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")
}

// findBinaries gives the newest directory that has initdb and postgres.
func findBinaries() (string, error) {
	candidates := []string{os.Getenv("CONNECTOR_POSTGRES_BIN")}
	for _, name := range []string{"initdb", "postgres"} {
		if path, err := exec.LookPath(name); err == nil {
			if target, err := filepath.EvalSymlinks(path); err == nil {
				candidates = append(candidates, filepath.Dir(target))
			}
		}
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		slices.Reverse(found)
		candidates = append(candidates, found...)
	}
	for _, dir := range candidates {
		if dir != "" && isFile(filepath.Join(dir, "initdb")) && isFile(filepath.Join(dir, "postgres")) {
			return dir, nil
		}
	}
	return "", errNoBinaries
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
