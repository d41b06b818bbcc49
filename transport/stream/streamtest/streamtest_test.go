package streamtest_test

import (
	"errors"
	"io"
	"reflect"
	"testing"

	"github.com/odoo-connector/connector/transport/json2"
	"github.com/odoo-connector/connector/transport/stream"
	"github.com/odoo-connector/connector/transport/stream/streamtest"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

func TestThePartnersAreTheSameOverBothProtocols(t *testing.T) {
	for _, rows := range []int{0, 1, 2, 250} {
		xml, err := stream.Whole(xmlrpc.NewDecoder(streamtest.Partners(rows)))
		if err != nil {
			t.Fatal(err)
		}
		json, err := stream.Whole(json2.NewDecoder(streamtest.PartnersJSON(rows)))
		if err != nil {
			t.Fatal(err)
		}
		if list, _ := xml.([]any); len(list) != rows || !reflect.DeepEqual(xml, json) {
			t.Errorf("%d rows: got %d, equal %v", rows, len(list), reflect.DeepEqual(xml, json))
		}
	}
}

func TestThePartnersAreAsLargeAsRealOnes(t *testing.T) {
	// 10,000 partners with twelve fields were 12 MB and 3.2 MB on Odoo 19.
	for name, c := range map[string]struct {
		r        io.Reader
		from, to int64
	}{
		"XML":  {streamtest.Partners(10000), 11e6, 13e6},
		"JSON": {streamtest.PartnersJSON(10000), 29e5, 37e5},
	} {
		if n, err := io.Copy(io.Discard, c.r); err != nil || n < c.from || n > c.to {
			t.Errorf("%s: %d bytes, %v", name, n, err)
		}
	}
}

func TestSeedsMakeValues(t *testing.T) {
	t.Run("Ensure the same bytes make the same value", func(t *testing.T) {
		seed := []byte{9, 3, 2, 65, 66, 8, 2, 0, 1, 1, 3, 200, 4, 5}
		if one, two := streamtest.Value(seed), streamtest.Value(seed); !reflect.DeepEqual(one, two) {
			t.Errorf("got %#v, then %#v", one, two)
		}
	})
	t.Run("Ensure no bytes make one too", func(t *testing.T) {
		if got := streamtest.Value(nil); got != true {
			t.Errorf("got %#v", got)
		}
	})
}

// failing is a Reader of nothing.
type failing struct{ err error }

func (f failing) Next() (stream.Token, error) { return stream.Token{}, f.err }

func TestDrainGivesTheReadersError(t *testing.T) {
	broken := errors.New("broken")
	if n, err := streamtest.Drain(failing{broken}); n != 0 || !errors.Is(err, broken) {
		t.Errorf("got %d, %v", n, err)
	}
	if n, err := streamtest.Drain(failing{io.EOF}); n != 0 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
}
