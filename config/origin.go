package config

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

//nolint:gosec // It tells how to write a secret; it is none.
const secretHint = "write it as {env: NAME}, {file: PATH}, {credential: NAME} or {command: [PROGRAM, ARGUMENT]}, or as the text itself"

// secret gives where a secret comes from. Nothing that the file says here is ever shown.
func (v value) secret() (Secret, bool) {
	from := &origin{known: v.r.known, dir: v.r.dir, place: fmt.Sprintf("%s:%d: %s", v.r.file, v.place.Line, v.path)}
	ok := false
	switch {
	case v.isScalar("!!null"):
		v.fail("expected a secret, found nothing", secretHint)
	case v.node.Kind == yaml.ScalarNode:
		from.text, ok = v.node.Value, v.node.Value != ""
		if !ok {
			v.fail("is empty", secretHint)
		}
	case v.node.Kind == yaml.MappingNode:
		ok = v.secretOrigin(from)
	default:
		v.failType("a secret", secretHint)
	}
	secret := newSecret(from)
	if ok {
		from.at = &Error{File: v.r.file, Line: v.place.Line, Column: v.place.Column, Path: v.path, Key: lastKey(v.path)}
		v.r.secrets = append(v.r.secrets, secret)
		if problem, hint := from.readers(); problem != "" {
			v.warn(problem, hint)
		}
	}
	return secret, ok
}

// secretOrigin reads {env: …}, {file: …}, {credential: …} or {command: […]}.
func (v value) secretOrigin(from *origin) bool {
	if len(v.node.Content) != 2 {
		v.fail("a secret has one of env, file, credential and command", secretHint)
		return false
	}
	key, val := v.node.Content[0], v.r.at(v.node.Content[1], childPath(v.node, v.path, 1))
	name := v.r.at(key, v.path).node.Value
	ok := false
	switch name {
	case "env":
		from.env, ok = val.variable()
	case "file":
		from.file, ok = val.text()
	case "command":
		from.command, ok = val.command()
	case "credential":
		from.credential, ok = val.credentialName()
	default:
		hint := secretHint
		if near, found := Nearest(name, secretKeys); found {
			hint = fmt.Sprintf("did you mean %q? (env, file, command, credential)", near)
		}
		v.r.report(key, v.path, "unknown key in a secret", hint)
	}
	return ok
}

// variable gives the name of an environment variable; what cannot be one may be the secret itself and is not shown.
func (v value) variable() (string, bool) {
	name, ok := v.text()
	if ok && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		v.fail("is not the name of an environment variable", "use letters, digits and _, without $")
		return "", false
	}
	return name, ok
}

// credentialName gives the name of a credential of systemd, which is that of a file.
func (v value) credentialName() (string, bool) {
	name, ok := v.text()
	if ok && (strings.ContainsAny(name, "/\\") || name == "." || name == "..") {
		v.fail("is not the name of a credential", "give the name alone, as LoadCredential= has it; a path is written as {file: PATH}")
		return "", false
	}
	return name, ok
}

// command gives a program and its arguments.
func (v value) command() ([]string, bool) {
	if v.isScalar("!!str") {
		v.fail("expected a list, found text", "write the program and each argument as an entry: [pass, show, odoo]; no shell is used")
		return nil, false
	}
	items, ok := v.list()
	if !ok {
		return nil, false
	}
	if len(items) == 0 {
		v.fail("is an empty list", "begin with the program")
		return nil, false
	}
	argv := make([]string, len(items))
	for i, item := range items {
		text, fine := item.text()
		argv[i], ok = text, ok && fine
	}
	return argv, ok
}
