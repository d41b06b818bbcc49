package odootest

import "strings"

// Groups by external identifier, as has_group names them.
const (
	groupUser         = "base.group_user"
	groupPortal       = "base.group_portal"
	groupSettings     = "base.group_system"
	groupAccessRights = "base.group_erp_manager"
	groupContacts     = "base.group_partner_manager"
	groupProjectUser  = "project.group_project_user"
	groupManager      = "project.group_project_manager"
)

// implied lists what a group brings with it.
var implied = map[string][]string{
	groupSettings:     {groupAccessRights, groupContacts, groupUser},
	groupAccessRights: {groupUser},
	groupContacts:     {groupUser},
	groupManager:      {groupProjectUser, groupUser},
	groupProjectUser:  {groupUser},
}

// access names the groups that may read and that may write, create and delete.
type access struct{ read, write string }

// account is a user who can log in.
type account struct {
	uid                                  int64
	login, password, key, name, lang, tz string
	groups                               map[string]bool
}

// newAccount makes an account from what a test asked for.
func newAccount(uid int64, user User) *account {
	a := &account{uid: uid, login: user.Login, password: user.Password, key: user.APIKey, name: user.Name, lang: "en_US", tz: user.TZ, groups: map[string]bool{}}
	if a.name == "" {
		a.name = user.Login
	}
	groups := user.Groups
	if len(groups) == 0 {
		groups = []string{groupUser}
	}
	for len(groups) > 0 {
		group := groups[0]
		groups = append(groups[1:], implied[group]...)
		a.groups[group] = true
	}
	return a
}

// has reports whether the user is in a group.
func (a *account) has(group string) bool { return a.groups[group] }

// operations in the words of access errors.
var operationVerbs = map[string]string{"read": "access", "write": "modify", "create": "create", "unlink": "delete"}

// groupLabel names a group as access errors do.
func (s *Server) groupLabel(group string) string {
	if s.major >= 19 { // captures/odoo19/fault_access_error_model, …_write
		switch group {
		case groupSettings:
			return "Role / Administrator"
		case groupAccessRights:
			return "Access Rights"
		}
	}
	labels := map[string]string{
		groupUser: "User types/Internal User", groupSettings: "Administration/Settings", groupAccessRights: "Administration/Access Rights",
		groupContacts: "Extra Rights/Contact Creation", groupProjectUser: "Project/User", groupManager: "Project/Administrator",
	}
	return labels[group]
}

// allowed reports whether the user may do operation on a model at all.
func (t *tx) allowed(m *model, operation string) bool {
	group := m.access.write
	if operation == "read" {
		group = m.access.read
	}
	return t.sudo || t.user.has(group)
}

// check is allowed as an error (captures/odoo18/fault_access_error_model).
func (t *tx) check(m *model, operation string) error {
	if t.allowed(m, operation) {
		return nil
	}
	group := m.access.write
	if operation == "read" {
		group = m.access.read
	}
	return denied("You are not allowed to %s '%s' (%s) records.\n\n"+
		"This operation is allowed for the following groups:\n\t- %s\n\n"+
		"Contact your administrator to request access if necessary.", operationVerbs[operation], m.label, m.name, t.s.groupLabel(group))
}

// sees reports whether the rules let the user read a record.
func (t *tx) sees(m *model, r row) bool {
	return t.sudo || m.hooks.visible == nil || m.hooks.visible(t, r)
}

// checkRules refuses an operation on a record that the rules hide or protect
// (captures/odoo18/fault_access_error_rule).
func (t *tx) checkRules(m *model, operation string, r row) error {
	if t.sees(m, r) && (operation == "read" || t.sudo || m.hooks.writable == nil || m.hooks.writable(t, r)) {
		return nil
	}
	if t.s.major < 17 {
		return denied("Due to security restrictions, you are not allowed to %s '%s' (%s) records.\n\n"+
			"Contact your administrator to request access if necessary.", operationVerbs[operation], m.label, m.name)
	}
	return denied("Uh-oh! Looks like you have stumbled upon some top-secret records.\n\n"+
		"Sorry, %s (id=%d) doesn't have '%s' access to:\n- %s (%s)\n\n"+
		"If you really, really need access, perhaps you can win over your friendly administrator with a batch of freshly baked cookies.",
		t.user.name, t.user.uid, operation, m.label, m.name)
}

// checkContext refuses companies and languages that the database does not have.
func (t *tx) checkContext() error {
	if companies, ok := t.context["allowed_company_ids"].([]any); ok {
		for _, id := range companies {
			if id != companyID { // captures/odoo19/json2_context_companies_denied
				return denied("Access to unauthorized or invalid companies.")
			}
		}
	}
	lang, ok := t.context["lang"].(string)
	if ok && lang != "" && lang != "en_US" && t.s.major >= 18 { // 16 and 17 ignore it
		return warning("Invalid language code: %s", lang)
	}
	return nil
}

// stageVisible hides the personal stages of others, from managers too (seen on
// Odoo 18).
func stageVisible(t *tx, r row) bool {
	owner := r.link("user_id")
	return owner == 0 || owner == t.user.uid
}

// stageWritable lets ordinary project users change their own stages only.
func stageWritable(t *tx, r row) bool {
	return t.user.has(groupManager) || r.link("user_id") == t.user.uid
}

// taskVisible hides tasks without a project from all but their assignees.
func taskVisible(t *tx, r row) bool {
	return r.link("project_id") != 0 || r.link("parent_id") != 0 || contains(r.set("user_ids"), t.user.uid)
}

// contains reports whether ids holds id.
func contains(ids []int64, id int64) bool {
	for _, other := range ids {
		if other == id {
			return true
		}
	}
	return false
}

// isPrivate reports whether a method's name may not be called from outside.
func isPrivate(method string) bool { return strings.HasPrefix(method, "_") }
