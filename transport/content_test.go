package transport_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/transport"
)

// noClose makes a reader what Content.Open gives.
func noClose(s string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }
}

func TestContent(t *testing.T) {
	t.Run("Ensure a content is sent with its length, and anew for each try", func(t *testing.T) {
		var got []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil || r.ContentLength != 5 || len(r.TransferEncoding) > 0 {
				t.Errorf("%d bytes were announced, %v, %v", r.ContentLength, r.TransferEncoding, err)
			}
			got = append(got, string(body))
			if len(got) == 1 {
				w.WriteHeader(http.StatusBadGateway)
			}
		}))
		defer server.Close()
		c := transport.New(transport.Options{System: "Demo", Clock: newClock()})
		_, err := c.Do(t.Context(), transport.Request{
			Method: http.MethodPut, URL: server.URL, Idempotent: true, Content: &transport.Content{Length: 5, Open: noClose("hello")},
		})
		if err != nil || len(got) != 2 || got[0] != "hello" || got[1] != "hello" {
			t.Errorf("got %q, %v", got, err)
		}
	})
	t.Run("Ensure a content that cannot be opened is never sent", func(t *testing.T) {
		gone := errors.New("the disk is gone")
		c := transport.New(transport.Options{System: "Demo", Clock: newClock()})
		_, err := c.Do(t.Context(), transport.Request{
			Method: http.MethodPost, URL: "http://127.0.0.1:1/", Content: &transport.Content{Open: func() (io.ReadCloser, error) { return nil, gone }},
		})
		if !errors.Is(err, gone) || c.Requests() != 0 {
			t.Errorf("got %v after %d requests", err, c.Requests())
		}
	})
}

func TestInto(t *testing.T) {
	serve := func(t *testing.T, handle http.HandlerFunc) (*transport.Client, string) {
		server := httptest.NewServer(handle)
		t.Cleanup(server.Close)
		return transport.New(transport.Options{System: "Demo", Clock: newClock()}), server.URL
	}
	do := func(t *testing.T, c *transport.Client, url string, limit int64) (string, error) {
		var into bytes.Buffer
		_, err := c.Do(t.Context(), transport.Request{
			Method: http.MethodGet, URL: url, Idempotent: true,
			Into: &transport.Into{Open: func() (io.Writer, error) { into.Reset(); return &into, nil }, Limit: limit},
		})
		return into.String(), err
	}
	for _, announced := range []bool{true, false} {
		t.Run("Ensure an answer is taken up to the limit and no further", func(t *testing.T) {
			c, url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if !announced {
					w.(http.Flusher).Flush() // then no length is announced
				}
				_, _ = io.WriteString(w, "hello")
			})
			if got, err := do(t, c, url, 5); err != nil || got != "hello" {
				t.Errorf("got %q, %v", got, err)
			}
			_, err := do(t, c, url, 4)
			var e *transport.Error
			if !errors.As(err, &e) || e.Kind != transport.TooLarge || e.OutcomeUnknown {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("Ensure an answer that breaks off is asked for again from its beginning", func(t *testing.T) {
		tries := 0
		c, url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if tries++; tries == 1 {
				w.Header().Set("Content-Length", "10")
				_, _ = io.WriteString(w, "hel")
				return
			}
			_, _ = io.WriteString(w, "hello")
		})
		if got, err := do(t, c, url, 100); err != nil || got != "hello" || tries != 2 {
			t.Errorf("got %q after %d tries, %v", got, tries, err)
		}
	})
	t.Run("Ensure a refusal's words are in the error and not in the file", func(t *testing.T) {
		c, url := serve(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no such file", http.StatusNotFound) })
		got, err := do(t, c, url, 100)
		if got != "" || err == nil || !strings.Contains(err.Error(), "no such file") {
			t.Errorf("got %q, %v", got, err)
		}
	})
	t.Run("Ensure a full disk is told as such and not tried again", func(t *testing.T) {
		full := errors.New("no space left")
		asked := 0
		c, url := serve(t, func(w http.ResponseWriter, _ *http.Request) { asked++; _, _ = io.WriteString(w, "hello") })
		_, err := c.Do(t.Context(), transport.Request{
			Method: http.MethodGet, URL: url, Idempotent: true, Into: &transport.Into{Open: func() (io.Writer, error) { return broken{full}, nil }, Limit: 9},
		})
		if !errors.Is(err, full) || asked != 1 {
			t.Errorf("asked %d times, got %v", asked, err)
		}
	})
}

type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }
