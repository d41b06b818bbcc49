package sandbox

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"sync"
)

// journal is a file of lines. It is read from its beginning to its end once, and then written at its end.
type journal struct {
	path   string
	reader *bufio.Reader
	number int // of the line that was read last

	mu       sync.Mutex // guards what follows
	file     *os.File
	size     int64 // of all whole lines that were read or written
	diverted io.Writer
	failed   error // why nothing more is written
}

// errClosed is what a request gets that was under way when the journal was closed.
var errClosed = errors.New("the sandbox was closed")

// openJournal opens a journal, or makes one without lines.
func openJournal(path string) (*journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the operator's own path
	if err != nil {
		return nil, unavailable(path, err)
	}
	return &journal{path: path, file: file, reader: bufio.NewReader(file)}, nil
}

// next gives the next line without its end, or io.EOF. A last line without an end is none: a program that was killed while writing it
// had not answered its request.
func (j *journal) next() ([]byte, error) {
	line, err := j.reader.ReadBytes('\n')
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, unavailable(j.path, err)
	}
	j.number++
	j.size += int64(len(line))
	return bytes.TrimSuffix(line, []byte("\n")), nil
}

// header reads the first line. begun is false where there is none yet.
func (j *journal) header() (head header, begun bool, err error) {
	line, err := j.next()
	if errors.Is(err, io.EOF) {
		return head, false, nil
	}
	if err != nil {
		return head, false, err
	}
	if err := json.Unmarshal(line, &head); err != nil || head.Began.IsZero() {
		return head, false, j.corrupt("doesn't begin as a journal of the sandbox", err)
	}
	if head.Format != format {
		return head, false, j.corrupt(fmt.Sprintf("was written in format %d, and this version of the program reads format %d", head.Format, format), nil)
	}
	return head, true, nil
}

// begin writes the first line.
func (j *journal) begin(head header) error {
	line, err := json.Marshal(head)
	if err != nil {
		return err
	}
	if err := j.repair(); err != nil {
		return err
	}
	return j.append(line)
}

// repair cuts off what follows the last whole line.
func (j *journal) repair() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.file.Truncate(j.size); err != nil {
		return unavailable(j.path, err)
	}
	return nil
}

// append writes a line, all of it or nothing. Once that failed, no line is taken any more: the fake may hold a change that the journal
// doesn't.
func (j *journal) append(line []byte) error {
	line = append(bytes.Clone(line), '\n')
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed != nil {
		return j.failed
	}
	if j.diverted != nil {
		_, err := j.diverted.Write(line)
		return err
	}
	if _, err := j.file.WriteAt(line, j.size); err != nil {
		// Where it cannot be cut off either, the line has no end and is dropped by the next program.
		j.failed = errors.Join(unavailable(j.path, err), j.file.Truncate(j.size))
		return j.failed
	}
	j.size += int64(len(line))
	return nil
}

// divert sends the lines that follow to another writer, or to the file again with nil.
func (j *journal) divert(to io.Writer) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.diverted = to
}

// close ends the journal. Its error is that of the line that could not be written, if there was one.
func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if errors.Is(j.failed, errClosed) {
		return nil
	}
	failed := j.failed
	j.failed = errClosed
	return errors.Join(failed, j.file.Close())
}

// corrupt says what is wrong with the line that was read last.
func (j *journal) corrupt(reason string, cause error) error {
	return &CorruptError{File: j.path, Line: j.number, Reason: reason, Err: cause}
}

// digest is a hash of lines.
type digest struct{ hash.Hash }

func newHash() digest { return digest{sha256.New()} }

func (d digest) sum() string { return hex.EncodeToString(d.Sum(nil)[:8]) }
