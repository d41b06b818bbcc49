package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

var errNoPostgres = errors.New("PostgreSQL is not installed (initdb and postgres are in none of CONNECTOR_POSTGRES_BIN, PATH, " +
	"/usr/lib/postgresql); what needs it is left out")

// postgresServer is a PostgreSQL of this run alone, on a Unix socket, with the settings that it has by default as far as they
// concern durability.
type postgresServer struct {
	url     string // without a schema
	pid     int
	version string
	run     *exec.Cmd
	stdin   io.Closer // ends the server when it closes, as it does when this process dies
}

// attended runs a program until its standard input ends; INT is PostgreSQL's fast shutdown.
const attended = `"$@" </dev/null & server=$!; cat >/dev/null; kill -INT $server 2>/dev/null; wait $server`

func startPostgres(ctx context.Context, dir string) (*postgresServer, error) {
	bin, err := postgresBinaries()
	if err != nil {
		return nil, err
	}
	as, err := makePostgresDir(dir)
	if err != nil {
		return nil, err
	}
	command := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(name, args...) //nolint:gosec,noctx // programs of the machine; it ends with its standard input
		c.Dir, c.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as, Setpgid: true}
		return c
	}
	data := filepath.Join(dir, "data")
	made := command(filepath.Join(bin, "initdb"), "-D", data, "-U", "connector", "--auth=trust", "--encoding=UTF8", "--locale=C")
	if out, err := made.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	s := &postgresServer{url: "postgres://connector@/postgres?host=" + url.QueryEscape(dir)}
	s.run = command("/bin/sh", "-c", attended, "sh", filepath.Join(bin, "postgres"), "-D", data, "-k", dir,
		"-c", "listen_addresses=", "-c", "port=5432", "-c", "log_min_messages=fatal")
	var log bytes.Buffer
	s.run.Stderr = &log
	if s.stdin, err = s.run.StdinPipe(); err != nil {
		return nil, err
	}
	if err := s.run.Start(); err != nil {
		return nil, err
	}
	if err := s.await(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("PostgreSQL doesn't answer: %w", err), s.stop(), errors.New(log.String()))
	}
	return s, nil
}

// await waits until the server answers.
func (s *postgresServer) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.url)
		if err == nil {
			s.version = conn.PgConn().ParameterStatus("server_version")
			_, s.pid = processOf(fmt.Sprintf("/proc/%d/stat", conn.PgConn().PID())) // it forked the session's process
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stop ends the server and waits for its end.
func (s *postgresServer) stop() error { return errors.Join(s.stdin.Close(), s.run.Wait()) }

func (s *postgresServer) drop(ctx context.Context, schema string) error {
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{schema}.Sanitize()+" CASCADE")
	return errors.Join(err, conn.Close(ctx))
}

// postgresBinaries finds the directory of the programs.
func postgresBinaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is well-formed
	slices.Reverse(found)
	for _, dir := range append([]string{os.Getenv("CONNECTOR_POSTGRES_BIN")}, found...) {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); dir != "" && err == nil { //nolint:gosec // as the user says
			return dir, nil
		}
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errNoPostgres
	}
	return filepath.Dir(path), nil
}

// makePostgresDir makes a directory that the server's user owns, and gives that user where it isn't ours: PostgreSQL
// refuses to run as root.
func makePostgresDir(dir string) (*syscall.Credential, error) {
	if err := os.Mkdir(dir, 0o700); err != nil || os.Getuid() != 0 {
		return nil, err
	}
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil { //nolint:gosec // to be passed through, not to be read
		return nil, err
	}
	as, err := unprivileged()
	if err != nil {
		return nil, err
	}
	return as, os.Chown(dir, int(as.Uid), int(as.Gid))
}

func unprivileged() (*syscall.Credential, error) {
	var errs []error
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(uidErr, gidErr)
	}
	return nil, errors.Join(errs...)
}
