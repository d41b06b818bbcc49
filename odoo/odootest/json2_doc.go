package odootest

import (
	"net/http"
	"strings"
)

// groupDoc is the group Technical Documentation; an administrator is in it.
const groupDoc = "api_doc.group_allow_doc"

// serveDoc answers Odoo 19's documentation of itself: /doc leads to the login
// (captures/odoo19/json2_doc_page), /doc-bearer takes a key
// (captures/odoo19/json2_doc_bearer_*).
func (h *Host) serveDoc(w http.ResponseWriter, r *http.Request) {
	s := h.selected(r)
	if s == nil {
		noDatabasePage(w)
		return
	}
	if r.URL.Path == "/doc" {
		redirectPage("/web/login?redirect=%2Fdoc%3F").write(w)
		return
	}
	user, err := s.bearerOf(r)
	if err == nil && !user.has(groupDoc) && !user.has(groupSettings) {
		err = denied("This page is only accessible to Technical Documentation users.")
	}
	if err != nil {
		refuseJSON(w, r, nil, asFailure(err))
		return
	}
	page, isJSON := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/doc-bearer/"), ".json")
	if !isJSON {
		notFoundPage(w)
		return
	}
	if page != "index" && s.tables[page] == nil { // seen on Odoo 19
		refuseJSON(w, r, nil, httpFailure(http.StatusNotFound, "%s", notFoundText))
		return
	}
	body, err := s.documentation(user, page)
	if err != nil {
		refuseJSON(w, r, nil, asFailure(err))
		return
	}
	w.Header().Set("Cache-Control", "no-cache, private")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	answer(w, http.StatusOK, jsonType, body)
}

// documentation renders a page.
func (s *Server) documentation(user *account, page string) ([]byte, error) {
	value, err := s.transact(user, nil, func(t *tx) (any, error) {
		if page == "index" {
			return t.documentAll(), nil
		}
		return t.document(s.tables[page].model), nil
	})
	if err != nil {
		return nil, err
	}
	return encodeJSON(value, nil)
}

// documentAll lists modules and models with the labels of their fields.
func (t *tx) documentAll() map[string]any {
	modules := []any{"base", "rpc", "web", "api_doc", "mail", "project"}
	models := []any{}
	for _, name := range t.s.models {
		m := t.s.tables[name].model
		fields := map[string]any{}
		for _, field := range m.names {
			fields[field] = map[string]any{"string": m.fields[field].label}
		}
		models = append(models, map[string]any{"model": m.name, "name": m.label, "fields": fields, "methods": t.s.methodNames(m.name)})
	}
	return map[string]any{"modules": modules, "models": models}
}

// document describes one model: its fields as fields_get does, and its methods.
func (t *tx) document(m *model) map[string]any {
	described := map[string]any{}
	for _, name := range t.s.methodNames(m.name) {
		method := t.s.method(m.name, name)
		described[name] = map[string]any{
			"signature": method.signature(name), "parameters": method.parameters(name), "api": method.api(),
		}
	}
	return map[string]any{"model": m.name, "name": m.label, "doc": nil, "fields": t.describe(m, nil, nil), "methods": described}
}

// methodNames are the methods of a model that can be called, in order.
func (s *Server) methodNames(model string) []string {
	names := []string{}
	for _, name := range sortedKeys(methods) {
		if _, err := s.public(model, name); err == nil {
			names = append(names, name)
		}
	}
	return names
}

// signature is "(domain, offset=None)".
func (m *method) signature(name string) string {
	parts := make([]string, len(m.params))
	for i, param := range m.params {
		parts[i] = jsonName(name, param)
		if i >= m.required {
			parts[i] += "=None"
		}
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// parameters describes the arguments in the order of the signature; one with a
// default may be left out.
func (m *method) parameters(name string) raw {
	described := make([]member, len(m.params))
	for i, param := range m.params {
		details := map[string]any{}
		if i >= m.required {
			details["default"] = nil
		}
		described[i] = member{jsonName(name, param), details}
	}
	return members(described...)
}

// api says whether a method is the model's and takes no ids.
func (m *method) api() []any {
	if m.records {
		return []any{}
	}
	return []any{"model"}
}
