package odootest

import (
	"fmt"
	"slices"
)

// The messages that Odoo leaves on a task by itself: about its creation, about what
// changed, and to those who are assigned (seen on 16 to 19).

// quiet reports whether the context asks for no messages of the system's own; tests
// that change records directly get none.
func (t *tx) quiet(more string) bool {
	return t.sudo || truthy(t.context["tracking_disable"]) || truthy(t.context[more])
}

// note writes a message of the system's own, which has no text but where one is
// given.
func (t *tx) note(model string, id int64, more map[string]any) (message int64, err error) {
	vals := map[string]any{"model": model, "res_id": id, "message_type": "notification", "body": ""}
	for name, value := range more {
		vals[name] = value
	}
	err = t.asRoot(func() (err error) {
		message, err = t.create("mail.message", vals)
		return err
	})
	return message, err
}

// logCreation leaves the message about a new task, tells its assignees and makes
// them followers.
func logCreation(t *tx, id int64, _ map[string]any) error {
	if t.sudo {
		return nil
	}
	task := t.row("project.task", id)
	if err := t.tellAssignees(task, task.set("user_ids")); err != nil || t.quiet("mail_create_nolog") {
		return err
	}
	body := ""
	if project := t.row("project.project", task.link("project_id")); t.s.major >= 18 && project != nil {
		body = fmt.Sprintf(`<div summary="o_mail_notification"><p>A new task has been created in the "%s" project.</p></div>`, cleanText(project.text("name")))
	}
	_, err := t.note("project.task", id, map[string]any{"body": body, "subtype_id": t.subtype("project.mt_task_new")})
	return err
}

// tellAssignees tells users that a task is theirs now, whatever the context says of
// tracking; the one who does it is not told. Where changes are tracked, they follow
// the task from then on.
func (t *tx) tellAssignees(task row, users []int64) error {
	for _, uid := range without(users, []int64{t.user.uid}) {
		user := t.row("res.users", uid)
		if user == nil { // the database refuses it in a moment
			continue
		}
		partner := user.link("partner_id")
		_, err := t.note("project.task", task.id(), map[string]any{
			"message_type": "user_notification", "is_internal": true, "subtype_id": t.subtype(""), "subject": "You have been assigned to " + task.text("name"),
			"partner_ids": setCommand([]int64{partner}), "notified_partner_ids": setCommand([]int64{partner}),
			"body": fmt.Sprintf("<div>\n    Dear %s,\n    <br>\n    <span>You have been assigned to the Task %s.</span>\n</div>", cleanText(user.text("name")), cleanText(task.text("name"))),
		})
		if err != nil {
			return err
		}
		if !truthy(t.context["tracking_disable"]) {
			t.follow(t.s.table("project.task").model, task.id(), []int64{partner})
		}
	}
	return nil
}

// newAssignees tells those that a write assigns.
func (t *tx) newAssignees(ids []int64, vals map[string]any) error {
	value, given := vals["user_ids"]
	if !given || t.sudo {
		return nil
	}
	for _, task := range t.rowsOf("project.task", ids) {
		if err := t.tellAssignees(task, without(linksAfter(task.set("user_ids"), value), task.set("user_ids"))); err != nil {
			return err
		}
	}
	return nil
}

// linksAfter gives a set of links as commands that only link and unlink leave it.
func linksAfter(links []int64, value any) []int64 {
	commands, err := parseCommands(value)
	if err != nil { // said when they are carried out
		return links
	}
	links = slices.Clone(links)
	for _, c := range commands {
		switch c.code {
		case commandLink:
			links = append(without(links, []int64{c.id}), c.id)
		case commandUnlink, commandDelete:
			links = without(links, []int64{c.id})
		case commandClear:
			links = nil
		case commandSet:
			links = slices.Clone(c.ids)
		}
	}
	slices.Sort(links)
	return links
}

// tracked are the fields of a task whose changes leave a message. A description,
// tags, an order and an archiving leave none.
var tracked = []string{"name", "stage_id", "state", "kanban_state", "date_deadline", "project_id", "partner_id", "priority"}

// subtypeOfChange names the subtype of the message about a change; all but those
// of stage and state are notes that only employees see.
func subtypeOfChange(changed row, names []string) string {
	switch {
	case slices.Contains(names, "stage_id"):
		return "project.mt_task_stage"
	case slices.Contains(names, "state"):
		return "project.mt_task_" + stateSubtypes[changed.text("state")]
	case slices.Contains(names, "kanban_state"):
		return "project.mt_task_" + stateSubtypes[changed.text("kanban_state")]
	}
	return "mail.mt_note"
}

// stateSubtypes are the ends of the identifiers of the subtypes that tell a state.
var stateSubtypes = map[string]string{
	"01_in_progress": "in_progress", "02_changes_requested": "changes_requested", "03_approved": "approved", "1_done": "done", "1_canceled": "canceled",
	"04_waiting_normal": "waiting", "normal": "progress", "done": "ready", "blocked": "blocked",
}

// trackTask adjusts a task and leaves a message about what changed.
func trackTask(t *tx, old, changed row, vals map[string]any) error {
	if err := adjustTask(t, old, changed, vals); err != nil || old == nil || t.quiet("mail_notrack") {
		return err
	}
	names := []string{}
	for _, name := range tracked {
		if old[name] != changed[name] {
			names = append(names, name)
		}
	}
	if users, given := vals["user_ids"]; given && !slices.Equal(linksAfter(old.set("user_ids"), users), old.set("user_ids")) {
		names = append(names, "user_ids")
	}
	if len(names) == 0 {
		return nil
	}
	subtype := subtypeOfChange(changed, names)
	message, err := t.note("project.task", old.id(), map[string]any{"subtype_id": t.subtype(subtype), "is_internal": subtype == "mail.mt_note"})
	if err != nil {
		return err
	}
	values := t.s.table("mail.tracking.value").model
	for range names {
		id := t.next(values)
		t.put(values, id, row{"id": id, "mail_message_id": message})
	}
	return nil
}
