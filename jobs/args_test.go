package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// Three releases of one job function: the second calls the id external_id, the third wants the board too.
type (
	firstArgs  struct{ ID string }
	secondArgs struct {
		ExternalID string `json:"external_id" jobs:"required"`
	}
	thirdArgs struct {
		ExternalID string `json:"external_id" jobs:"required"`
		Board      string `json:"board" jobs:"required"`
		Note       string `json:"note"`
	}
)

func renameID(old json.RawMessage) (json.RawMessage, error) {
	var a firstArgs
	if err := json.Unmarshal(old, &a); err != nil {
		return nil, err
	}
	return json.Marshal(secondArgs{a.ID})
}

func addBoard(old json.RawMessage) (json.RawMessage, error) {
	var a secondArgs
	if err := json.Unmarshal(old, &a); err != nil {
		return nil, err
	}
	if a.ExternalID == "unknown" {
		return nil, errors.New("no board is known for hunter2")
	}
	return json.Marshal(thirdArgs{ExternalID: a.ExternalID, Board: "board of " + a.ExternalID})
}

func result[A any](_ context.Context, _ session, args A) jobs.Outcome {
	return jobs.Outcome{Kind: jobs.Done, Result: fmt.Sprintf("%+v", args)}
}

var (
	firstRelease  = jobs.NewFunc("card.import", result[firstArgs])
	secondRelease = jobs.NewFunc("card.import", result[secondArgs]).Version(2, renameID)
	thirdRelease  = jobs.NewFunc("card.import", result[thirdArgs]).Version(2, renameID).Version(3, addBoard)
)

func TestVersionsOfArguments(t *testing.T) {
	login := func(context.Context, jobs.Job) (session, error) { return session{}, nil }
	// runs lets a release run what another one enqueued.
	runs := func(t *testing.T, h jobs.Handler, s jobs.Spec) jobs.Job {
		t.Helper()
		b := newBench(t)
		id := b.add(s)
		if _, err := b.worker(h, jobs.WorkerOptions{}).Run(b.ctx(), jobs.RunFilter{}); err != nil {
			t.Fatal(err)
		}
		return b.job(id)
	}
	t.Run("Ensure what an older release enqueued runs as if this one had", func(t *testing.T) {
		want := "{ExternalID:5f Board:board of 5f Note:}"
		for version, spec := range map[int]jobs.Spec{
			1: firstRelease.Spec(firstArgs{"5f"}, jobs.Spec{}), 2: secondRelease.Spec(secondArgs{"5f"}, jobs.Spec{}),
			3: thirdRelease.Spec(thirdArgs{ExternalID: "5f", Board: "board of 5f"}, jobs.Spec{}),
		} {
			if j := runs(t, thirdRelease.Handler(login), spec); j.Result != want || j.ArgsVersion != version {
				t.Errorf("version %d: %+v", version, j)
			}
		}
	})
	for about, test := range map[string]struct {
		handler jobs.Handler
		spec    jobs.Spec
		want    string
	}{
		"that a newer release enqueued": {secondRelease.Handler(login), thirdRelease.Spec(thirdArgs{}, jobs.Spec{}),
			"decode the arguments of job function card.import: they have version 3 and this program knows 2 at most; " +
				"run the job with the newer program that enqueued it"},
		"that lack a field": {secondRelease.Handler(login), jobs.Spec{Args: map[string]any{"external": "5f"}, ArgsVersion: 2},
			"decode the arguments of job function card.import: external_id is missing; was the job enqueued by another version of this program?"},
		"that lack several, one way or the other": {thirdRelease.Handler(login),
			jobs.Spec{Args: map[string]any{"external_id": nil, "board": ""}, ArgsVersion: 3},
			"decode the arguments of job function card.import: external_id and board are missing; was the job enqueued by another version of this program?"},
		"that cannot be brought up": {thirdRelease.Handler(login), secondRelease.Spec(secondArgs{"unknown"}, jobs.Spec{}),
			"upgrade the arguments of job function card.import from version 2: was the job enqueued by another version of this program?"},
	} {
		t.Run("Ensure arguments "+about+" fail their job, which says so", func(t *testing.T) {
			j := runs(t, test.handler, test.spec)
			if j.State != fail || j.ExcName != "CON-JOBS-ARGS" || j.ExcMessage != test.want || strings.Contains(j.ExcInfo, "hunter2") {
				t.Errorf("%s %s: %s\n%s", j.State, j.ExcName, j.ExcMessage, j.ExcInfo)
			}
		})
	}
	t.Run("Ensure the error has all of it for programs", func(t *testing.T) {
		_, err := thirdRelease.Args(jobs.Job{Function: "card.import", ArgsVersion: 3, Args: []byte(`{"note":"x"}`)})
		var ae *jobs.ArgsError
		if !errors.As(err, &ae) || !slices.Equal(ae.Missing, []string{"external_id", "board"}) || ae.Op != "decode" {
			t.Errorf("%+v", err)
		}
		_, err = firstRelease.Args(jobs.Job{Function: "card.import", ArgsVersion: 7, Args: []byte(`{}`)})
		if !errors.As(err, &ae) || ae.Version != 7 || ae.Known != 1 {
			t.Errorf("%+v", err)
		}
	})
	t.Run("Ensure versions are declared in order", func(t *testing.T) {
		defer func() {
			if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), "version 3") {
				t.Errorf("panicked with %v", v)
			}
		}()
		firstRelease.Version(3, renameID)
	})
	t.Run("Ensure a call that runs again keeps the version of its arguments", func(t *testing.T) {
		b := newBench(t)
		b.add(secondRelease.Spec(secondArgs{"5f"}, jobs.Spec{Identity: "x"}))
		b.add(thirdRelease.Spec(thirdArgs{ExternalID: "60", Board: "b"}, jobs.Spec{Identity: "x", Policy: jobs.RunAgain}))
		if _, err := b.worker(thirdRelease.Handler(login), jobs.WorkerOptions{}).Run(b.ctx(), jobs.RunFilter{}); err != nil {
			t.Fatal(err)
		}
		if j := b.job(2); j.ArgsVersion != 3 || j.Result != "{ExternalID:60 Board:b Note:}" {
			t.Errorf("%+v", j)
		}
	})
}

// A new release calls an argument by another name; what the old one enqueued still runs.
func ExampleFunc_Version() {
	ctx := context.Background()
	db, closeDB := temporaryState(ctx)
	defer closeDB()
	queue := jobs.New(db)
	err := db.Write(ctx, func(tx *state.Tx) error { // by the old release
		_, _, err := firstRelease.Delay(ctx, queue, tx, firstArgs{ID: "5f"}, jobs.Spec{Backend: "trello"})
		return err
	})
	if err != nil {
		panic(err)
	}
	login := func(context.Context, jobs.Job) (session, error) { return session{}, nil }
	worker := jobs.NewWorker(queue, "example", map[string]jobs.Handler{secondRelease.Name(): secondRelease.Handler(login)},
		jobs.WorkerOptions{Progress: func(j jobs.Job, _ jobs.Outcome) { fmt.Println(j.Result) }})
	if _, err := worker.Run(ctx, jobs.RunFilter{}); err != nil {
		panic(err)
	}
	// Output: {ExternalID:5f}
}
