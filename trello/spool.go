package trello

import (
	"crypto/sha1" //nolint:gosec // Odoo's checksum of attachments is SHA-1
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
)

// spool is a file on its way from one side to the other: on disk, where nobody finds it by a name, so that it takes no memory and can be
// sent again.
type spool struct {
	file *os.File
	size int64
	sum  hash.Hash
}

func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", "connector-*")
	if err != nil {
		return nil, fmt.Errorf("a file on its way cannot be kept on disk: %w; free some space in the folder for temporary files", err)
	}
	_ = os.Remove(f.Name())                      // where that cannot be done while it is open, Close does it
	return &spool{file: f, sum: sha1.New()}, nil //nolint:gosec // see above
}

// reset begins it anew.
func (s *spool) reset() (io.Writer, error) {
	s.size = 0
	s.sum.Reset()
	_, err := s.file.Seek(0, io.SeekStart)
	return s, errors.Join(err, s.file.Truncate(0))
}

// Write implements io.Writer.
func (s *spool) Write(b []byte) (int, error) {
	n, err := s.file.Write(b)
	s.size += int64(n)
	s.sum.Write(b[:n])
	return n, err
}

// open reads it from the beginning.
func (s *spool) open() (io.ReadCloser, error) {
	return io.NopCloser(io.NewSectionReader(s.file, 0, s.size)), nil
}

// checksum is what Odoo has for an attachment of that content.
func (s *spool) checksum() string { return hex.EncodeToString(s.sum.Sum(nil)) }

// Close forgets it.
func (s *spool) Close() error {
	err := s.file.Close()
	_ = os.Remove(s.file.Name()) // mostly it has no name any more
	return err
}

// spooled does something with a file on its way, and forgets it then.
func spooled(use func(*spool) error) (err error) {
	s, err := newSpool()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return use(s)
}
