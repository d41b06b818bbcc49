package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// ArgsError says that a job's arguments cannot be stored or read. Its text doesn't show them; the cause underneath may.
type ArgsError struct {
	Function string   // the job function
	Op       string   // encode, decode, or upgrade: bring them into the form of this release
	Field    string   // the offending one, where it is known
	Missing  []string // fields that the function needs and the arguments lack
	Type     string   // the type that the arguments should have
	Version  int      // of the arguments; 0 where it doesn't matter
	Known    int      // the newest version that this program knows
	Err      error
}

// Error says where to look.
func (e *ArgsError) Error() string {
	what := fmt.Sprintf("%s the arguments of job function %s", e.Op, e.Function)
	const hint = "was the job enqueued by another version of this program?"
	switch {
	case e.Version > e.Known && e.Known > 0:
		return fmt.Sprintf("%s: they have version %d and this program knows %d at most; run the job with the newer program that enqueued it",
			what, e.Version, e.Known)
	case len(e.Missing) > 0:
		return fmt.Sprintf("%s: %s missing; %s", what, listed(e.Missing), hint)
	case e.Op == "upgrade":
		return fmt.Sprintf("%s from version %d: %s", what, e.Version, hint)
	case e.Field != "":
		return fmt.Sprintf("%s as %s, field %s: they don't fit; %s", what, e.Type, e.Field, hint)
	}
	return fmt.Sprintf("%s as %s: they don't fit; %s", what, e.Type, hint)
}

// listed words what is missing: "external_id is", "a and b are".
func listed(fields []string) string {
	if len(fields) == 1 {
		return fields[0] + " is"
	}
	last := len(fields) - 1
	return strings.Join(fields[:last], ", ") + " and " + fields[last] + " are"
}

// Unwrap gives the cause.
func (e *ArgsError) Unwrap() error { return e.Err }

// Sealed says that the cause is not for print.
func (*ArgsError) Sealed() {}

func encodeArgs(function string, args any) (json.RawMessage, error) {
	if args == nil {
		return json.RawMessage("{}"), nil
	}
	text, err := json.Marshal(args)
	if err != nil {
		return nil, &ArgsError{Function: function, Op: "encode", Type: fmt.Sprintf("%T", args), Err: err}
	}
	return text, nil
}

// Upgrade turns arguments of one version into those of the next. Its error may not show them.
type Upgrade func(old json.RawMessage) (json.RawMessage, error)

// readArgs reads a job's arguments, from whichever version up to the one that upgrades lead to.
func readArgs(j Job, upgrades []Upgrade, into any) error {
	raw, known := j.Args, 1+len(upgrades)
	typeName := strings.TrimPrefix(fmt.Sprintf("%T", into), "*")
	if j.ArgsVersion > known {
		return &ArgsError{Function: j.Function, Op: "decode", Type: typeName, Version: j.ArgsVersion, Known: known}
	}
	for v := max(j.ArgsVersion, 1); v < known; v++ {
		next, err := upgrades[v-1](raw)
		if err != nil {
			return &ArgsError{Function: j.Function, Op: "upgrade", Type: typeName, Version: v, Known: known, Err: err}
		}
		raw = next
	}
	if err := json.Unmarshal(raw, into); err != nil {
		e := &ArgsError{Function: j.Function, Op: "decode", Type: typeName, Err: err}
		var mismatch *json.UnmarshalTypeError
		if errors.As(err, &mismatch) {
			e.Field = mismatch.Field
		}
		return e
	}
	if missing := missingFields(raw, reflect.TypeOf(into).Elem()); len(missing) > 0 {
		return &ArgsError{Function: j.Function, Op: "decode", Type: typeName, Missing: missing}
	}
	return nil
}

// missingFields gives the fields with the tag jobs:"required" that JSON text lacks, or has as null or as an empty text.
func missingFields(raw json.RawMessage, of reflect.Type) (missing []string) {
	if of.Kind() != reflect.Struct {
		return nil
	}
	var given map[string]json.RawMessage
	for i := range of.NumField() {
		f := of.Field(i)
		if f.Tag.Get("jobs") != "required" {
			continue
		}
		if given == nil && json.Unmarshal(raw, &given) != nil {
			return nil
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		if value := string(given[name]); value == "" || value == "null" || value == `""` {
			missing = append(missing, name)
		}
	}
	return missing
}
