package odoo

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"
	"testing"
)

func TestContentSink(t *testing.T) {
	data := []byte(strings.Repeat("a file of some length\x00\xff", 99))
	coded := base64.StdEncoding.EncodeToString(data)
	const (
		xmlBefore  = "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><array><data>\n<value><struct>\n<member>\n<name>id</name>\n<value><int>5</int></value>\n</member>\n<member>\n<name>datas</name>\n<value><string>"
		xmlAfter   = "</string></value>\n</member>\n</struct></value>\n</data></array></value>\n</param>\n</params>\n</methodResponse>\n"
		jsonBefore = `[{"id": 5, "datas": "`
		jsonAfter  = `"}]`
	)
	sink := func(into *bytes.Buffer) *contentSink {
		return &contentSink{open: func() (io.Writer, error) { into.Reset(); return into, nil }, marks: [][]byte{
			[]byte("<name>datas</name>\n<value><string>"), []byte(`"datas": "`),
		}}
	}
	for _, c := range []struct{ name, before, after string }{{"XML-RPC", xmlBefore, xmlAfter}, {"JSON-2", jsonBefore, jsonAfter}} {
		for _, piece := range []int{1, 3, 7, 1 << 20} {
			t.Run("Ensure the content of an answer in "+c.name+" is taken out of it, in pieces of any size", func(t *testing.T) {
				var into bytes.Buffer
				s := sink(&into)
				for try := range 2 { // it is begun anew for each
					if _, err := s.reset(); err != nil {
						t.Fatal(err)
					}
					answer := c.before + coded + c.after
					for answer != "" {
						n := min(piece, len(answer))
						if got, err := s.Write([]byte(answer[:n])); err != nil || got != n {
							t.Fatalf("wrote %d of %d, %v", got, n, err)
						}
						answer = answer[n:]
					}
					if !bytes.Equal(into.Bytes(), data) || s.size != int64(len(data)) || s.content.end() != nil {
						t.Errorf("try %d: %d bytes of %d came", try, into.Len(), len(data))
					}
					if s.rest.String() != c.before+c.after {
						t.Errorf("try %d: the rest is %q", try, s.rest.String())
					}
				}
			})
		}
	}
	t.Run("Ensure an answer without content stays whole", func(t *testing.T) {
		var into bytes.Buffer
		s := sink(&into)
		_, _ = s.reset()
		answer := `[{"id": 5, "datas": false}]`
		_, _ = io.Copy(s, strings.NewReader(answer))
		if s.rest.String() != answer || into.Len() != 0 {
			t.Errorf("the rest is %q", s.rest.String())
		}
	})
	t.Run("Ensure what is no base64, or breaks off, is an error", func(t *testing.T) {
		for _, coded := range []string{"aGVsb%==", "aGVsbG8"} {
			var into bytes.Buffer
			s := sink(&into)
			_, _ = s.reset()
			_, err := s.Write([]byte(jsonBefore + coded + jsonAfter))
			if err == nil {
				err = s.content.end()
			}
			if err == nil {
				t.Errorf("%q was taken for base64", coded)
			}
		}
	})
}
