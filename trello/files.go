package trello

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/odoo-connector/connector/transport"
)

// defaultMaxSize is the largest file that crosses unless `max_size:` says otherwise: what Trello takes in a free workspace (Trello's help,
// "Adding attachments to cards").
const defaultMaxSize = 10 << 20

// parseSize reads "10 MB", "512 kB" or a number of bytes.
func parseSize(text string) (int64, error) {
	units := []struct {
		name   string
		factor float64
	}{{"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}, {"B", 1}}
	number, factor := strings.ToUpper(strings.TrimSpace(text)), 1.0
	for _, u := range units {
		if rest, ok := strings.CutSuffix(number, u.name); ok {
			number, factor = strings.TrimSpace(rest), u.factor
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || n < 0 || n*factor > 1<<40 {
		return 0, fmt.Errorf("%q is no size; write it as 10 MB or 512 kB", text)
	}
	return int64(n * factor), nil
}

// sizeText is a size for people.
func sizeText(n int64) string {
	switch {
	case n >= 1<<20:
		return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MB"
	case n >= 1<<10:
		return strconv.FormatFloat(float64(n)/(1<<10), 'f', 1, 64) + " kB"
	default:
		return strconv.FormatInt(n, 10) + " bytes"
	}
}

// longestName is what a file's name may have in characters: most systems take 255 bytes.
const longestName = 120

// fileName is a name without folders, control characters and what else would be another name on a disk; its extension stays.
func fileName(name string) string {
	name = strings.ToValidUTF8(name, "\uFFFD")
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) { // bidi marks turn an extension round
			return -1
		}
		return r
	}, name)
	name = strings.TrimSpace(name)
	if name == "" || name == "." || name == ".." || name == "/" {
		return "file"
	}
	if over := utf8.RuneCountInString(name) - longestName; over > 0 {
		runes, extension := []rune(name), path.Ext(name)
		if keep := longestName - utf8.RuneCountInString(extension); keep > 0 && len([]rune(extension)) <= 12 {
			return string(runes[:keep]) + extension
		}
		return string(runes[:longestName])
	}
	return name
}

// trusted says that an address is Trello's own, so that the credentials may go there. Elsewhere they would be given away: the storage
// to which Trello redirects is another's.
func (c *Client) trusted(u *url.URL) bool {
	own, err := url.Parse(c.base)
	if err == nil && u.Scheme == own.Scheme && u.Host == own.Host {
		return true
	}
	return u.Scheme == "https" && (u.Host == "trello.com" || u.Host == "api.trello.com")
}

// redirects is how many a download follows.
const redirects = 3

// download reads a file of Trello's, up to the limit, whatever length is announced.
func (c *Client) download(ctx context.Context, address string, limit int64, into *spool) error {
	for range redirects + 1 {
		u, err := url.Parse(address)
		if err != nil {
			return errors.New("the address of a file at Trello is none")
		}
		client := c.storage
		switch {
		case c.trusted(u):
			client = c.http
		case u.Scheme != "https":
			return fmt.Errorf("a file at Trello is said to be at %s, which is not asked without encryption", u.Host)
		}
		_, err = client.Do(ctx, transport.Request{
			Method: http.MethodGet, URL: address, Op: "GET the file of an attachment", Idempotent: true,
			Into: &transport.Into{Open: into.reset, Limit: limit}, Timeout: timeFor(limit),
		})
		next := redirected(err, u)
		if next == "" {
			return fileFault(err, client == c.http)
		}
		address = next
	}
	return &FileError{errors.New("it is redirected again and again; try again later")}
}

// FileError says that one file could not be downloaded. Trello itself can still be reached.
type FileError struct{ cause error }

// Error is what the server of the file said.
func (e *FileError) Error() string { return "a file could not be downloaded: " + e.cause.Error() }

// Outage says that this concerns the file alone.
func (*FileError) Outage() bool { return false }

// Unwrap is what transport said.
func (e *FileError) Unwrap() error { return e.cause }

// fileFault tells what concerns one file from what concerns Trello: the storage's troubles and missing rights are the file's.
func fileFault(err error, trello bool) error {
	var t *transport.Error
	switch {
	case err == nil, !errors.As(err, &t), t.Kind == transport.TooLarge, t.Kind == transport.Cancelled:
		return err
	case trello && t.Kind != transport.Denied && t.Kind != transport.NotFound:
		return err
	default:
		return &FileError{err}
	}
}

// timeFor is how long a file of that size may take: half a minute and 10 s for each MB.
func timeFor(size int64) time.Duration {
	return 30*time.Second + time.Duration(size>>20)*10*time.Second
}

// redirected is the address to which an answer leads, "" where it is none of that kind.
func redirected(err error, from *url.URL) string {
	var e *transport.Error
	if !errors.As(err, &e) || e.Response == nil || e.Status < 300 || e.Status > 399 {
		return ""
	}
	to, err := from.Parse(e.Response.Header.Get("Location"))
	if err != nil || to.String() == from.String() {
		return ""
	}
	return to.String()
}

// upload posts a file to a card; it is read while it is sent. A cover is left alone.
func (c *Client) upload(ctx context.Context, card, name string, file *spool) (attachment, error) {
	before, after, boundary, err := formAround(map[string]string{"name": name, "setCover": "false"}, name)
	if err != nil {
		return attachment{}, err
	}
	var one attachment
	op := "POST /cards/" + card + "/attachments"
	request := transport.Request{
		Method: http.MethodPost, URL: c.base + "/cards/" + url.PathEscape(card) + "/attachments", Op: op, Timeout: timeFor(file.size),
		Header: withAccept(http.Header{"Content-Type": {"multipart/form-data; boundary=" + boundary}}),
		Content: &transport.Content{
			Length: int64(len(before)) + file.size + int64(len(after)),
			Open: func() (io.ReadCloser, error) {
				content, err := file.open()
				return io.NopCloser(io.MultiReader(bytes.NewReader(before), content, bytes.NewReader(after))), err
			},
		},
	}
	err = c.do(ctx, request, &one)
	return one, err
}

// formAround is what stands in a form before and after the bytes of its file.
func formAround(fields map[string]string, name string) (before, after []byte, boundary string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if err := w.WriteField(key, fields[key]); err != nil {
			return nil, nil, "", err
		}
	}
	if _, err := w.CreateFormFile("file", name); err != nil {
		return nil, nil, "", err
	}
	cut := b.Len()
	if err := w.Close(); err != nil {
		return nil, nil, "", err
	}
	return slices.Clone(b.Bytes()[:cut]), slices.Clone(b.Bytes()[cut:]), w.Boundary(), nil
}
