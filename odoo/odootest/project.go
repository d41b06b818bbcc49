package odootest

// Models of the module Project, written from the field lists of Odoo 16 to 19.

// projectModels gives projects, tasks, stages, tags and milestones as version knows them.
func projectModels(version int) []*model {
	return []*model{projectModel(version), taskModel(version), stageModel(version), tagModel(version), milestoneModel(version)}
}

// projectModel is project.project, a board to most other systems.
func projectModel(version int) *model {
	m := newModel(version, "project.project", "Project", "sequence, name, id",
		on("sequence").starts(int64(10)),
		on("label_tasks").starts("Tasks"),
		on("alias_id").filled(),
		on("type_ids").mirrors("project_ids"),
		on("favorite_user_ids").all(),
		on("message_partner_ids").keep(),
		on("task_count").by(countTasks("project_id")),
		on("rating_status").starts("stage"),
		on("rating_status_period").starts("monthly"),
		on("privacy_visibility").starts("portal"),
		on("last_update_status").starts("to_define"),
	)
	m.companies = true
	m.hooks = hooks{
		beforeCreate: createProject, beforeWrite: datesOfProject, afterWrite: archiveTasksOfProjects, beforeUnlink: unlinkTasksOfProjects,
		visible: projectVisible,
	}
	return m
}

// countTasks counts the active tasks that link to a record.
func countTasks(column string) func(t *tx, r row) any {
	return func(t *tx, r row) any {
		count := int64(0)
		for _, task := range t.rowsOf("project.task", t.pointing("project.task", column, r.id())) {
			if task.flag("active") {
				count++
			}
		}
		return count
	}
}

// taskModel is project.task.
func taskModel(version int) *model {
	m := newModel(version, "project.task", "Task", "priority desc, sequence, date_deadline asc, id desc",
		on("sequence").starts(int64(10)),
		on("priority").starts("0"),
		on("state").starts("01_in_progress"),
		on("kanban_state").starts("normal"),
		on("stage_id").restrict(),
		on("user_ids").all(),
		on("message_partner_ids").keep(),
		on("dependent_ids").mirrors("depend_on_ids"),
		on("is_closed").by(closed),
		on("subtask_count").by(countTasks("parent_id")),
		on("repeat_unit").starts("week"),
	)
	m.companies = true
	m.hooks = hooks{
		beforeCreate: createTask, created: logCreation, afterCreate: stagesOfNewTasks,
		beforeWrite: checkTaskWrite, adjust: trackTask, afterWrite: followTasks,
		beforeUnlink: withSubtasks, visible: taskVisible, writable: taskWritable,
	}
	return m
}

// closed reports whether a task is done or cancelled; on 16 its stage says it.
func closed(t *tx, r row) any {
	if t.s.major < 17 {
		return t.row("project.task.type", r.link("stage_id")).flag("fold")
	}
	return r.text("state") == "1_done" || r.text("state") == "1_canceled"
}

// stageModel is project.task.type, a column of a board. One stage can serve many
// projects; one with a user_id is that user's personal stage, seen by no one else.
func stageModel(version int) *model {
	m := newModel(version, "project.task.type", "Task Stage", "sequence, id",
		on("active").starts(true),
		on("sequence").starts(int64(1)),
		on("rating_status").starts("stage"),
		on("rating_status_period").starts("monthly"),
		on("legend_normal").starts("In Progress"),
		on("legend_done").starts("Ready"),
		on("legend_blocked").starts("Blocked"),
	)
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
		on("task_ids").mirrors("tag_ids"),
		on("project_ids").mirrors("tag_ids"),
	)
	m.unique = map[string]string{"name": "A tag with the same name already exists."}
	m.hooks = hooks{beforeCreate: colourTag}
	return m
}

// milestoneModel is project.milestone.
func milestoneModel(version int) *model {
	m := newModel(version, "project.milestone", "Project Milestone", "deadline, is_reached desc, name",
		on("project_id").cascade(),
	)
	return m
}
