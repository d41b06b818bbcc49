package odootest

// States of tasks from 17 on, kanban_state on 16.

const (
	stateInProgress = "01_in_progress"
	stateWaiting    = "04_waiting_normal"
)

// isClosed reports whether a state is done or cancelled.
func isClosed(state string) bool { return state == "1_done" || state == "1_canceled" }

// resetState reopens a task that is moved without a state of its own. A stage,
// even the same, resets an open state, a project every state (both seen on Odoo
// 18). On 16 it is kanban_state that goes back to normal.
func (t *tx) resetState(task row, vals map[string]any, moved bool) {
	if t.s.major < 17 {
		if _, given := vals["kanban_state"]; !given {
			task["kanban_state"] = "normal"
		}
		return
	}
	if _, given := vals["state"]; given {
		return
	}
	if moved && isClosed(task.text("state")) {
		task["state"] = stateInProgress
	}
	t.reopen(task)
}

// reopenFollower puts the state of a sub-task back that went with its parent: from
// 17 on an open one, on 16 any where tracking is off, and none where it is on.
func (t *tx) reopenFollower(task row) {
	if t.s.major >= 17 {
		t.reopen(task)
	} else if truthy(t.context["tracking_disable"]) {
		task["kanban_state"] = "normal"
	}
}

// reopen puts an open state to in progress, or to waiting where a task waits; done
// and cancelled stay.
func (t *tx) reopen(task row) {
	state := task.text("state")
	switch {
	case t.s.major < 17 || isClosed(state):
	case t.blocked(task):
		task["state"] = stateWaiting
	default:
		task["state"] = stateInProgress
	}
}

// blocked reports whether a task waits for one that is open, which its project has
// to allow.
func (t *tx) blocked(task row) bool {
	if !t.row("project.project", task.link("project_id")).flag("allow_task_dependencies") {
		return false
	}
	for _, r := range t.rowsOf("project.task", task.set("depend_on_ids")) {
		if !isClosed(r.text("state")) {
			return true
		}
	}
	return false
}

// settleWaiting lets a task wait whose write says what it waits for, or that it is
// in progress though it is not, and lets those that wait for a task go on once it
// is closed, and wait again once it is not (seen on 17 to 19).
func (t *tx) settleWaiting(ids []int64, vals map[string]any) {
	_, state := vals["state"]
	_, depends := vals["depend_on_ids"]
	if t.s.major < 17 || (!state && !depends) {
		return
	}
	for _, id := range ids {
		if r := t.row("project.task", id); depends || t.blocked(r) {
			t.settleState(r)
		}
		for _, r := range t.rowsOf("project.task", t.pointing("project.task", "depend_on_ids", id)) {
			t.settleState(r)
		}
	}
}

// settleState puts one task to the state that those it waits for leave it.
func (t *tx) settleState(task row) {
	changed := task.clone()
	t.reopen(changed)
	if changed.text("state") != task.text("state") {
		t.put(t.s.table("project.task").model, task.id(), changed)
		t.touch(t.s.table("project.task").model, changed)
	}
}
