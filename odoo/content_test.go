package odoo_test

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/record"
)

func contentOf(data []byte) odoo.Content {
	return odoo.Content{Size: int64(len(data)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
}

func attachment(name string) odoo.NewRecord {
	return odoo.NewRecord{Identifier: "__connector__.demo_1", Values: map[string]record.Value{"name": record.Text(name)}}
}

func TestContent(t *testing.T) {
	for _, d := range dialers {
		t.Run("Ensure contents of any length go into Odoo and out of it over "+d.name+" on "+d.version, func(t *testing.T) {
			for _, size := range []int{0, 1, 2, 3, 12287, 12288, 12289, 100_000} {
				server := odootest.New(odootest.Options{Version: d.version, APIKey: adminKey})
				s := d.dial(t, server)
				data := bytes.Repeat([]byte{0, 'a', 0xff, '<', '&', '"'}, size/6+1)[:size]
				result := s.LoadContent(ctx, "ir.attachment", attachment(`a<&"@b`), "datas", contentOf(data))
				if result.Err != nil {
					t.Fatalf("%d bytes: %v", size, result.Err)
				}
				var out bytes.Buffer
				n, err := s.ReadContent(ctx, "ir.attachment", result.ID, "datas", func() (io.Writer, error) { out.Reset(); return &out, nil })
				if err != nil || n != int64(size) || !bytes.Equal(out.Bytes(), data) {
					t.Errorf("%d bytes came back as %d, %v", size, n, err)
				}
				sum := sha1.Sum(data) // Odoo's checksum
				if got := server.Read("ir.attachment", result.ID, "checksum", "name"); size > 0 && got["checksum"] != hex.EncodeToString(sum[:]) || got["name"] != `a<&"@b` {
					t.Errorf("%d bytes: %v", size, got)
				}
			}
		})
		t.Run("Ensure a second load makes no second record over "+d.name+" on "+d.version, func(t *testing.T) {
			s := d.dial(t, odootest.New(odootest.Options{Version: d.version, APIKey: adminKey}))
			first := s.LoadContent(ctx, "ir.attachment", attachment("a"), "datas", contentOf([]byte("x")))
			again := s.LoadContent(ctx, "ir.attachment", attachment("a"), "datas", contentOf([]byte("x")))
			if first.Err != nil || again.Err != nil || first.ID != again.ID {
				t.Errorf("got %+v and %+v", first, again)
			}
		})
		t.Run("Ensure what is not there is told over "+d.name+" on "+d.version, func(t *testing.T) {
			s := d.dial(t, odootest.New(odootest.Options{Version: d.version, APIKey: adminKey}))
			if _, err := s.ReadContent(ctx, "ir.attachment", 99999, "datas", func() (io.Writer, error) { return io.Discard, nil }); !odoo.IsKind(err, odoo.MissingError) {
				t.Errorf("got %v", err)
			}
			gone := errors.New("the disk is gone")
			content := odoo.Content{Size: 5, Open: func() (io.ReadCloser, error) { return nil, gone }}
			if r := s.LoadContent(ctx, "ir.attachment", attachment("a"), "datas", content); r.Err == nil {
				t.Error("a content that cannot be read was loaded")
			}
			if r := s.LoadContent(ctx, "ir.attachment", attachment("a"), "data", contentOf(nil)); !odoo.IsKind(r.Err, odoo.UnknownField) {
				t.Errorf("got %v", r.Err)
			}
		})
	}
	t.Run("Ensure a refused content is a refusal", func(t *testing.T) {
		s := dialers[1].dial(t, odootest.New(odootest.Options{}))
		r := attachment("a")
		r.Values["res_model"], r.Values["res_id"] = record.Text("project.task"), record.Text("x")
		if got := s.LoadContent(ctx, "ir.attachment", r, "datas", contentOf([]byte("x"))); got.Err == nil || !strings.Contains(got.Err.Error(), "res_id") {
			t.Errorf("got %v", got.Err)
		}
	})
}
