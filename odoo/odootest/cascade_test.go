package odootest_test

import (
	"testing"
)

func TestProjectsTakeTheirTasksAlong(t *testing.T) {
	// seen on Odoo 17 to 19
	eachVersion(t, func(t *testing.T, _ int, c *client) {
		project, _, _, task := c.board()
		alone := c.create("project.task", map[string]any{"name": "archived alone", "project_id": project, "active": false})
		elsewhere := c.create("project.task", map[string]any{"name": "elsewhere"})
		archive := func(active bool) {
			c.call("project.project", "write", []int64{project}, map[string]any{"active": active})
		}
		archive(false)
		want(t, "task of an archived project", c.get("project.task", task, "active"), false)
		want(t, "task without it", c.get("project.task", elsewhere, "active"), true)
		want(t, "dates", c.server.WriteDate("project.task", task), c.server.WriteDate("project.project", project))
		archive(true)
		want(t, "task of a restored project", c.get("project.task", task, "active"), true)
		want(t, "task that had been archived alone", c.get("project.task", alone, "active"), true)
		c.call("project.project", "unlink", []int64{project})
		want(t, "tasks of a deleted project", c.server.Search("project.task", nil), []int64{elsewhere})
	})
}

func TestStagesArchiveTheirTasksAndDoNotRestoreThem(t *testing.T) {
	eachVersion(t, func(t *testing.T, _ int, c *client) {
		_, todo, _, task := c.board()
		c.call("project.task.type", "write", []int64{todo}, map[string]any{"active": false})
		want(t, "archived", c.get("project.task", task, "active"), false)
		c.call("project.task.type", "write", []int64{todo}, map[string]any{"active": true})
		want(t, "restored", c.get("project.task", task, "active"), false)
		c.fault(2, "", "project.task.type", "unlink", []int64{todo})
	})
}

func TestMovingATaskResetsItsState(t *testing.T) {
	// Measured on Odoo 18: a stage, even the same, resets an open state; a project
	// resets a closed one too.
	_, c := start(t, "18.0")
	project, todo, doing, task := c.board()
	after := func(state string, vals map[string]any) any {
		c.call("project.task", "write", []int64{task}, map[string]any{"state": state})
		c.call("project.task", "write", []int64{task}, vals)
		return c.get("project.task", task, "state")
	}
	want(t, "another stage, open", after("03_approved", map[string]any{"stage_id": doing}), "01_in_progress")
	want(t, "the same stage, open", after("03_approved", map[string]any{"stage_id": doing}), "01_in_progress")
	want(t, "another stage, done", after("1_done", map[string]any{"stage_id": todo}), "1_done")
	want(t, "a state of its own", after("1_done", map[string]any{"stage_id": doing, "state": "02_changes_requested"}), "02_changes_requested")
	want(t, "the same project, done", after("1_done", map[string]any{"project_id": project}), "01_in_progress")
	want(t, "neither", after("03_approved", map[string]any{"name": "x"}), "03_approved")
}

func TestMovingATaskResetsItsKanbanStateOn16(t *testing.T) {
	_, c := start(t, "16.0")
	_, _, doing, task := c.board()
	c.call("project.task", "write", []int64{task}, map[string]any{"kanban_state": "blocked"})
	c.call("project.task", "write", []int64{task}, map[string]any{"stage_id": doing})
	want(t, "kanban_state", c.get("project.task", task, "kanban_state"), "normal")
}

func TestTasksGetAStage(t *testing.T) {
	// all measured on Odoo 18
	_, c := start(t, "18.0")
	one := c.create("project.project", map[string]any{"name": "One"})
	two := c.create("project.project", map[string]any{"name": "Two"})
	none := c.create("project.project", map[string]any{"name": "None"})
	stage := func(name string, sequence int, fold bool, project int64) int64 {
		return c.create("project.task.type", map[string]any{"name": name, "sequence": sequence, "fold": fold, "project_ids": []any{[]any{4, project, 0}}})
	}
	late, early := stage("late", 20, false, one), stage("early", 10, false, one)
	stage("folded", 1, true, one)
	other := stage("other", 5, false, two)
	got := func(vals map[string]any) any {
		vals["name"] = "x"
		link, ok := c.get("project.task", c.create("project.task", vals), "stage_id").([]any)
		if !ok {
			return int64(0)
		}
		return link[0]
	}
	want(t, "the first that is not folded", got(map[string]any{"project_id": one}), early)
	want(t, "none where False is given", got(map[string]any{"project_id": one, "stage_id": false}), int64(0))
	want(t, "none where the project has none", got(map[string]any{"project_id": none}), int64(0))
	want(t, "none without a project", got(map[string]any{"stage_id": early}), int64(0))
	want(t, "one of another project", got(map[string]any{"project_id": one, "stage_id": other}), other)
	want(t, "which then is in both", c.get("project.task.type", other, "project_ids"), []any{one, two})

	task := c.create("project.task", map[string]any{"name": "moves", "project_id": one, "stage_id": late})
	c.call("project.task", "write", []int64{task}, map[string]any{"project_id": two})
	want(t, "moved to a project without its stage", c.get("project.task", task, "stage_id"), []any{other, "other"})
	c.call("project.task", "write", []int64{task}, map[string]any{"project_id": false})
	want(t, "moved out of all projects", c.get("project.task", task, "stage_id"), false)
	c.fault(2, "You can only set a personal stage on a private task.", "project.task", "write", []int64{task}, map[string]any{"stage_id": early})
}

func TestPersonalStages(t *testing.T) {
	// 17 and later make a stage without projects its creator's own (seen on 16 to
	// 19); the owner goes with the first project.
	eachVersion(t, func(t *testing.T, version int, c *client) {
		pm := c.as(6, "pm")
		project, _, _, _ := pm.board()
		owner := any(false)
		if version >= 17 {
			owner = []any{int64(6), "PM"}
		}
		stage := pm.create("project.task.type", map[string]any{"name": "mine"})
		want(t, "owner", pm.get("project.task.type", stage, "user_id"), owner)
		common := pm.create("project.task.type", map[string]any{"name": "no owner", "user_id": false})
		want(t, "user_id False", pm.get("project.task.type", common, "user_id"), false)
		if owner == any(false) {
			return
		}
		hidden := []any{[]any{"id", "=", stage}}
		want(t, "seen by the administrator", c.call("project.task.type", "search_count", hidden), int64(0))
		c.fault(4, "Mitchell Admin (id=2) doesn't have 'read' access to:\n- Task Stage (project.task.type)", "project.task.type", "read", []int64{stage}, []string{"name"})
		pm.call("project.task.type", "write", []int64{stage}, map[string]any{"project_ids": []any{[]any{4, project, 0}}})
		want(t, "owner with a project", pm.get("project.task.type", stage, "user_id"), false)
	})
}

func TestCreatorsAreAssigned(t *testing.T) {
	// captures/odoo16, odoo18, odoo19/project_task_read; load does not (seen on 18).
	eachVersion(t, func(t *testing.T, _ int, c *client) {
		pm := c.as(6, "pm")
		project, _, _, _ := pm.board()
		task := pm.create("project.task", map[string]any{"name": "by create", "project_id": project})
		want(t, "by create", pm.get("project.task", task, "user_ids"), []any{int64(6)})
		want(t, "personal stages of the first assignment", pm.call("project.task.type", "search_count", []any{[]any{"user_id", "=", 6}}), int64(7))
		answer := pm.call("project.task", "load", []string{"name", "project_id/.id"}, []any{[]any{"by load", "1"}}).(map[string]any)
		loaded := answer["ids"].([]any)[0].(int64)
		want(t, "by load", pm.get("project.task", loaded, "user_ids"), []any{})
	})
}

func TestSubtasks(t *testing.T) {
	_, c := start(t, "18.0")
	project, _, _, task := c.board()
	two := c.create("project.project", map[string]any{"name": "Two"})
	c.fault(2, "A private task cannot have a parent.", "project.task", "create", map[string]any{"name": "c", "parent_id": task})
	child := c.create("project.task", map[string]any{"name": "c", "parent_id": task, "project_id": project})
	want(t, "shown in the project", c.get("project.task", child, "display_in_project"), false)
	c.call("project.task", "write", []int64{task}, map[string]any{"project_id": two})
	want(t, "follows its parent", c.get("project.task", child, "project_id"), []any{two, "Two"})
	c.fault(2, "recursive", "project.task", "write", []int64{task}, map[string]any{"parent_id": child})
	c.call("project.task", "unlink", []int64{task})
	want(t, "goes with its parent", c.server.Search("project.task", nil), []int64{})
}

func TestDatesOfProjectsGoTogether(t *testing.T) {
	_, c := start(t, "18.0")
	project := c.create("project.project", map[string]any{"name": "P"})
	set := func(vals map[string]any) []any {
		c.call("project.project", "write", []int64{project}, vals)
		return []any{c.get("project.project", project, "date_start"), c.get("project.project", project, "date")}
	}
	want(t, "a start without an end is dropped", set(map[string]any{"date_start": "2030-01-01"}), []any{false, false})
	want(t, "both", set(map[string]any{"date_start": "2030-01-01", "date": "2030-02-01"}), []any{"2030-01-01", "2030-02-01"})
	want(t, "one", set(map[string]any{"date": "2030-03-01"}), []any{"2030-01-01", "2030-03-01"})
	want(t, "emptying one empties both", set(map[string]any{"date": false}), []any{false, false})
}

func TestRights(t *testing.T) {
	// measured on Odoo 18
	_, c := start(t, "18.0")
	project, todo, _, task := c.board()
	pm, pu, portal, employee := c.as(6, "pm"), c.as(7, "pu"), c.as(8, "portal"), c.as(9, "employee")
	t.Run("Ensure groups are told", func(t *testing.T) {
		want(t, "pm", pm.call("res.users", "has_group", []int64{6}, "project.group_project_manager"), true)
		want(t, "implied", pm.call("res.users", "has_group", []int64{6}, "project.group_project_user"), true)
		want(t, "pu", pu.call("res.users", "has_group", []int64{7}, "project.group_project_manager"), false)
		want(t, "unknown", pm.call("res.users", "has_group", []int64{6}, "project.group_nope"), false)
		pm.fault(1, "missing 1 required positional argument: 'group_ext_id'", "res.users", "has_group", "project.group_project_manager")
		_, old := start(t, "17.0")
		want(t, "17 asks about the caller", old.as(7, "pu").call("res.users", "has_group", "project.group_project_manager"), false)
	})
	t.Run("Ensure a project manager needs no other right", func(t *testing.T) {
		project, _, _, task := pm.board()
		pm.call("project.task", "write", []int64{task}, map[string]any{"name": "x"})
		pm.call("project.project", "unlink", []int64{project})
		pm.fault(4, "'Model Data' (ir.model.data)", "ir.model.data", "search_count", []any{})
		pm.fault(4, "Administration/Settings", "ir.config_parameter", "get_param", "database.uuid")
	})
	t.Run("Ensure a project user writes tasks but no projects and stages", func(t *testing.T) {
		want(t, "reads", len(pu.call("project.project", "search_read", []any{}, []string{"name"}).([]any)), 1)
		pu.call("project.task", "write", []int64{task}, map[string]any{"name": "y"})
		pu.create("project.tags", map[string]any{"name": "by pu"})
		pu.fault(4, "You are not allowed to create 'Project' (project.project) records.\n\nThis operation is allowed for the following groups:\n\t- Project/Administrator", "project.project", "create", map[string]any{"name": "q"})
		pu.fault(4, "You are not allowed to modify 'Project'", "project.project", "write", []int64{project}, map[string]any{"name": "q"})
		pu.fault(4, "PU (id=7) doesn't have 'write' access to:\n- Task Stage", "project.task.type", "write", []int64{todo}, map[string]any{"name": "q"})
		answer := pu.call("project.task.type", "load", []string{"name", "project_ids/.id"}, []any{[]any{"q", "1"}}).(map[string]any)
		want(t, "load", answer["ids"], false)
		want(t, "rights asked for", pu.call("project.project", "check_access_rights", "write", false), false)
	})
	t.Run("Ensure employees only read and portal users see nothing", func(t *testing.T) {
		want(t, "tasks", employee.call("project.task", "search_count", []any{}), int64(1))
		// rights and rules read from a real 18: employees may write private tasks of their own
		employee.fault(4, "doesn't have 'write' access to:\n- Task (project.task)", "project.task", "write", []int64{task}, map[string]any{"name": "q"})
		for _, model := range []string{"project.project", "project.task"} {
			want(t, model, portal.call(model, "search", []any{}), []any{})
		}
		portal.fault(4, "doesn't have 'read' access to:\n- Task (project.task)", "project.task", "read", []int64{task}, []string{"name"})
		portal.fault(4, "You are not allowed to modify 'Task' (project.task)", "project.task", "write", []int64{task}, map[string]any{"name": "q"})
	})
	t.Run("Ensure the settings' administrator reads parameters", func(t *testing.T) {
		want(t, "uuid", c.call("ir.config_parameter", "get_param", "database.uuid"), "5f1c7f0a-0d5e-4c1e-9d60-0d0000000000")
		want(t, "unknown", c.call("ir.config_parameter", "get_param", "nope"), false)
		want(t, "context", c.call("res.users", "context_get"), map[string]any{"lang": "en_US", "tz": "Europe/Brussels", "uid": int64(2)})
	})
	t.Run("Ensure languages and companies that are not there are refused", func(t *testing.T) {
		c.with(map[string]any{"lang": "xx_XX"}).fault(2, "Invalid language code: xx_XX", "project.task", "search", []any{})
		c.with(map[string]any{"allowed_company_ids": []any{99}}).fault(4, "Access to unauthorized or invalid companies.", "project.task", "search", []any{})
		c.with(map[string]any{"lang": "en_US", "allowed_company_ids": []any{1}, "tracking_disable": true, "tz": "UTC"}).call("project.task", "search", []any{})
	})
}

func TestOddMethods(t *testing.T) {
	eachVersion(t, func(t *testing.T, version int, c *client) {
		_, _, _, task := c.board()
		pairs := []any{[]any{task, "Paint the door"}}
		want(t, "name_search", c.call("project.task", "name_search", "paint"), pairs)
		want(t, "name_search with =", c.call("project.task", "name_search", "paint", []any{}, "="), []any{})
		if version == 16 { // seen on 16 to 19
			want(t, "search with count", c.call("project.task", "search", []any{}, kw{"count": true}), int64(1))
		} else {
			c.fault(1, "got an unexpected keyword argument 'count'", "project.task", "search", []any{}, kw{"count": true})
		}
		if version <= 17 {
			want(t, "name_get", c.call("project.task", "name_get", []int64{task}), pairs)
			want(t, "copy", c.call("project.task", "copy", []int64{task}), task+1)
		} else {
			c.fault(1, "does not exist", "project.task", "name_get", []int64{task})
			want(t, "copy", c.call("project.task", "copy", []int64{task}, map[string]any{"name": "copied"}), []any{task + 1})
			want(t, "copied", c.get("project.task", task+1, "name"), "copied")
		}
		message := c.call("project.task", "message_post", []int64{task}, kw{"body": "Hello <b>x</b>"})
		if version == 19 { // captures/odoo19/project_task_message_post
			message = message.([]any)[0]
		}
		body := "<p>Hello &lt;b&gt;x&lt;/b&gt;</p>" // captures/odoo19/project_task_message_post
		if version == 16 {
			body = "<p>Hello <b>x</b></p>" // seen on 16: a text is HTML
		}
		want(t, "message", c.get("mail.message", message.(int64), "body"), body)
		want(t, "messages of the task", c.get("project.task", task, "message_ids").([]any)[0], message)
	})
}
