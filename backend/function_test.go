package backend_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/jobs"
)

func TestFunctions(t *testing.T) {
	type args struct{}
	function := func(name, says string) jobs.Func[*backend.Calling, args] {
		return jobs.NewFunc(name, func(context.Context, *backend.Calling, args) jobs.Outcome {
			return jobs.Outcome{Kind: jobs.Done, Result: says}
		})
	}
	says := func(b *backend.Backend, name string) (result string) {
		t.Helper()
		f, ok := b.Functions()[name]
		if !ok {
			return "unknown"
		}
		slice := []jobs.Job{{Function: name, Args: []byte("{}"), ArgsVersion: f.ArgsVersion}}
		err := f.Handler(&backend.Environment{}, nil)(t.Context(), slice, func(_ jobs.Job, o jobs.Outcome) error { result = o.Result; return o.Err })
		if err != nil {
			t.Error(err)
		}
		return result
	}
	t.Run("Ensure a version inherits its parent's functions, and may replace and add some", func(t *testing.T) {
		root := backend.New("shop", "1")
		backend.Runs(root, function("shop.report", "the parent's"))
		backend.Runs(root, function("shop.count", "the parent's"))
		child := root.Version("2")
		backend.Runs(child, function("shop.report", "the child's"))
		backend.Runs(child, function("shop.tell", "the child's").Version(2, func(old json.RawMessage) (json.RawMessage, error) { return old, nil }))
		if got := []string{says(root, "shop.report"), says(root, "shop.tell"), says(child, "shop.report"), says(child, "shop.count"), says(child, "shop.tell")}; !slices.Equal(got,
			[]string{"the parent's", "unknown", "the child's", "the parent's", "the child's"}) {
			t.Errorf("%q", got)
		}
		if v := child.Functions()["shop.tell"].ArgsVersion; v != 2 {
			t.Errorf("arguments of version %d", v)
		}
		if got := child.FunctionNames(); !slices.Equal(got, []string{"shop.count", "shop.report", "shop.tell"}) {
			t.Errorf("%q", got)
		}
		r := backend.Registry{}
		r.Add(root)
		if got := r.FunctionNames(); !slices.Equal(got, []string{"shop.count", "shop.report", "shop.tell"}) {
			t.Errorf("%q", got)
		}
	})
	t.Run("Ensure a mistake of the program shows when it starts", func(t *testing.T) {
		for name, add := range map[string]func(b *backend.Backend){
			"another system's name": func(b *backend.Backend) { b.Function("other.report", backend.FunctionUnit{}) },
			"no system's name":      func(b *backend.Backend) { b.Function("import_record", backend.FunctionUnit{}) },
			"twice": func(b *backend.Backend) {
				b.Function("shop.a", backend.FunctionUnit{}).Function("shop.a", backend.FunctionUnit{})
			},
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s is taken", name)
					}
				}()
				add(backend.New("shop", "1"))
			}()
		}
	})
}
