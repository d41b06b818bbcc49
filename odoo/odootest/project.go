package odootest

// Models of the module Project, written from the field lists of Odoo 16 to 19.

// projectModels gives project.project, project.task, project.task.type and
// project.tags as version knows them.
func projectModels(version int) []*model {
	return []*model{projectModel(version), taskModel(version), stageModel(version), tagModel(version)}
}

// projectModel is project.project, a board to most other systems.
func projectModel(version int) *model {
	m := newModel(version, "project.project", "Project", "sequence, name, id",
		char("name", "Name").need().translated(),
		boolean("active", "Active").starts(true),
		html("description", "Description"),
		integer("sequence", "Sequence").starts(int64(10)),
		integer("color", "Color Index"),
		char("label_tasks", "Use Tasks as").translated().starts("Tasks"),
		many2one("partner_id", "Customer", "res.partner"),
		many2one("user_id", "Project Manager", "res.users"),
		many2one("company_id", "Company", "res.company"),
		mirror("type_ids", "Tasks Stages", "project.task.type", "project_ids"),
		one2many("task_ids", "Tasks", "project.task", "project_id"),
		one2many("tasks", "Task Activities", "project.task", "project_id"),
		many2many("tag_ids", "Tags", "project.tags"),
		many2many("favorite_user_ids", "Members", "res.users").all(),
		date("date_start", "Start Date"),
		date("date", "Expiration Date"),
		boolean("allow_task_dependencies", "Task Dependencies"),
		boolean("is_template", "Is Template").from(19),
		integer("task_count", "Task Count").fixed().compute(),
		selection("privacy_visibility", "Visibility", visibilities(version)...).need().starts("portal"),
		selection("last_update_status", "Last Update Status", updateStatuses(version)...).need().starts("to_define"),
	)
	m.access = access{read: groupUser, write: groupManager}
	m.hooks = hooks{beforeCreate: createProject, beforeWrite: datesOfProject, afterWrite: archiveTasksOfProjects, beforeUnlink: unlinkTasksOfProjects}
	return m
}

// visibilities are the choices of a project's privacy_visibility.
func visibilities(version int) [][2]string {
	choices := [][2]string{{"followers", "Invited internal users (private)"}}
	if version >= 19 {
		choices = append(choices, [2]string{"invited_users", "Invited internal and portal users"})
	}
	return append(choices, [2]string{"employees", "All internal users"}, [2]string{"portal", "Invited portal users and all internal users (public)"})
}

// updateStatuses are the choices of a project's last_update_status.
func updateStatuses(version int) [][2]string {
	choices := [][2]string{{"on_track", "On Track"}, {"at_risk", "At Risk"}, {"off_track", "Off Track"}, {"on_hold", "On Hold"}, {"to_define", "Set Status"}}
	if version >= 17 {
		choices = append(choices, [2]string{"done", "Done"})
	}
	return choices
}

// taskModel is project.task.
func taskModel(version int) *model {
	deadline := datetime("date_deadline", "Deadline")
	if version < 17 {
		deadline = date("date_deadline", "Deadline")
	}
	m := newModel(version, "project.task", "Task", "priority desc, sequence, date_deadline asc, id desc",
		char("name", "Title").need(),
		html("description", "Description"),
		boolean("active", "Active").starts(true),
		integer("sequence", "Sequence").starts(int64(10)),
		integer("color", "Color Index"),
		selection("priority", "Priority", priorities(version)...).starts("0"),
		selection("state", "State", taskStates...).need().starts("01_in_progress").from(17),
		selection("kanban_state", "Status", [2]string{"normal", "In Progress"}, [2]string{"done", "Ready"}, [2]string{"blocked", "Blocked"}).need().starts("normal").until(16),
		many2one("project_id", "Project", "project.project"),
		many2one("stage_id", "Stage", "project.task.type").restrict(),
		many2one("parent_id", "Parent Task", "project.task"),
		one2many("child_ids", "Sub-tasks", "project.task", "parent_id"),
		many2many("tag_ids", "Tags", "project.tags"),
		many2many("user_ids", "Assignees", "res.users").all(),
		many2many("depend_on_ids", "Blocked By", "project.task"),
		mirror("dependent_ids", "Block", "project.task", "depend_on_ids"),
		many2one("partner_id", "Customer", "res.partner"),
		many2one("company_id", "Company", "res.company"),
		char("email_cc", "Email cc"),
		deadline,
		datetime("date_assign", "Assigning Date").fixed(),
		datetime("date_end", "Ending Date"),
		datetime("date_last_stage_update", "Last Stage Update").fixed(),
		number("allocated_hours", "Allocated Time").from(17),
		number("planned_hours", "Initially Planned Hours").until(16),
		boolean("display_in_project", "Display In Project").from(17),
		boolean("is_closed", "Closed State").fixed().compute(),
		boolean("is_template", "Is Template").from(19),
		boolean("recurring_task", "Recurrent"),
		integer("subtask_count", "Sub-task Count").fixed().compute(),
		one2many("message_ids", "Messages", "mail.message", "res_id"),
	)
	m.access = access{read: groupUser, write: groupProjectUser}
	m.hooks = hooks{
		beforeCreate: createTask, afterCreate: stagesOfNewTasks,
		beforeWrite: checkTaskWrite, adjust: adjustTask, afterWrite: followTasks,
		beforeUnlink: withSubtasks, visible: taskVisible,
	}
	return m
}

// priorities are the choices of a task's priority: two, on 19 four
// (captures/odoo19/project_task_fields_get).
func priorities(version int) [][2]string {
	switch {
	case version >= 19:
		return [][2]string{{"0", "Low priority"}, {"1", "Medium priority"}, {"2", "High priority"}, {"3", "Urgent"}}
	case version == 16:
		return [][2]string{{"0", "Normal"}, {"1", "Important"}}
	default:
		return [][2]string{{"0", "Low"}, {"1", "High"}}
	}
}

// taskStates are the choices of a task's state, from Odoo 17 on.
var taskStates = [][2]string{
	{"01_in_progress", "In Progress"}, {"02_changes_requested", "Changes Requested"}, {"03_approved", "Approved"},
	{"1_done", "Done"}, {"1_canceled", "Cancelled"}, {"04_waiting_normal", "Waiting"},
}

// stageModel is project.task.type, a column of a board. One stage can serve many
// projects; one with a user_id is that user's personal stage, seen by no one else.
func stageModel(version int) *model {
	m := newModel(version, "project.task.type", "Task Stage", "sequence, id",
		char("name", "Name").need().translated(),
		boolean("active", "Active").starts(true),
		longText("description", "Description").translated().until(17),
		integer("sequence", "Sequence").starts(int64(1)),
		boolean("fold", "Folded in Kanban"),
		integer("color", "Color").from(19),
		many2many("project_ids", "Projects", "project.project"),
		many2one("user_id", "Stage Owner", "res.users").fixed(),
		boolean("auto_validation_state", "Automatic Kanban Status").from(17),
		boolean("auto_validation_kanban_state", "Automatic Kanban Status").until(16),
		char("legend_normal", "Grey Kanban Label").need().starts("In Progress").until(16),
		char("legend_done", "Green Kanban Label").need().starts("Ready").until(16),
		char("legend_blocked", "Red Kanban Label").need().starts("Blocked").until(16),
	)
	m.access = access{read: groupUser, write: groupProjectUser}
	m.hooks = hooks{
		beforeCreate: ownStage, adjust: disownStage, beforeWrite: archiveTasksOfStages,
		visible: stageVisible, writable: stageWritable,
	}
	return m
}

// tagModel is project.tags. Names are unique in the whole database, case
// sensitive, blanks included (seen on Odoo 18).
func tagModel(version int) *model {
	m := newModel(version, "project.tags", "Project Tags", "name",
		char("name", "Name").need().translated(),
		integer("color", "Color"),
		mirror("task_ids", "Tasks", "project.task", "tag_ids"),
		mirror("project_ids", "Projects", "project.project", "tag_ids"),
	)
	m.access = access{read: groupUser, write: groupProjectUser}
	m.unique = map[string]string{"name": "A tag with the same name already exists."}
	m.hooks = hooks{beforeCreate: colourTag}
	return m
}
