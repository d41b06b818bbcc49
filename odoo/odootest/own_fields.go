package odootest

import (
	"fmt"
	"maps"
	"slices"
	"sort"
)

// AddField gives a model one more field, as a user does who makes one of his own ("x_…", in Odoo's technical settings),
// or as a module does that the recorded servers did not have (planned_date_begin of Enterprise). Kind is what fields_get
// calls its type: char, text, html, boolean, integer, float, date or datetime. It panics for another one, and for a field that the model has.
func (s *Server) AddField(model, name, kind, label string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.table(model).model
	if m.fields[name] != nil {
		panic(fmt.Sprintf("odootest: %s has a field %s", model, name))
	}
	switch kind {
	case kindChar, kindText, kindHTML, kindBoolean, kindInteger, kindFloat, kindDate, kindDatetime:
	default:
		panic(fmt.Sprintf("odootest: no field of the type %s can be added", kind))
	}
	own := *m // the models of a version are shared by its servers
	own.fields, own.names = maps.Clone(m.fields), slices.Clone(m.names)
	own.add(&field{name: name, kind: kind, label: label})
	sort.Strings(own.names)
	s.table(model).model = &own
}
