package cmd

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestJobsDocument holds docs/jobs-commands.md to the commands and to what they print.
func TestJobsDocument(t *testing.T) {
	text, err := os.ReadFile("../docs/jobs-commands.md")
	if err != nil {
		t.Fatal(err)
	}
	document := string(text)
	t.Run("Ensure that each key of the JSON is there", func(t *testing.T) {
		for _, view := range []any{
			jobsPage{}, jobView{}, jobDetailView{}, waitingView{}, attemptView{}, graphView{}, errorView{}, failureView{}, statsView{}, statView{},
			spreadView{}, channelView{}, pauseView{}, handView{},
		} {
			for field := range reflect.TypeOf(view).Fields() {
				key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				if key != "" && !strings.Contains(document, `"`+key+`"`) && !strings.Contains(document, "`"+key+"`") {
					t.Errorf("%T: the key %q is missing", view, key)
				}
			}
		}
	})
	t.Run("Ensure that each command below jobs and each flag of a filter is there", func(t *testing.T) {
		for _, c := range newApp().jobsCommand().Commands() {
			if !strings.Contains(document, "`jobs "+c.Name()) && !strings.Contains(document, "`"+c.Name()+"`") {
				t.Errorf("jobs %s is missing", c.Name())
			}
		}
		for _, name := range filterNames {
			if !strings.Contains(document, "`--"+name+" ") {
				t.Errorf("--%s is missing", name)
			}
		}
	})
}
