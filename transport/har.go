package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"
)

// The parts of a HAR 1.2 archive (http://www.softwareishard.com/blog/har-12-spec) that this package writes and reads. Names that
// begin with an underscore are this program's own.
type (
	// Archive is a whole file.
	Archive struct {
		Log HARLog `json:"log"`
	}
	// HARLog is what there is in an archive.
	HARLog struct {
		Version string     `json:"version"` // 1.2
		Creator HARCreator `json:"creator"`
		Entries []HAREntry `json:"entries"`
	}
	// HARCreator is the program that wrote it.
	HARCreator struct {
		Name    string `json:"name"`
		Version string `json:"version"`
		Comment string `json:"comment,omitempty"`
	}
	// HAREntry is one request with its answer, without secrets.
	HAREntry struct {
		Started  time.Time   `json:"startedDateTime"`
		Time     float64     `json:"time"` // in milliseconds
		Request  HARRequest  `json:"request"`
		Response HARResponse `json:"response"`
		Cache    struct{}    `json:"cache"`
		Timings  HARTimings  `json:"timings"`
		System   string      `json:"_system,omitempty"` // "Odoo main"
		Op       string      `json:"_op,omitempty"`     // "project.task load"
		Try      int         `json:"_try,omitempty"`    // the how many-th, from 1
		Error    string      `json:"_error,omitempty"`  // why there is no whole answer
	}
	// HARRequest is what was sent.
	HARRequest struct {
		Method      string     `json:"method"`
		URL         string     `json:"url"`
		HTTPVersion string     `json:"httpVersion"`
		Cookies     []HARPair  `json:"cookies"`
		Headers     []HARPair  `json:"headers"`
		Query       []HARPair  `json:"queryString"`
		Body        *HARPosted `json:"postData,omitempty"`
		HeadersSize int        `json:"headersSize"` // -1: not known
		BodySize    int64      `json:"bodySize"`    // in bytes
	}
	// HARPosted is a request's body.
	HARPosted struct {
		MimeType string    `json:"mimeType"`
		Params   []HARPair `json:"params"`
		Text     string    `json:"text"`
		Cut      bool      `json:"_cut,omitempty"` // the text is only its beginning
		Comment  string    `json:"comment,omitempty"`
	}
	// HARResponse is what came back; its status is 0 where nothing did.
	HARResponse struct {
		Status      int        `json:"status"`
		StatusText  string     `json:"statusText"`
		HTTPVersion string     `json:"httpVersion"`
		Cookies     []HARPair  `json:"cookies"`
		Headers     []HARPair  `json:"headers"`
		Content     HARContent `json:"content"`
		RedirectURL string     `json:"redirectURL"`
		HeadersSize int        `json:"headersSize"` // -1: not known
		BodySize    int64      `json:"bodySize"`    // in bytes
	}
	// HARContent is an answer's body.
	HARContent struct {
		Size     int64  `json:"size"` // in bytes
		MimeType string `json:"mimeType"`
		Text     string `json:"text"`
		Encoding string `json:"encoding,omitempty"` // base64, or "" for plain text
		Cut      bool   `json:"_cut,omitempty"`     // the text is only its beginning
		Comment  string `json:"comment,omitempty"`
	}
	// HARPair is a header or a part of a query.
	HARPair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	// HARTimings are spans of time in milliseconds; what is not known is -1.
	HARTimings struct {
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
	}
)

// harTail ends the file; the next entry is written over it.
const harTail = "\n]}}\n"

// ArchiveWriter writes an archive that is whole after each entry: the end of the file is written anew with each. A process that is killed
// while it writes one leaves at most that one broken, and ReadArchive does without it. Every entry is a line.
type ArchiveWriter struct {
	file io.WriterAt
	at   int64 // where the tail begins
	some bool  // there is an entry
}

// NewArchive begins an archive in an empty file. The error is the file's.
func NewArchive(file io.WriterAt, creator HARCreator) (*ArchiveWriter, error) {
	head, err := json.Marshal(Archive{HARLog{Version: "1.2", Creator: creator, Entries: []HAREntry{}}})
	if err != nil {
		return nil, err
	}
	text := strings.TrimSuffix(string(head), "]}}") + "\n"
	if _, err := file.WriteAt([]byte(text+harTail), 0); err != nil {
		return nil, err
	}
	return &ArchiveWriter{file: file, at: int64(len(text))}, nil
}

// Add writes an entry. It is for one goroutine at a time. The error is the file's.
func (w *ArchiveWriter) Add(e HAREntry) error {
	var b bytes.Buffer
	if w.some {
		b.WriteString(",\n")
	}
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the line's end
	n := int64(b.Len())
	b.WriteString(harTail)
	if _, err := w.file.WriteAt(b.Bytes(), w.at); err != nil {
		return err
	}
	w.at, w.some = w.at+n, true
	return nil
}

var errNoArchive = errors.New("it is no HAR archive")

// ReadArchive reads an archive. Of one that was broken off while an entry was written it gives the entries before; whole is false then.
// The error says that the file is none.
func ReadArchive(data []byte) (a Archive, whole bool, err error) {
	if json.Valid(data) {
		if err := json.Unmarshal(data, &a); err != nil || a.Log.Version == "" {
			return Archive{}, false, errNoArchive
		}
		return a, true, nil
	}
	lines := strings.Split(string(data), "\n")
	if json.Unmarshal([]byte(lines[0]+"]}}"), &a) != nil || a.Log.Version == "" {
		return Archive{}, false, errNoArchive
	}
	a.Log.Entries = entriesOf(lines[1:])
	return a, false, nil
}

// entriesOf are the entries of lines, up to one that broke off.
func entriesOf(lines []string) (all []HAREntry) {
	for _, line := range lines {
		var e HAREntry
		if json.Unmarshal([]byte(strings.TrimSuffix(line, ",")), &e) != nil {
			break
		}
		all = append(all, e)
	}
	return all
}
