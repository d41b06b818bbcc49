package odootest

import (
	"fmt"
	"slices"
	"strings"
)

// Groups by external identifier, as has_group names them.
const (
	groupUser         = "base.group_user"
	groupPortal       = "base.group_portal"
	groupSettings     = "base.group_system"
	groupAccessRights = "base.group_erp_manager"
	groupContacts     = "base.group_partner_manager"
	groupProjectUser  = "project.group_project_user"
	groupManager      = "project.group_project_manager"
	groupSalesman     = "sales_team.group_sale_salesman"
	groupAllLeads     = "sales_team.group_sale_salesman_all_leads"
	groupSaleManager  = "sales_team.group_sale_manager"
	groupStockUser    = "stock.group_stock_user"
	groupStockManager = "stock.group_stock_manager"
	groupAccounting   = "account.group_account_manager"
	groupInvoicing    = "account.group_account_invoice"
	groupProducts     = "product.group_product_manager"
)

// managerGroups are the groups of the administrator, who manages all modules.
var managerGroups = []string{
	groupSettings, groupContacts, groupManager, groupSaleManager, groupStockManager, groupInvoicing, groupAccounting, groupProducts,
}

// account is a user who can log in.
type account struct {
	uid                                  int64
	login, password, key, name, lang, tz string
	groups                               map[string]bool
}

// newAccount makes an account from what a test asked for; what its groups imply
// comes with the database.
func newAccount(uid int64, user User) *account {
	a := &account{uid: uid, login: user.Login, password: user.Password, key: user.APIKey, name: user.Name, lang: sourceLanguage, tz: user.TZ, groups: map[string]bool{}}
	if a.name == "" {
		a.name = user.Login
	}
	for _, group := range user.Groups {
		a.groups[group] = true
	}
	if len(user.Groups) == 0 {
		a.groups[groupUser] = true
	}
	return a
}

// has reports whether the user is in a group.
func (a *account) has(group string) bool { return a.groups[group] }

// operations in the words of access errors.
var operationVerbs = map[string]string{"read": "access", "write": "modify", "create": "create", "unlink": "delete"}

// grant is a right that a test gave to a user or took away.
type grant struct {
	uid              int64
	model, operation string
}

// Deny takes rights on a model from a user: of the operations read, write, create
// and unlink those given, or all. What the user's groups say does not matter then.
// See [Server.Allow].
func (s *Server) Deny(uid int64, model string, operations ...string) {
	s.grant(uid, model, operations, false)
}

// Allow gives rights on a model to a user whose groups do not, or gives back what
// [Server.Deny] took.
func (s *Server) Allow(uid int64, model string, operations ...string) {
	s.grant(uid, model, operations, true)
}

// grant notes rights.
func (s *Server) grant(uid int64, model string, operations []string, allowed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.table(model) == nil {
		panic(fmt.Sprintf("odootest: there is no model %q here", model))
	}
	if len(operations) == 0 {
		operations = []string{"read", "write", "create", "unlink"}
	}
	if s.grants == nil {
		s.grants = map[grant]bool{}
	}
	for _, operation := range operations {
		s.grants[grant{uid, model, operation}] = allowed
	}
}

// Rule is a record rule: for a user, a model and some operations (none: all) only
// the records of a domain are there. An empty domain takes the rule away. The
// domain is not checked before it is used; a wrong one hides all records.
func (s *Server) Rule(uid int64, model string, domain []any, operations ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(operations) == 0 {
		operations = []string{"read", "write", "create", "unlink"}
	}
	if s.rules == nil {
		s.rules = map[grant][]any{}
	}
	for _, operation := range operations {
		s.rules[grant{uid, model, operation}], _ = normal(domain).([]any)
	}
}

// allowed reports whether the user may do operation on a model at all.
func (t *tx) allowed(m *model, operation string) bool {
	if t.sudo || t.user.uid == botUID {
		return true
	}
	if given, ok := t.s.grants[grant{t.user.uid, m.name, operation}]; ok {
		return given
	}
	for _, group := range t.s.groupsWith(m.name, operation) {
		if group == "*" || t.user.has(group) {
			return true
		}
	}
	return false
}

// check is allowed as an error (captures/odoo18/fault_access_error_model).
func (t *tx) check(m *model, operation string) error {
	if t.allowed(m, operation) {
		return nil
	}
	return denied("You are not allowed to %s '%s' (%s) records.\n\n%s\n\nContact your administrator to request access if necessary.",
		operationVerbs[operation], m.label, m.name, t.s.whoMay(m.name, operation))
}

// mayUse reports whether the user's groups let it see a field.
func (t *tx) mayUse(f *field) bool {
	return f.groups == "" || t.sudo || t.user.has(f.groups)
}

// checkFields refuses fields that a model does not have or the user may not see
// (captures/odoo*/fault_access_error_field).
func (t *tx) checkFields(m *model, operation string, names []string) error {
	for _, name := range names {
		f := m.fields[name]
		if f == nil {
			return t.s.badField(m.name, name, operation)
		}
		if !t.mayUse(f) {
			return denied("You do not have enough rights to access the fields \"%s\" on %s (%s). Please contact your system administrator.\n\n"+
				"Operation: %s\nUser: %d\nFields:\n- %s (allowed for groups '%s')",
				name, m.label, m.name, operation, t.user.uid, name, t.s.groupFullName(f.groups))
		}
	}
	return nil
}

// sees reports whether the rules let the user read a record.
func (t *tx) sees(m *model, r row) bool { return t.permits(m, "read", r) }

// permits reports whether the rules let the user do operation on a record.
func (t *tx) permits(m *model, operation string, r row) bool {
	switch {
	case t.sudo || t.user.uid == botUID:
		return true
	case m.companies && !t.worksFor(r.link("company_id")):
		return false
	case m.hooks.visible != nil && !m.hooks.visible(t, r):
		return false
	case operation != "read" && m.hooks.writable != nil && !m.hooks.writable(t, r):
		return false
	}
	return t.ruled(m, operation, r)
}

// ruled reports whether a rule of a test lets the user do operation on a record.
func (t *tx) ruled(m *model, operation string, r row) bool {
	if len(t.s.rules) == 0 {
		return true
	}
	domain := t.s.rules[grant{t.user.uid, m.name, operation}]
	if len(domain) == 0 {
		return true
	}
	inside := false
	err := t.asRoot(func() error {
		match, err := t.domain(m, domain)
		inside = err == nil && match(r)
		return err
	})
	return err == nil && inside
}

// checkRules refuses an operation on a record that the rules hide or protect
// (captures/odoo18/fault_access_error_rule).
func (t *tx) checkRules(m *model, operation string, r row) error {
	if t.permits(m, operation, r) {
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

// checkContext refuses companies and languages that the user does not have.
func (t *tx) checkContext() error {
	own := t.row("res.users", t.user.uid).set("company_ids")
	if companies, ok := t.context["allowed_company_ids"].([]any); ok {
		for _, company := range companies {
			if id, _ := company.(int64); !contains(own, id) { // captures/odoo19/json2_context_companies_denied
				return denied("Access to unauthorized or invalid companies.")
			}
		}
	}
	return t.checkLanguage()
}

// companies gives the companies that the user works for: those of the context, or
// else all of the user's.
func (t *tx) companies() []int64 {
	if list, ok := t.context["allowed_company_ids"].([]any); ok && len(list) > 0 {
		return idList(list)
	}
	return t.row("res.users", t.user.uid).set("company_ids")
}

// company gives the company that new records get: the first of the context, or
// else the user's own.
func (t *tx) company() int64 {
	if list, ok := t.context["allowed_company_ids"].([]any); ok && len(list) > 0 {
		return asID(list[0])
	}
	return t.row("res.users", t.user.uid).link("company_id")
}

// worksFor reports whether records of a company are there for the user; those of
// no company are for everybody.
func (t *tx) worksFor(company int64) bool {
	return company == 0 || slices.Contains(t.companies(), company)
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

// projectVisible hides private projects from all but managers and followers, and
// all that they do not follow from users of the portal (rules of a real 18).
func projectVisible(t *tx, r row) bool {
	switch {
	case t.user.has(groupManager):
		return true
	case t.user.has(groupPortal):
		return r.text("privacy_visibility") == "portal" && t.follows(r)
	}
	return r.text("privacy_visibility") != "followers" || t.follows(r)
}

// taskVisible hides tasks without a project from all but their assignees and
// followers, and those of private projects (rules of a real 18).
func taskVisible(t *tx, r row) bool {
	project := t.row("project.project", r.link("project_id"))
	switch {
	case t.user.has(groupPortal):
		return project.text("privacy_visibility") == "portal" && r.flag("active") && t.follows(r)
	case contains(r.set("user_ids"), t.user.uid) || t.follows(r):
		return true
	case project != nil:
		return projectVisible(t, project)
	}
	return r.link("parent_id") != 0
}

// taskWritable lets employees who do not work on projects change private tasks of
// their own only (rules of a real 18).
func taskWritable(t *tx, r row) bool {
	return t.user.has(groupProjectUser) || (r.link("project_id") == 0 && contains(r.set("user_ids"), t.user.uid))
}

// follows reports whether the user follows a record.
func (t *tx) follows(r row) bool {
	return contains(r.set("message_partner_ids"), t.row("res.users", t.user.uid).link("partner_id"))
}

// subscribe makes the creator of a record its follower (seen on 16 to 18, whatever
// the context says of tracking). Tests that create records directly do not follow
// them.
func subscribe(t *tx, vals map[string]any) {
	if t.sudo {
		return
	}
	fill(vals, "message_partner_ids", setCommand([]int64{t.row("res.users", t.user.uid).link("partner_id")}))
}

// contains reports whether ids holds id.
func contains(ids []int64, id int64) bool { return slices.Contains(ids, id) }

// isPrivate reports whether a method's name may not be called from outside.
func isPrivate(method string) bool { return strings.HasPrefix(method, "_") }
