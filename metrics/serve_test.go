package metrics_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/metrics"
)

// get asks a server, and gives the status with the text.
func get(t *testing.T, s *metrics.Server, method, path string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.Address()+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if path == "/metrics" && method == http.MethodGet && answer.StatusCode == http.StatusOK && answer.Header.Get("Content-Type") != metrics.ContentType {
		t.Errorf("the type is %q", answer.Header.Get("Content-Type"))
	}
	return answer.StatusCode, string(text)
}

func listen(t *testing.T, b *bench) *metrics.Server {
	t.Helper()
	s, err := metrics.Listen(t.Context(), "127.0.0.1:0", b.Collector, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestServer(t *testing.T) {
	t.Run("Ensure metrics are there, with those of the process", func(t *testing.T) {
		b := newBench(t)
		s := listen(t, b)
		code, text := get(t, s, http.MethodGet, "/metrics")
		if code != http.StatusOK {
			t.Fatal(code, text)
		}
		b.want(parse(t, text), map[string]string{
			"process_start_time_seconds": "1714996800", "connector_loop_last_beat_timestamp_seconds": "1714996800",
		})
	})
	t.Run("Ensure the process is ready while the loop shows that it lives, and alive in any case", func(t *testing.T) {
		b := newBench(t)
		s := listen(t, b)
		ready := func(want int, says string) {
			t.Helper()
			if code, text := get(t, s, http.MethodGet, "/readyz"); code != want || !strings.Contains(text, says) {
				t.Errorf("%d %q, want %d %q", code, text, want, says)
			}
			if code, _ := get(t, s, http.MethodGet, "/healthz"); code != http.StatusOK {
				t.Errorf("not healthy: %d", code)
			}
		}
		ready(http.StatusOK, "ok")
		b.pass(2 * time.Minute)
		ready(http.StatusServiceUnavailable, "no sign of life for 2m0s")
		s.Beat()
		ready(http.StatusOK, "ok")
		if err := b.db.Close(); err != nil {
			t.Fatal(err)
		}
		ready(http.StatusServiceUnavailable, "the state does not answer")
		if code, _ := get(t, s, http.MethodGet, "/metrics"); code != http.StatusInternalServerError {
			t.Errorf("metrics without a state: %d", code)
		}
	})
	t.Run("Ensure nothing else is there, and nothing can be sent", func(t *testing.T) {
		s := listen(t, newBench(t))
		for _, c := range []struct {
			method, path string
			want         int
		}{
			{http.MethodGet, "/", 200}, {http.MethodHead, "/metrics", 200}, {http.MethodPost, "/metrics", 405},
			{http.MethodGet, "/debug/pprof/", 404}, {http.MethodGet, "/metrics/x", 404},
		} {
			if code, _ := get(t, s, c.method, c.path); code != c.want {
				t.Errorf("%s %s: %d, want %d", c.method, c.path, code, c.want)
			}
		}
	})
	t.Run("Ensure addresses that others reach are refused unless they are wanted", func(t *testing.T) {
		for address, want := range map[string]bool{
			"127.0.0.1:9464": true, "[::1]:9464": true, "localhost:0": true, "127.9.9.9:1": true,
			"0.0.0.0:9464": false, ":9464": false, "[::]:9464": false, "192.0.2.1:9464": false, "example.org:9464": false,
			"9464": false, "127.0.0.1": false, "127.0.0.1:": false, "": false,
		} {
			if err := metrics.CheckAddress(address, false); (err == nil) != want {
				t.Errorf("%q: %v", address, err)
			}
		}
		if err := metrics.CheckAddress("0.0.0.0:9464", true); err != nil {
			t.Error(err)
		}
	})
	t.Run("Ensure an address that is taken is told", func(t *testing.T) {
		b := newBench(t)
		s := listen(t, b)
		_, err := metrics.Listen(t.Context(), s.Address(), b.Collector, 0)
		var busy *metrics.BusyError
		if !errors.As(err, &busy) || busy.Address != s.Address() {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Ensure that there may be none", func(t *testing.T) {
		var none *metrics.Server
		none.Beat()
		if err := none.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestFile(t *testing.T) {
	t.Run("Ensure the file is replaced as a whole, may be read by everybody, and nothing is left beside it", func(t *testing.T) {
		b := newBench(t)
		path := filepath.Join(t.TempDir(), "connector.prom")
		for range 2 {
			s, err := b.Collect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := s.WriteFile(path); err != nil {
				t.Fatal(err)
			}
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		parse(t, string(text))
		info, _ := os.Stat(path)
		beside, _ := os.ReadDir(filepath.Dir(path))
		if info.Mode().Perm() != 0o644 || len(beside) != 1 {
			t.Errorf("%v, %v", info.Mode(), beside)
		}
	})
	t.Run("Ensure a file that cannot be written leaves the old one", func(t *testing.T) {
		b := newBench(t)
		s, err := b.Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "absent", "connector.prom")
		var failed *metrics.FileError
		if err := s.WriteFile(path); !errors.As(err, &failed) || failed.Path != path {
			t.Errorf("got %v", err)
		}
		taken := filepath.Join(t.TempDir(), "taken.prom")
		if err := os.Mkdir(taken, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := s.WriteFile(taken); !errors.As(err, &failed) {
			t.Errorf("got %v", err)
		}
		if beside, _ := os.ReadDir(filepath.Dir(taken)); len(beside) != 1 {
			t.Errorf("left beside it: %v", beside)
		}
		if metrics.CheckFile("x.prom") != "" || metrics.CheckFile("x.txt") == "" {
			t.Error("the name is not checked")
		}
	})
}
