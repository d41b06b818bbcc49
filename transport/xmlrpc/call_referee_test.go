package xmlrpc_test

import (
	"bytes"
	"testing"

	kolo "github.com/kolo/xmlrpc"

	"github.com/odoo-connector/connector/transport/xmlrpc"
)

func TestCallsAreWrittenAsTheRefereeWritesThem(t *testing.T) {
	domain := []any{"&", []any{"id", "in", []any{int64(1), int64(2)}}, []any{"name", "=", "a\tb\n<&>\"'\r\u00e9"}}
	for _, args := range [][]any{
		nil,
		{"demo", int64(2), "secret", "project.task", "read", []any{domain}, map[string]any{"context": map[string]any{"active_test": false}}},
		{true, false, -1.5, 1e21, "", []any{}, map[string]any{}, []string{"x"}, []int64{7}, []int{8}, int32(9)},
	} {
		want, err := kolo.EncodeMethodCall("execute_kw", args...)
		if err != nil {
			t.Fatal(err)
		}
		got, err := xmlrpc.EncodeCall("execute_kw", args...)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("got  %s (%v)\nwant %s", got, err, want)
		}
	}
}

func TestALongListOfIDsIsWrittenOnce(t *testing.T) {
	ids := make([]any, 20000)
	for i := range ids {
		ids[i] = int64(i)
	}
	args := []any{[]any{[]any{"&", []any{"id", "in", ids}, []any{"active", "=", true}}}}
	body, err := xmlrpc.EncodeCall("execute_kw", args...)
	if err != nil {
		t.Fatal(err)
	}
	allocations := testing.AllocsPerRun(5, func() { _, _ = xmlrpc.EncodeCall("execute_kw", args...) })
	if allocations > 100 { // the slice that grows, and no element of its own
		t.Errorf("%v allocations for a call of %d bytes", allocations, len(body))
	}
}
