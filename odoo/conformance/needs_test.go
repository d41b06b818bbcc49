package conformance_test

import (
	"fmt"
	"strings"

	"github.com/odoo-connector/connector/odoo"
)

// moduleModels are models that come with a module and no other.
var moduleModels = map[string]string{"project": "project.task", "sale": "sale.order", "stock": "stock.quant", "crm": "crm.lead"}

// lacks tells what is not there of something that a case needs, "" where it is. Needs are a module
// of moduleModels; "administrator", a user who may change the settings; "user" and "portal", the
// suite's other users; "key", an API key beside a password; "second company"; "lang fr_FR"; "leavings", leave to make
// what Odoo never deletes.
func (r *run) lacks(need string) (string, error) {
	s, err := r.session("admin")
	if err != nil {
		return "", err
	}
	if model, ok := moduleModels[need]; ok {
		return r.lacksModel(s, need, model)
	}
	if lang, ok := strings.CutPrefix(need, "lang "); ok {
		return r.lacksLanguage(s, lang)
	}
	switch need {
	case "administrator":
		is, err := s.HasGroup(ctx, "base.group_system")
		return unless(is, "the user is no administrator of the settings"), err
	case "user", "portal":
		return r.lacksUser(s, need)
	case "key":
		return unless(r.accounts["admin"].key != "", "no API key is named"), nil
	case "leavings":
		allowed := r.local || environment("LEAVINGS") != ""
		return unless(allowed, "leaves records that Odoo never deletes, which CONNECTOR_TEST_ODOO_LEAVINGS=1 allows"), nil
	case "second company":
		return r.lacksCompany(s)
	default:
		return "", fmt.Errorf("nothing is known of the need %q", need)
	}
}

func unless(there bool, reason string) string {
	if there {
		return ""
	}
	return reason
}

func (r *run) lacksModel(s *odoo.Session, module, model string) (string, error) {
	_, err := s.FieldsGet(ctx, model)
	if odoo.IsKind(err, odoo.UnknownModel, odoo.AccessError) {
		return "no " + module, nil
	}
	return "", err
}

func (r *run) lacksLanguage(s *odoo.Session, lang string) (string, error) {
	ids, err := s.Search(ctx, "res.lang", odoo.Cond("code", "=", lang), odoo.SearchOptions{})
	if odoo.IsKind(err, odoo.UnknownModel) {
		err = nil
	}
	return unless(len(ids) > 0, "no language "+lang), err
}

// lacksCompany looks for two companies of the user, and saves them for all cases.
func (r *run) lacksCompany(s *odoo.Session) (string, error) {
	c := call{model: "res.users", method: "read", ids: []int64{s.UID()}, named: map[string]any{"fields": []any{"company_ids", "company_id"}, "load": ""}}
	got, err := c.send(s)
	if err != nil {
		return "", err
	}
	own, err := dig(got, "0.company_id")
	if err != nil {
		return "", err
	}
	all, err := dig(got, "0.company_ids")
	if err != nil {
		return "", err
	}
	for _, id := range idsIn(all) {
		if id != own {
			r.shared["company"], r.shared["second"] = own, id
			return "", nil
		}
	}
	return "the user has no second company", nil
}

// lacksUser makes the user of a role where none is named and the administrator may make one.
func (r *run) lacksUser(s *odoo.Session, role string) (string, error) {
	if a := r.accounts[role]; a.user == "" && (a.key == "" || r.protocol == string(odoo.ProtocolXMLRPC)) {
		reason, err := r.lacks("administrator")
		if err != nil || reason != "" {
			return unless(reason == "", "no "+role+" user is named, and "+reason), err
		}
		if r.protocol != string(odoo.ProtocolXMLRPC) {
			return "no API key of a " + role + " user is named", nil
		}
		if err := r.makeUser(s, role); err != nil {
			return "", err
		}
	}
	if r.protocol != string(odoo.ProtocolXMLRPC) && r.accounts[role].key == "" {
		return "no API key of a " + role + " user is named", nil
	}
	session, err := r.session(role)
	if err != nil {
		return "", err
	}
	r.shared[role+"_uid"], r.shared[role+"_login"] = session.UID(), r.accounts[role].user
	return "", nil
}

// roleGroups are the groups of the users that the suite makes.
var roleGroups = map[string][][2]string{
	"user":   {{"base", "group_user"}, {"project", "group_project_user"}},
	"portal": {{"base", "group_portal"}},
}

func (r *run) makeUser(s *odoo.Session, role string) error {
	groups := []any{}
	for _, name := range roleGroups[role] {
		id, _, found, err := s.Lookup(ctx, name[0], name[1])
		if err != nil || !found {
			return fmt.Errorf("group %s.%s: found %v: %w", name[0], name[1], found, err)
		}
		groups = append(groups, id)
	}
	field := "groups_id"
	if r.major >= 19 {
		field = "group_ids"
	}
	a := account{user: r.id + "_" + role, password: "pass-" + r.id + "-" + role}
	values := map[string]any{"name": r.id + " " + role, "login": a.user, "password": a.password, field: []any{[]any{int64(6), int64(0), groups}}}
	creation := call{model: "res.users", method: "create", named: map[string]any{"vals_list": []any{values}, "context": map[string]any{"no_reset_password": true}}}
	got, err := creation.send(s)
	if err != nil {
		return err
	}
	ids := idsIn(got)
	partner, err := call{model: "res.users", method: "read", ids: ids, named: map[string]any{"fields": []any{"partner_id"}, "load": ""}}.send(s)
	if err != nil {
		return err
	}
	one, err := dig(partner, "0.partner_id")
	if err != nil {
		return err
	}
	r.track("admin", "res.users", ids)
	r.track("admin", "res.partner", idsIn(one))
	r.accounts[role] = a
	return nil
}
