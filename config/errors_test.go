package config_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/config"
)

const howToGive = "write it as {env: NAME}, {file: PATH}, {credential: NAME} or {command: [PROGRAM, ARGUMENT]}, or as the text itself"

// wrongLines replaces a line of the valid file, found by its beginning, by a wrong one; want is what follows the file's name.
var wrongLines = []struct{ about, line, replacement, want string }{
	{"an unknown key at the top", "state:", "sate: x", `1: sate: unknown key "sate"; did you mean "state"? (state, odoo, backends, jobs, schedule, notify)`},
	{"an unknown key of an Odoo", "database:", "    databse: x\n    database: x",
		`5: odoo[0].databse: unknown key "databse"; did you mean "database"?`},
	{"an unknown key of a backend", "boards:", "    bords: []",
		`14: backends[0].bords: unknown key "bords"; did you mean "boards"?`},
	{"a key of a binding model in a backend", "boards:", "    conflict: odoo",
		`14: backends[0].conflict: unknown key "conflict"; it is a key of a binding model, as in models: [{model: …, conflict: …}]`},
	{"an unknown key far from all", "state:", "xyz: x", `1: xyz: unknown key "xyz"; use one of state, odoo, backends, jobs, schedule, notify`},
	{"a model as a key", "{model:", "      - {trello.card: both}",
		`16: backends[0].models[0].model: required key "model" is missing
16: backends[0].models[0].trello.card: unknown key "trello.card"; use one of model, direction, domain, conflict, on_leave, fields`},
	{"a key with an odd character", "state:", "state=x: y",
		`1: state…: unknown key "state…"; write a blank after a key's colon, and put text that holds a comma, a brace or a colon in quotes`},
	{"a name that is a list", "name: main", "  - name: [x]\n    timeout: 1s", `3: odoo[0].name: expected text, found a list`},
	{"a name that is too long", "name: main", "  - name: " + strings.Repeat("x", 65),
		`3: odoo[0].name: "` + strings.Repeat("x", 60) + `…" is not a name; use up to 64 letters, digits, dots, - and _, beginning with a letter or digit`},
	{"a direction that is a list", "{model:", "      - {model: trello.card, direction: [both]}",
		`16: backends[0].models[0].direction: expected text, found a list`},
	{"a key that is no text", "state:", "5: x", `1: 5: unknown key "5"; use one of state, odoo, backends, jobs, schedule, notify`},
	{"a key that is a list", "state:", "? [state]\n: x", `1: expected a key, found a list`},
	{"a key that lost the blank after its colon", "{model:", "      - {model: trello.card, direction:both}",
		`16: backends[0].models[0]: a key without a value; put text that holds a comma, a brace or a colon in quotes`},
	{"a duplicate key", "url:", "    url: https://a\n    url: https://b", `5: odoo[0].url: duplicate key "url", first on line 4`},
	{"a list where text is due", "database:", "    database: [x]", `5: odoo[0].database: expected text, found a list`},
	{"a number where text is due", "database:", "    database: 2024", `5: odoo[0].database: expected text, found a number; write it in quotes`},
	{"a truth where text is due", "boards:", "    boards: [true]",
		`14: backends[0].boards[0]: expected text, found true or false; write it in quotes`},
	{"a date where text is due", "boards:", "    boards: [2024-01-01]",
		`14: backends[0].boards[0]: expected text, found a date; write it in quotes`},
	{"nothing where text is due", "boards:", "    boards: [~]", `14: backends[0].boards[0]: expected text, found nothing`},
	{"text where a list is due", "boards:", "    boards: Marketing",
		`14: backends[0].boards: expected a list, found text; write each entry on a line of its own after "- ", or all in [ ]`},
	{"keys where a list is due", "boards:", "    boards: {a: b}",
		`14: backends[0].boards: expected a list, found keys with values; write each entry on a line of its own after "- ", or all in [ ]`},
	{"text where keys are due", "{model:", "      - trello.card", `16: backends[0].models[0]: expected keys with values, found text`},
	{"an empty text", "database:", `    database: " "`, `5: odoo[0].database: is empty`},
	{"an empty value of a required key", "username:", "    username:",
		`6: odoo[0].username: required key "username" is empty; the login of the user that the connector works as`},
	{"a missing username", "username:", "", `3: odoo[0].username: required key "username" is missing; the login of the user that the connector works as`},
	{"a missing password", "password:", "", `3: odoo[0].password: required key "password" is missing; give password or api_key; ` + howToGive},
	{"a missing key of the system", "token:", "", `9: backends[0].token: required key "token" is missing; ` + howToGive},
	{"a missing url", "url:", "", `3: odoo[0].url: required key "url" is missing; write it as https://HOST or sandbox://NAME`},
	{"a missing kind", "kind:", "", `9: backends[0].kind: required key "kind" is missing; use one of trello, shop, bare`},
	{"an unknown kind, without noise about its keys", "kind:", "    kind: trelo",
		`10: backends[0].kind: "trelo" is not a known kind of backend; did you mean "trello"? (trello, shop, bare)`},
	{"an unknown version", "version:", "    version: 2.1",
		`11: backends[0].version: "2.1" is not a version of trello; did you mean "2.0"? (generic, 2.0)`},
	{"an unknown model", "{model:", "      - {model: trello.crad}",
		`16: backends[0].models[0].model: "trello.crad" is not a model of trello; did you mean "trello.card"? (trello.board, trello.list, trello.label, trello.card)`},
	{"a duplicate model", "{model:", "      - {model: trello.card}\n      - {model: trello.card}",
		`17: backends[0].models[1].model: duplicate model "trello.card", first on line 16`},
	{"an unknown direction", "{model:", "      - {model: trello.card, direction: imprt}",
		`16: backends[0].models[0].direction: "imprt" is not a direction; did you mean "import"? (both, import, export, off)`},
	{"an unknown conflict policy", "{model:", "      - {model: trello.card, conflict: whoever}",
		`16: backends[0].models[0].conflict: "whoever" is not a conflict policy; use one of ask, odoo, backend, newest`},
	{"a reference to an Odoo that is not there", "version:", "    odoo: mian",
		`11: backends[0].odoo: there is no Odoo named "mian"; did you mean "main"? (main)`},
	{"a url without a scheme", "url:", "    url: example.odoo.com", `4: odoo[0].url: is not a URL; write it as https://HOST or sandbox://NAME`},
	{"a url with a port and no scheme", "url:", "    url: localhost:8069", `4: odoo[0].url: is not a URL; write it as https://HOST or sandbox://NAME`},
	{"a url of another scheme", "url:", "    url: ftp://example.com",
		`4: odoo[0].url: a URL begins with https://, http:// or sandbox://; write it as https://HOST or sandbox://NAME`},
	{"a url without a host", "url:", "    url: https://", `4: odoo[0].url: a URL without a host is refused; write it as https://HOST`},
	{"a url with credentials", "url:", "    url: https://u:p@example.com",
		`4: odoo[0].url: a URL with credentials is refused; give them under keys of their own`},
	{"a url with a query", "url:", "    url: https://example.com?db=x",
		`4: odoo[0].url: a URL with a query (?…) is refused; end it before the question mark`},
	{"a url with a fragment", "url:", "    url: https://example.com/#",
		`4: odoo[0].url: a URL with a fragment (#…) is refused; end it before the #`},
	{"a sandbox without a name", "url:", "    url: sandbox://",
		`4: odoo[0].url: is not a sandbox; write it as sandbox://NAME, with a name of letters, digits, dots, - and _`},
	{"a sandbox with a path", "url:", "    url: sandbox://demo/x",
		`4: odoo[0].url: is not a sandbox; write it as sandbox://NAME, with a name of letters, digits, dots, - and _`},
	{"a timeout without a unit", "database:", "    database: x\n    timeout: 30",
		`6: odoo[0].timeout: expected a time span, found a number; write a number with its unit, as 30s, 2m or 1d`},
	{"a timeout that is none", "database:", "    database: x\n    timeout: soon",
		`6: odoo[0].timeout: "soon" is not a time span; write a number with its unit, as 30s, 2m or 1d`},
	{"a timeout that is a list", "database:", "    database: x\n    timeout: [1s]", `6: odoo[0].timeout: expected text, found a list`},
	{"a timeout that is too short", "database:", "    database: x\n    timeout: 10ms", `6: odoo[0].timeout: "10ms" is not between 1s and 10m`},
	{"a timeout that is too long", "version:", "    timeout: 11m", `11: backends[0].timeout: "11m" is not between 1s and 10m`},
	{"a password beside an API key", "password:", "    password: {env: A}\n    api_key: {env: B}",
		`8: odoo[0].api_key: password and api_key are both given; keep one of them: an API key is enough, and needed for a user with two-factor login`},
	{"a password for JSON-2", "password:", "    password: {env: A}\n    protocol: json2",
		`7: odoo[0].password: protocol json2 takes no password; give an API key under api_key, made in Odoo under Preferences, Account Security`},
	{"an API key from two sources", "password:", "    api_key: {env: A, file: b}",
		`7: odoo[0].api_key: a secret has one of env, file, credential and command; ` + howToGive},
	{"an unknown protocol", "database:", "    database: x\n    protocol: jsn2",
		`6: odoo[0].protocol: "jsn2" is not a protocol; did you mean "json2"? (auto, xmlrpc, json2)`},
	{"no call at a time", "database:", "    database: x\n    calls_at_once: 0", `6: odoo[0].calls_at_once: 0 is not between 1 and 16`},
	{"too many calls at a time", "database:", "    database: x\n    calls_at_once: 17", `6: odoo[0].calls_at_once: 17 is not between 1 and 16`},
	{"half a call at a time", "database:", "    database: x\n    calls_at_once: 1.5",
		`6: odoo[0].calls_at_once: expected a whole number, found a number`},
	{"a number of calls in words", "database:", "    database: x\n    calls_at_once: two",
		`6: odoo[0].calls_at_once: expected a whole number, found text`},
	{"no call a second", "database:", "    database: x\n    calls_per_second: 0",
		`6: odoo[0].calls_per_second: 0 is not between 0.01 and 1000`},
	{"endless calls a second", "database:", "    database: x\n    calls_per_second: .inf",
		`6: odoo[0].calls_per_second: is not a finite number`},
	{"calls a second with a unit", "database:", "    database: x\n    calls_per_second: 1/s",
		`6: odoo[0].calls_per_second: expected a number, found text`},
	{"a language by its name", "database:", "    database: x\n    language: French",
		`6: odoo[0].language: "French" is not the code of a language; write it as Odoo does, fr_FR: language and country, joined by _`},
	{"a language as browsers write it", "database:", "    database: x\n    language: fr-FR",
		`6: odoo[0].language: "fr-FR" is not the code of a language; write it as Odoo does, fr_FR: language and country, joined by _`},
	{"one company without a list", "database:", "    database: x\n    companies: My Company",
		`6: odoo[0].companies: expected a list, found text; write each entry on a line of its own after "- ", or all in [ ]`},
	{"no company", "database:", "    database: x\n    companies: []",
		`6: odoo[0].companies: is an empty list; name at least one company, or leave companies out for the user's own`},
	{"a company twice", "database:", "    database: x\n    companies: [1, 2, 1]",
		`6: odoo[0].companies[2]: duplicate company, first on line 6`},
	{"a company that has no id", "database:", "    database: x\n    companies: [0]",
		`6: odoo[0].companies[0]: 0 is not between 1 and 2147483647`},
	{"a company that is a list", "database:", "    database: x\n    companies: [[1]]",
		`6: odoo[0].companies[0]: expected text, found a list`},
	{"a tracking that is no truth", "database:", "    database: x\n    tracking_disable: 1",
		`6: odoo[0].tracking_disable: expected true or false, found a number`},
	{"a file of certificates that is not there", "database:", "    database: x\n    ca_file: certs/nowhere.pem",
		`6: odoo[0].ca_file: there is no file "certs/nowhere.pem"; relative paths start beside the configuration file`},
	{"a check of certificates turned off", "database:", "    database: x\n    insecure: true",
		`6: odoo[0].insecure: unknown key "insecure"; to trust a server that signed its certificate itself, name the certificate's PEM file under ca_file`},
	{"a secret with two sources", "password:", "    password: {env: A, file: b}",
		`7: odoo[0].password: a secret has one of env, file, credential and command; ` + howToGive},
	{"a secret with a misspelt source", "password:", "    password: {fiel: a}",
		`7: odoo[0].password: unknown key in a secret; did you mean "file"? (env, file, command, credential)`},
	{"a secret with an unknown source", "password:", "    password: {vault: a}", `7: odoo[0].password: unknown key in a secret; ` + howToGive},
	{"an empty secret", "password:", `    password: ""`, `7: odoo[0].password: is empty; ` + howToGive},
	{"a secret that is a list", "password:", "    password: [a]", `7: odoo[0].password: expected a secret, found a list; ` + howToGive},
	{"a variable that cannot be one", "password:", "    password: {env: $ODOO}",
		`7: odoo[0].password.env: is not the name of an environment variable; use letters, digits and _, without $`},
	{"a command as text", "password:", "    password: {command: pass show odoo}",
		`7: odoo[0].password.command: expected a list, found text; write the program and each argument as an entry: [pass, show, odoo]; no shell is used`},
	{"a command without a program", "password:", "    password: {command: []}",
		`7: odoo[0].password.command: is an empty list; begin with the program`},
	{"a command of keys", "password:", "    password: {command: {a: b}}",
		`7: odoo[0].password.command: expected a list, found keys with values; write each entry on a line of its own after "- ", or all in [ ]`},
	{"a tag", "password:", "    password: !vault abc", `7: odoo[0].password: a YAML tag (!…) is not read; put text that begins with "!" in quotes`},
	{"a merge key", "boards:", "    <<: {boards: []}", `14: backends[0]: merge keys (<<) are not read; write the keys out`},
	{"an alias that leads back to itself", "boards:", "    boards: &b [*b]",
		`14: backends[0].boards[0]: an alias leads back to itself; write the values out`},
	{"a state that is no path", "state:", "state: [a]", `1: state: expected text, found a list`},
}

func TestErrorsOfLines(t *testing.T) {
	for _, c := range wrongLines {
		t.Run("Ensure "+c.about+" is reported", func(t *testing.T) {
			_, err := load(with(t, c.line, c.replacement))
			wantText(t, err, "config.yaml:"+strings.ReplaceAll(c.want, "\n", "\nconfig.yaml:"))
		})
	}
}

func TestErrorsOfLists(t *testing.T) {
	const odoo = "odoo: [{name: main, url: 'sandbox://demo'}, {name: second, url: 'sandbox://demo'}]\n"
	for _, c := range []struct{ about, text, want string }{
		{"a name used twice for an Odoo", "odoo:\n  - {name: a, url: 'sandbox://x'}\n  - {name: a, url: 'sandbox://x'}\nbackends: [{name: b, kind: bare, odoo: a}]",
			`3: odoo[1].name: duplicate name "a", first on line 2`},
		{"a name used twice for a backend", odoo + "backends:\n  - {name: b, kind: bare, odoo: main}\n  - {name: b, kind: bare, odoo: main}",
			`4: backends[1].name: duplicate name "b", first on line 3`},
		{"a backend that does not say which of several Odoos", odoo + "backends: [{name: b, kind: bare}]",
			`2: backends[0].odoo: required key "odoo" is missing; there are several Odoo databases: use one of main, second`},
		{"a kind that has no default url", odoo + "backends: [{name: b, kind: shop, odoo: main, login: {user: a, password: b}}]",
			`2: backends[0].url: required key "url" is missing; write it as https://HOST or sandbox://NAME`},
		{"a name that no file name can hold", odoo + "backends: [{name: a/b, kind: bare, odoo: main}]",
			`2: backends[0].name: "a/b" is not a name; use up to 64 letters, digits, dots, - and _, beginning with a letter or digit`},
		{"an empty list of Odoos", "odoo: []\nbackends: [{name: b, kind: bare}]", `1: odoo: is an empty list; list at least one Odoo database`},
		{"an empty list of backends", odoo + "backends: []", `2: backends: is an empty list; list at least one backend`},
		{"missing lists", "state: x", "1: odoo: required key \"odoo\" is missing; list at least one Odoo database\n" +
			`1: backends: required key "backends" is missing; list at least one backend`},
		{"names as keys", "odoo:\n  main: {url: 'sandbox://x'}\nbackends: {b: {kind: bare}}",
			`2: odoo: expected a list, found keys with values; write each entry on a line of its own after "- ", or all in [ ]` + "\n" +
				`3: backends: expected a list, found keys with values; write each entry on a line of its own after "- ", or all in [ ]`},
		{"a version near the only one", "odoo: [{name: main, url: 'sandbox://demo'}]\nbackends: [{name: b, kind: bare, version: x}]",
			`2: backends[0].version: "x" is not a version of bare; did you mean "1"? (1)`},
		{"a version far from the only one", "odoo: [{name: main, url: 'sandbox://demo'}]\nbackends: [{name: b, kind: bare, version: xyz}]",
			`2: backends[0].version: "xyz" is not a version of bare; the only one is 1`},
		{"a secret that is nothing in a list", odoo + "backends: [{name: b, kind: shop, odoo: main, url: 'sandbox://x', keys: [~]}]",
			`2: backends[0].keys[0]: expected a secret, found nothing; ` + howToGive},
		{"a backend that is text", odoo + "backends: [trello]", `2: backends[0]: expected keys with values, found text`},
	} {
		t.Run("Ensure "+c.about+" is reported", func(t *testing.T) {
			_, err := load(c.text)
			wantText(t, err, "config.yaml:"+strings.ReplaceAll(c.want, "\n", "\nconfig.yaml:"))
		})
	}
}

func TestErrorsOfText(t *testing.T) {
	const quotes = "put text that begins with one of @ ` % & * ! | > [ { in quotes"
	var many strings.Builder
	many.WriteString("a: &a [" + strings.Repeat("x, ", 10) + "]\n")
	for name := 'b'; name < 'h'; name++ {
		prior := "*" + string(name-1) + ", "
		many.WriteString(string(name) + ": &" + string(name) + " [" + strings.Repeat(prior, 10) + "]\n")
	}
	for _, c := range []struct{ about, text, want string }{
		{"an empty file", "", ": is empty; `connector config init --force` fills it"},
		{"a file of comments", "# nothing\n\n", ": is empty; `connector config init --force` fills it"},
		{"a file that says null", "---\n~\n", ": is empty; `connector config init --force` fills it"},
		{"a file of text", "hello", ":1: expected the keys odoo: and backends:, found text; `connector config init` makes a good one, docs/configuration.md tells its keys"},
		{"a file that is a list", "- a", ":1: expected the keys odoo: and backends:, found a list; `connector config init` makes a good one, docs/configuration.md tells its keys"},
		{"a page instead of YAML", "<html>\n<body>a: b</body>: c\n</html>", ":2: is not YAML: mapping values are not allowed in this context; check the indentation, and put text that holds \": \" in quotes"},
		{"brackets that do not close", "odoo: [\n", ":2: is not YAML: did not find expected node content"},
		{"a bracket that is closed too late", "state: x\nodoo: [a\nbackends: b\n",
			":2: is not YAML: did not find expected ',' or ']'; close the bracket, and put text that holds a comma, a bracket or a colon in quotes"},
		{"a line that is indented too little", "state: x\nodoo:\n  - a\n b: c\n",
			":4: is not YAML: did not find expected key; check the indentation of the lines that follow"},
		{"an item that is indented too little", "state: x\nodoo:\n  - a\n  b: c\n",
			":3: is not YAML: did not find expected '-' indicator; check the indentation of the lines that follow"},
		{"a line without a colon", "state: x\nodoo\nbackends: y\n", ":2: is not YAML: could not find expected ':'"},
		{"an anchor without a name", "odoo: & x\n", ":1: is not YAML: did not find expected alphabetic or numeric character; " + quotes},
		{"text that begins with an at sign", "odoo:\n  - name: @x\n", ":2: is not YAML: found character that cannot start any token; " + quotes},
		{"an alias without an anchor", "state: x\nodoo: *main\n", ":2: is not YAML: an alias (*name) has no anchor (&name); " + quotes},
		{"a second document", valid + "---\nstate: x\n", ":17: a second document begins (---); keep one document in the file"},
		{"a second document that is not YAML", valid + "---\n{\n", ":19: is not YAML: did not find expected node content"},
		{"tabs", "odoo:\n\t- name: main\n", ":2: a tab is used for indentation; YAML takes spaces only"},
		{"tabs after spaces", "odoo:\n  - name: main\n  \turl: x\n", ":3: a tab is used for indentation; YAML takes spaces only"},
		{"bytes that are no text", "odoo: \xff\xfe\n", ":1: is not YAML: invalid leading UTF-8 octet; save the file in UTF-8"},
		{"control characters", "odoo:\n\x01\n", ":2: is not YAML: control characters are not allowed"},
		{"aliases that multiply", many.String(), ": too many values for a configuration; use fewer aliases (*name)"},
		{"deep nesting", "odoo: " + strings.Repeat("[", 40) + strings.Repeat("]", 40),
			":1: nested too deeply for a configuration; use fewer brackets"},
	} {
		t.Run("Ensure "+c.about+" is reported", func(t *testing.T) {
			_, err := load(c.text)
			wantText(t, err, "config.yaml"+c.want)
		})
	}
}

func TestErrorsOfFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")

	t.Run("Ensure an absent file is reported with what to copy", func(t *testing.T) {
		_, err := config.Load(path, kinds)
		wantText(t, err, path+": no such file; `connector config init` makes one; or name another file with --config")
		if !errors.Is(err, fs.ErrNotExist) {
			t.Error("the cause is not that the file does not exist")
		}
	})

	t.Run("Ensure a directory is reported", func(t *testing.T) {
		_, err := config.Load(dir, kinds)
		wantText(t, err, dir+": is a directory; name the file itself with --config")
	})

	t.Run("Ensure a file below a file is reported", func(t *testing.T) {
		write(t, filepath.Join(dir, "file"), "x")
		_, err := config.Load(filepath.Join(dir, "file", "config.yaml"), kinds)
		wantText(t, err, dir+"/file/config.yaml: cannot be read: not a directory")
	})

	t.Run("Ensure a file of another kind by its size is reported", func(t *testing.T) {
		write(t, path, strings.Repeat("#", 1<<20+1))
		_, err := config.Load(path, kinds)
		wantText(t, err, path+": is larger than 1 MiB, which no configuration is; name another file with --config")
	})

	t.Run("Ensure a file that may not be read is reported", func(t *testing.T) {
		if os.Geteuid() == 0 {
			t.Skip("root may read every file")
		}
		secret := filepath.Join(dir, "secret.yaml")
		write(t, secret, valid)
		if err := os.Chmod(secret, 0); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load(secret, kinds)
		wantText(t, err, secret+": cannot be read: permission denied")
	})
}

func TestErrorOfHome(t *testing.T) {
	t.Run("Ensure a state in a home directory that is not known is reported", func(t *testing.T) {
		t.Setenv("HOME", "")
		_, err := load(with(t, "state:", "state: ~/state.db"))
		wantText(t, err, "config.yaml:1: state: the home directory is unknown; write the whole path instead of ~")
	})
}

func TestAllErrorsAtOnce(t *testing.T) {
	text := strings.NewReplacer("username:", "usernme:", "kind: trello", "kind: trello\n    timeout: 5", "both,", "imprt,").Replace(valid)
	_, err := load(text)

	t.Run("Ensure all errors of a file come at once, in the order of its lines", func(t *testing.T) {
		wantText(t, err, `config.yaml:3: odoo[0].username: required key "username" is missing; the login of the user that the connector works as
config.yaml:6: odoo[0].usernme: unknown key "usernme"; did you mean "username"?
config.yaml:11: backends[0].timeout: expected a time span, found a number; write a number with its unit, as 30s, 2m or 1d
config.yaml:17: backends[0].models[0].direction: "imprt" is not a direction; did you mean "import"? (both, import, export, off)`)
	})

	t.Run("Ensure each error is typed with its place", func(t *testing.T) {
		var all config.Errors
		var first *config.Error
		if !errors.As(err, &all) || !errors.As(err, &first) || len(all) != 4 || first != all[0] {
			t.Fatalf("the error is a %T", err)
		}
		last := all[3]
		if last.File != "config.yaml" || last.Line != 17 || last.Column != 41 || last.Path != "backends[0].models[0].direction" ||
			last.Key != "direction" || last.Problem != `"imprt" is not a direction` {
			t.Errorf("error %+v", last)
		}
	})
}
