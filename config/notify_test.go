package config_test

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

const notifyBlock = `notify:
  - {name: ops, email: {to: [ann@example.com], from: connector@example.com, server: "smtp.example.com:587", username: u, password: {env: SMTP_PASSWORD}}}
  - {name: chat, webhook: {env: CHAT_URL}, on: [failed, review], digest: 1h}
  - {name: script, command: [tell, -v]}
  - {name: dead-man, ping: "https://hc.example.com/uuid", runs: [sync, schedule]}
`

func TestNotifySection(t *testing.T) {
	t.Run("Ensure all of the section is read, with its defaults", func(t *testing.T) {
		all := mustLoad(t, valid+notifyBlock).Notify
		if len(all) != 4 {
			t.Fatalf("%+v", all)
		}
		troubles := []string{"failed", "schedule", "outage", "stuck"}
		if e := all[0].Email; e == nil || e.Security != "starttls" || e.Username != "u" || !slices.Equal(all[0].On, troubles) || all[0].Digest != 10*time.Minute {
			t.Errorf("%+v %+v", all[0], e)
		}
		if all[1].Webhook.IsZero() || !slices.Equal(all[1].On, []string{"failed", "review"}) || all[1].Digest != time.Hour {
			t.Errorf("%+v", all[1])
		}
		if !slices.Equal(all[2].Command, []string{"tell", "-v"}) || all[3].Ping.IsZero() || !slices.Equal(all[3].Runs, []string{"sync", "schedule"}) || len(all[3].On) != 0 {
			t.Errorf("%+v %+v", all[2], all[3])
		}
	})
	t.Run("Ensure it is shown without secrets: an address that is one, a command's arguments", func(t *testing.T) {
		c := mustLoad(t, valid+notifyBlock)
		want := []any{
			map[string]any{"name": "ops", "on": []any{"failed", "schedule", "outage", "stuck"}, "digest": "10m", "email": map[string]any{
				"to": []any{"ann@example.com"}, "from": "connector@example.com", "server": "smtp.example.com:587", "security": "starttls",
				"username": "u", "password": map[string]any{"env": "SMTP_PASSWORD"}}},
			map[string]any{"name": "chat", "on": []any{"failed", "review"}, "digest": "1h", "webhook": map[string]any{"env": "CHAT_URL"}},
			map[string]any{"name": "script", "on": []any{"failed", "schedule", "outage", "stuck"}, "digest": "10m", "command": []any{"tell", "******"}},
			map[string]any{"name": "dead-man", "runs": []any{"sync", "schedule"}, "ping": "******"},
		}
		if shown := c.Redacted()["notify"]; !reflect.DeepEqual(shown, want) {
			t.Errorf("got  %v\nwant %v", shown, want)
		}
		if n, ok := c.FindNotify("chat"); !ok || n.Line != 19 {
			t.Errorf("found %+v, %v", n, ok)
		}
		if _, ok := c.FindNotify("nobody"); ok {
			t.Error("an entry was found that is not there")
		}
	})
	letter := func(more string) string {
		return "name: a, email: {to: [a@b.c], from: a@b.c, server: \"h:25\"" + more + "}"
	}
	for about, test := range map[string]struct{ entry, want string }{
		"an unknown key":            {"name: a, command: [x], dijest: 5m", `18: notify[0].dijest: unknown key "dijest"; did you mean "digest"? (name, on, digest, command, webhook, email, ping, runs)`},
		"no way":                    {"name: a", `18: notify[0]: says no way of telling; give one of command, webhook, email, ping`},
		"two ways":                  {"name: a, command: [x], webhook: x", `18: notify[0].webhook: an entry has one way of telling, and command is given already; make an entry of its own for each way`},
		"an unknown event":          {"name: a, command: [x], on: [fail]", `18: notify[0].on[0]: "fail" is not an event; use one of failed, schedule, outage, stuck, review`},
		"no event":                  {"name: a, command: [x], on: []", `18: notify[0].on: is an empty list; use some of failed, schedule, outage, stuck, review, or leave it out`},
		"events of a ping":          {"name: a, ping: x, on: [failed]", `18: notify[0].on: a ping is told of runs, not of events; use runs:, or another way of telling`},
		"a digest of a ping":        {"name: a, ping: x, digest: 5m", `18: notify[0].digest: a ping has no digest: every run is told; leave it out`},
		"runs of a command":         {"name: a, command: [x], runs: [sync]", `18: notify[0].runs: runs goes with ping; use on: for the events to be told of`},
		"an unknown run":            {"name: a, ping: x, runs: [doctor]", `18: notify[0].runs[0]: "doctor" is not a command that ends by itself; use one of sync, poll, jobs, schedule`},
		"too long a digest":         {"name: a, command: [x], digest: 48h", `18: notify[0].digest: "48h" is not between 0s and 24h`},
		"no program":                {"name: a, command: []", `18: notify[0].command: is an empty list; name the program`},
		"no receiver of letters":    {"name: a, email: {to: [], from: a@b.c, server: \"h:25\"}", `18: notify[0].email.to: is an empty list; list at least one address`},
		"an address with a name":    {"name: a, email: {to: [Ann <a@b.c>], from: a@b.c, server: \"h:25\"}", `18: notify[0].email.to[0]: "Ann <a@b.c>" is no e-mail address; write it as ann@example.com, without a name`},
		"a server without a port":   {"name: a, email: {to: [a@b.c], from: a@b.c, server: h}", `18: notify[0].email.server: "h" is no server; write it as HOST:PORT, as smtp.example.com:587`},
		"an unknown security":       {letter(", security: ssl"), `18: notify[0].email.security: "ssl" is not a way to speak to the server; use one of starttls, tls, none`},
		"a password of nobody":      {letter(", password: x"), `18: notify[0].email.password: a password without a username; give username:, too`},
		"a login without password":  {letter(", username: x"), `18: notify[0].email.password: required key "password" is missing; write it as {env: NAME}, {file: PATH}, {credential: NAME} or {command: [PROGRAM, ARGUMENT]}, or as the text itself`},
		"a letter without a server": {"name: a, email: {to: [a@b.c], from: a@b.c}", `18: notify[0].email.server: required key "server" is missing; write it as HOST:PORT, as smtp.example.com:587`},
	} {
		t.Run("Ensure "+about+" is an error with its place", func(t *testing.T) {
			_, err := load(valid + "notify:\n  - {" + test.entry + "}\n")
			wantText(t, err, "config.yaml:"+test.want)
		})
	}
}
