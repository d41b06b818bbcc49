package odootest

// What Odoo does with tasks below tasks, seen on 16 to 19. Whether a subtask is a
// card of its own on its project's board says display_in_project, on 16
// display_project_id; one that is not goes where its parent goes.

// placeSubtask puts a new task that has a parent and no project into the parent's:
// on 16 without a stage, also where one was given. 18 refuses it.
func (t *tx) placeSubtask(parent row, vals map[string]any) error {
	if parent == nil || asID(vals["project_id"]) != 0 {
		return nil
	}
	switch t.s.major {
	case 18:
		return warning("The operation cannot be completed: A private task cannot have a parent.")
	case 17:
		vals["display_in_project"] = false
	case 16:
		vals["stage_id"] = false
	}
	vals["project_id"] = parent.link("project_id")
	return nil
}

// showInProject says whether a new task is shown on its project's board, and gives
// it its parent's customer on 16, its parent's milestone from 17 on.
func (t *tx) showInProject(parent, project row, vals map[string]any) {
	apart := parent == nil || parent.link("project_id") != project.id()
	switch t.s.major {
	case 16:
		if parent == nil {
			vals["display_project_id"] = project.id()
		} else if vals["partner_id"] == nil {
			vals["partner_id"] = parent["partner_id"]
		}
		return
	case 17: // one that is given a project is shown
		fill(vals, "display_in_project", true)
	case 18:
		vals["display_in_project"] = apart || truthy(vals["display_in_project"])
	default:
		fill(vals, "display_in_project", apart)
	}
	if !apart {
		fill(vals, "milestone_id", parent["milestone_id"])
	}
}

// showMoved says whether a task is shown on the board that it was moved to.
func (t *tx) showMoved(task row, vals map[string]any) {
	parent, project := t.row("project.task", task.link("parent_id")), task.link("project_id")
	apart := parent == nil || parent.link("project_id") != project
	_, given := vals["display_in_project"]
	switch {
	case t.s.major == 16:
		if parent == nil {
			setLink(task, "display_project_id", project)
		}
	case t.s.major == 17:
		if !given && project != 0 {
			task["display_in_project"] = true
		}
	case t.s.major == 18:
		task["display_in_project"] = task.flag("display_in_project") || apart
	case !given:
		task["display_in_project"] = apart
	}
}

// moveBelow is what a write of parent_id does: a task that is not shown goes to its
// new parent's project, but on 17; one that loses its parent is shown, but on 18.
func (t *tx) moveBelow(task row, vals map[string]any) {
	parent, project := t.row("project.task", task.link("parent_id")), task.link("project_id")
	switch {
	case t.s.major == 16 && parent == nil:
		setLink(task, "display_project_id", project)
	case t.s.major == 17 && parent == nil, t.s.major >= 19 && parent == nil:
		task["display_in_project"] = true
	case t.s.major >= 19 && parent.link("project_id") == project:
		task["display_in_project"] = false
	}
	if parent != nil && t.s.major != 17 && !t.shownApart(task) && parent.link("project_id") != project {
		setLink(task, "project_id", parent.link("project_id"))
		t.moveToProject(task, false)
	}
	if _, given := vals["state"]; t.s.major == 18 && !given {
		t.reopen(task)
	}
}

// shownApart reports whether a subtask stands on a board of its own account.
func (t *tx) shownApart(task row) bool {
	if t.s.major < 17 {
		return task.link("display_project_id") != 0
	}
	return task.flag("display_in_project")
}

// followTasks moves sub-tasks that are not shown on a board of their own with
// their parent, lets tasks wait and go on, and makes personal stages for new
// assignees.
func followTasks(t *tx, ids []int64, vals map[string]any) error {
	if _, given := vals["user_ids"]; given {
		for _, id := range ids {
			if err := t.personalStages(t.row("project.task", id).set("user_ids")); err != nil {
				return err
			}
		}
	}
	t.settleWaiting(ids, vals)
	_, project := vals["project_id"]
	_, parent := vals["parent_id"]
	if !project && !parent {
		return nil
	}
	if _, shown := vals["display_in_project"]; t.s.major == 17 && (!project || shown) {
		return nil
	}
	for _, id := range ids {
		if err := t.takeAlong(t.row("project.task", id), vals["project_id"]); err != nil {
			return err
		}
	}
	return nil
}

// takeAlong moves the sub-tasks of a task to its project, and theirs. Their state
// stays where it is closed. On 17 they are written as any other
// task: their state is put back, they are shown from then on, and archived ones
// stay behind.
func (t *tx) takeAlong(task row, written any) error {
	children := []int64{}
	for _, r := range t.rowsOf("project.task", t.pointing("project.task", "parent_id", task.id())) {
		left := r.link("project_id") != task.link("project_id") && (t.s.major != 17 || r.flag("active"))
		if left && !t.shownApart(r) {
			children = append(children, r.id())
		}
	}
	if len(children) == 0 {
		return nil
	}
	if t.s.major == 17 {
		return t.asRoot(func() error { return t.write("project.task", children, map[string]any{"project_id": written}) })
	}
	m := t.s.table("project.task").model
	for _, child := range t.rowsOf("project.task", children) {
		changed := child.clone()
		setLink(changed, "project_id", task.link("project_id"))
		t.moveToProject(changed, false)
		t.reopenFollower(changed)
		t.put(m, child.id(), changed)
		t.touch(m, changed)
		if err := t.takeAlong(changed, written); err != nil {
			return err
		}
	}
	return nil
}

// withSubtasks adds all sub-tasks to the tasks that are deleted, but archived ones
// and what is below them: those lose their parent, as all do on 16.
func withSubtasks(t *tx, ids []int64) ([]int64, error) {
	if t.s.major < 17 {
		return ids, nil
	}
	all := append([]int64(nil), ids...)
	for i := 0; i < len(all); i++ {
		for _, r := range t.rowsOf("project.task", t.pointing("project.task", "parent_id", all[i])) {
			if r.flag("active") && !contains(all, r.id()) {
				all = append(all, r.id())
			}
		}
	}
	return all, nil
}

// checkAncestors refuses a circle of parents.
func (t *tx) checkAncestors(task row) error {
	for parent, steps := task.link("parent_id"), 0; parent != 0; steps++ {
		if parent == task.id() || steps > 1000 {
			return warning("Error! You cannot create a recursive hierarchy of tasks.")
		}
		r := t.row("project.task", parent)
		if r == nil {
			return nil
		}
		parent = r.link("parent_id")
	}
	return nil
}
