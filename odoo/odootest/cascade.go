package odootest

// What Odoo's module Project does beside what was asked, read in its behaviour on
// real servers of 16 to 19.

// createProject makes the creator its manager, but no follower (seen on 16 to 19).
func createProject(t *tx, vals map[string]any) error {
	fill(vals, "user_id", t.user.uid)
	if t.s.major < 17 {
		fill(vals, "company_id", t.company())
	}
	return nil
}

// datesOfProject keeps start and end together: emptying one empties both, and
// where the other is not set a single one is dropped.
func datesOfProject(t *tx, ids []int64, vals map[string]any) error {
	start, hasStart := vals["date_start"]
	end, hasEnd := vals["date"]
	if (hasStart && !truthy(start)) || (hasEnd && !truthy(end)) {
		vals["date_start"], vals["date"] = false, false
		return nil
	}
	for _, id := range ids {
		r := t.row("project.project", id)
		switch {
		case hasStart && !hasEnd && r["date"] == nil:
			delete(vals, "date_start")
		case hasEnd && !hasStart && r["date_start"] == nil:
			delete(vals, "date")
		}
	}
	return nil
}

// archiveTasksOfProjects archives or restores all tasks of a project with it,
// also those that had been archived one by one.
func archiveTasksOfProjects(t *tx, ids []int64, vals map[string]any) error {
	active, given := vals["active"]
	if !given {
		return nil
	}
	tasks := t.where("project.task", func(r row) bool { return contains(ids, r.link("project_id")) })
	return t.asRoot(func() error { return t.write("project.task", tasks, map[string]any{"active": active}) })
}

// unlinkTasksOfProjects deletes a project's tasks with it.
func unlinkTasksOfProjects(t *tx, ids []int64) ([]int64, error) {
	tasks := t.where("project.task", func(r row) bool { return contains(ids, r.link("project_id")) })
	return ids, t.asRoot(func() error { return t.unlink("project.task", tasks) })
}

// ownStage makes a stage that is created without projects its creator's personal
// stage from 17 on; a user_id that is given stands.
func ownStage(t *tx, vals map[string]any) error {
	if _, given := vals["user_id"]; given || t.s.major < 17 {
		return nil
	}
	if _, given := t.context["default_project_id"]; !given {
		vals["user_id"] = t.user.uid
	}
	return nil
}

// disownStage takes the owner from a stage that has projects.
func disownStage(_ *tx, _, changed row, _ map[string]any) error {
	if len(changed.set("project_ids")) > 0 {
		delete(changed, "user_id")
	}
	return nil
}

// archiveTasksOfStages archives a stage's tasks with it; restoring the stage does
// not restore them.
func archiveTasksOfStages(t *tx, ids []int64, vals map[string]any) error {
	active, given := vals["active"]
	if !given || truthy(active) {
		return nil
	}
	tasks := t.where("project.task", func(r row) bool { return r.flag("active") && contains(ids, r.link("stage_id")) })
	return t.asRoot(func() error { return t.write("project.task", tasks, map[string]any{"active": false}) })
}

// colourTag gives a tag one of eleven colours; a real server takes one at random.
func colourTag(t *tx, vals map[string]any) error {
	if _, given := vals["color"]; !given {
		vals["color"] = 1 + (t.s.table("project.tags").seq*7)%11
	}
	return nil
}

// createTask fills what a new task takes from its project: company, customer and
// the first stage, the folded ones last. Its creator is assigned by create, but
// not by load of a task with a project (both seen on Odoo 18), nor to a subtask on
// 19.
func createTask(t *tx, vals map[string]any) error {
	parent := t.row("project.task", asID(vals["parent_id"]))
	_, given := vals["user_ids"]
	child := parent != nil && t.s.major >= 19
	if !given && !child && (!t.loading || (asID(vals["project_id"]) == 0 && !t.sudo)) {
		vals["user_ids"] = setCommand([]int64{t.user.uid})
	}
	subscribe(t, vals)
	if err := t.placeSubtask(parent, vals); err != nil {
		return err
	}
	project := t.row("project.project", asID(vals["project_id"]))
	if project == nil {
		delete(vals, "stage_id") // a task without a project has no stage
		if t.s.major < 17 {
			fill(vals, "company_id", t.company())
		}
		return nil
	}
	fill(vals, "company_id", project["company_id"])
	fill(vals, "partner_id", project["partner_id"])
	t.showInProject(parent, project, vals)
	if _, given := vals["stage_id"]; !given {
		vals["stage_id"] = t.firstStage(project.id(), "fold, sequence, id", false)
	}
	return nil
}

// fill sets a value that was not given.
func fill(vals map[string]any, name string, value any) {
	if _, given := vals[name]; !given {
		vals[name] = value
	}
}

// asID gives a many2one's id as a client sends it, 0 where there is none.
func asID(value any) int64 {
	id, _ := value.(int64)
	return id
}

// firstStage finds the stage that a task of project gets, 0 when there is none.
func (t *tx) firstStage(project int64, order string, open bool) int64 {
	ids := t.where("project.task.type", func(r row) bool {
		return r.flag("active") && contains(r.set("project_ids"), project) && (!open || !r.flag("fold"))
	})
	if len(ids) == 0 {
		return 0
	}
	if err := t.sortIDs("project.task.type", ids, order); err != nil {
		return 0
	}
	return ids[0]
}

// stagesOfNewTasks links a task's stage to its project where it was not, which
// changes the project's write_date, and makes the personal stages that an
// assignee lacks.
func stagesOfNewTasks(t *tx, ids []int64) error {
	for _, id := range ids {
		task := t.row("project.task", id)
		stage, project := t.row("project.task.type", task.link("stage_id")), task.link("project_id")
		if stage != nil && project != 0 && !contains(stage.set("project_ids"), project) {
			link := map[string]any{"type_ids": []any{[]any{int64(4), stage.id(), int64(0)}}}
			if err := t.asRoot(func() error { return t.write("project.project", []int64{project}, link) }); err != nil {
				return err
			}
		}
		if err := t.personalStages(task.set("user_ids")); err != nil {
			return err
		}
	}
	return nil
}

// personalStages makes the seven columns that Odoo gives to a user at the first
// assignment, where there are none.
func (t *tx) personalStages(users []int64) error {
	for _, uid := range users {
		own := t.where("project.task.type", func(r row) bool { return r.link("user_id") == uid })
		if len(own) > 0 || t.row("res.users", uid) == nil {
			continue
		}
		for i, name := range []string{"Inbox", "Today", "This Week", "This Month", "Later", "Done", "Cancelled"} {
			vals := map[string]any{"name": name, "sequence": int64(i + 1), "user_id": uid, "fold": i >= 5}
			if err := t.asRoot(func() error { _, err := t.create("project.task.type", vals); return err }); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkTaskWrite refuses what Odoo refuses.
func checkTaskWrite(t *tx, ids []int64, vals map[string]any) error {
	stage, hasStage := vals["stage_id"]
	list, _ := stage.([]any)
	if text, ok := stage.(string); ok {
		for _, letter := range text {
			list = append(list, string(letter))
		}
	}
	if len(list) > 1 { // seen on Odoo 18; other many2ones are emptied
		return exception("ValueError", "Expected singleton: project.task.type(%s)", reprAll(list))
	}
	if contains(ids, asID(vals["parent_id"])) {
		return warning("Sorry. You can't set a task as its parent task.")
	}
	if hasStage && asID(stage) != 0 && t.row("project.task.type", asID(stage)) == nil {
		return missing("project.task.type", asID(stage), t.user.uid)
	}
	project, hasProject := vals["project_id"]
	if hasProject && asID(project) != 0 && t.row("project.project", asID(project)) == nil {
		return missing("project.project", asID(project), t.user.uid)
	}
	for _, id := range ids {
		if hasStage && !hasProject && t.row("project.task", id).link("project_id") == 0 {
			return warning("You can only set a personal stage on a private task.")
		}
	}
	return t.newAssignees(ids, vals)
}

// adjustTask keeps stage, state and what depends on the project together.
func adjustTask(t *tx, old, changed row, vals map[string]any) error {
	_, hasStage := vals["stage_id"]
	_, hasProject := vals["project_id"]
	if old == nil {
		if changed["stage_id"] != nil {
			changed["date_last_stage_update"] = t.now
		}
		return nil
	}
	if hasProject {
		t.moveToProject(changed, hasStage)
		t.showMoved(changed, vals)
	}
	if _, hasParent := vals["parent_id"]; hasParent {
		t.moveBelow(changed, vals)
	}
	if hasStage {
		t.enterStage(changed)
	}
	if hasProject || hasStage {
		t.resetState(changed, vals, hasProject)
	}
	return t.checkAncestors(changed)
}

// moveToProject gives a task the stage and the company of its project.
func (t *tx) moveToProject(task row, hasStage bool) {
	project := t.row("project.project", task.link("project_id"))
	if project == nil {
		delete(task, "stage_id")
		return
	}
	stage := t.row("project.task.type", task.link("stage_id"))
	if !hasStage && (stage == nil || !contains(stage.set("project_ids"), project.id())) {
		setLink(task, "stage_id", t.firstStage(project.id(), "sequence, id", true))
	}
	setLink(task, "company_id", project.link("company_id"))
	if task["partner_id"] == nil {
		setLink(task, "partner_id", project.link("partner_id"))
	}
}

// setLink stores a many2one that may be empty.
func setLink(r row, name string, id int64) {
	if id == 0 {
		delete(r, name)
		return
	}
	r[name] = id
}

// enterStage notes when the stage changed and whether it ends the task.
func (t *tx) enterStage(task row) {
	task["date_last_stage_update"] = t.now
	delete(task, "date_end")
	if stage := t.row("project.task.type", task.link("stage_id")); stage != nil && stage.flag("fold") {
		task["date_end"] = t.now
	}
}
