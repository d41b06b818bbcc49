package trello

import (
	"context"
	"slices"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// CheckItemModel pairs a check item with a sub-task of its card's task.
const CheckItemModel = "trello.checkitem"

// What the setting `checklists:` can be.
const (
	ChecklistsSubtasks = "subtasks" // a check item is a sub-task
	ChecklistsHTML     = "html"     // they stand in the description, and are only imported
	ChecklistsOff      = "off"      // they are left alone
)

func checkItemModel() backend.Model {
	return backend.Model{
		Name: CheckItemModel, OdooModel: "project.task", Noun: "check item", OdooNoun: "sub-task",
		NameField: "name", OdooNameField: "name",
		Parent: CardModel, ParentField: "idCard", OdooParent: "parent_id", Scoped: true, Rooted: true,
		Creates: true, Domain: odoo.Cond("active", "=", true), // an archived sub-task is left alone
		Order: orderOfItems(),
		OffBy: func(settings any) bool {
			s, ok := settings.(*Settings)
			return ok && (s.Checklists == ChecklistsOff || s.Checklists == ChecklistsHTML)
		},
	}
}

// orderOfItems is the order of a card's items over its checklists. A new sub-task has Odoo's default sequence and comes last.
func orderOfItems() *backend.Order {
	order := orderOfTasks("idCard", CardModel, "place", "parent_id")
	order.Unplaced = 10
	return order
}

// CheckItemMapper pairs a check item with a sub-task. Its checklist means nothing to Odoo and is kept in the binding.
func CheckItemMapper() mapping.Mapper {
	return mapping.New(
		name(),
		mapping.Filled(mapping.Many2One("idCard", "parent_id", CardModel, "project.task")),
		projectOfItem(),
		asOdooHas(stateName),
		asOdooHas(deadlineName),
		assignee(),
		hiddenOnBoard(),
		sequenced("place", func(place float64) float64 { return (place + 1) * 1024 }),
		mapping.Kept("checklist"),
	)
}

// projectOfItem puts a sub-task into the project of its card's board. A sub-task without a project of its own gets no stage on Odoo 16 and
// none at all on 18, and is assigned to the caller (seen). Where the card goes to another board the sub-task goes along, unless
// somebody had put it elsewhere; the outside is never told.
func projectOfItem() mapping.Field {
	f := mapping.Many2One("idBoard", "project_id", BoardModel, "project.project")
	f.NeedsOdoo, f.ToExternal = nil, nil
	f.Merge = func(base, external, inOdoo record.Value) record.Value {
		if inOdoo.Equal(base) {
			return external
		}
		return inOdoo
	}
	return f
}

// projectOfItem17 does so on Odoo 17, where a sub-task that has followed its task is shown as a card of its own from then on, and follows no
// more (seen): it is hidden again.
func projectOfItem17() mapping.Field {
	const shown = "display_in_project"
	f := projectOfItem()
	f.Odoo = []string{"project_id", shown}
	f.FromOdoo = func(s mapping.Source) (record.Value, error) {
		if s.Record.Value(shown).AsBool() {
			return record.Null(), nil
		}
		return s.Record.Value("project_id"), nil
	}
	merge, write := f.Merge, f.ToOdoo
	f.Merge = func(base, external, inOdoo record.Value) record.Value {
		if inOdoo.IsNull() {
			return external
		}
		return merge(base, external, inOdoo)
	}
	f.ToOdoo = func(t mapping.Target) (mapping.Values, error) {
		values, err := write(t)
		if err == nil {
			values[shown] = record.Bool(false)
		}
		if t.Value.Equal(t.Current.Value("project_id")) { // to write it would open the sub-task again
			delete(values, "project_id")
		}
		return values, err
	}
	return f
}

// assignee pairs the one member of an item with the users of a sub-task. Of several the one stays whom Trello shows, else it shows the first
// who is a member of the board; users and members who are nobody on the other side stay. The canonical value is the set of those members
// of the board who are assigned.
func assignee() mapping.Field {
	return mapping.Field{
		Name: "user_ids", Odoo: []string{"user_ids"}, External: []string{"idMember"}, Part: true, Merge: mapping.MergeSets,
		Needs: func(r record.Record) []record.Reference { return r.Value("idMember").AsRefs() },
		NeedsOdoo: func(r record.Record) []record.Reference {
			needs := membersNamed(r.Value("user_ids").AsRefs())
			for _, p := range r.Value("project_id").AsRefs() {
				needs = append(needs, record.Reference{Model: BoardModel, ID: p.ID})
			}
			return needs
		},
		FromExternal: func(s mapping.Source) (record.Value, error) {
			refs := slices.DeleteFunc(s.Record.Value("idMember").AsRefs(), func(r record.Reference) bool {
				_, bound := s.Lookup.ToOdoo(MemberModel, r.ID)
				return !bound
			})
			return record.RefSet(refs...), nil
		},
		FromOdoo: func(s mapping.Source) (record.Value, error) {
			members, _ := assigned(s)
			return record.RefSet(members...), nil
		},
		ToOdoo: func(t mapping.Target) (mapping.Values, error) {
			_, users := assigned(mapping.Source{Record: t.Current, Lookup: t.Lookup}) // who are no members stay
			for _, m := range t.Value.AsRefs() {
				if id, bound := t.Lookup.ToOdoo(MemberModel, m.ID); bound {
					users = append(users, record.Reference{Model: "res.users", ID: id})
				}
			}
			return mapping.Values{"user_ids": record.RefSet(users...)}, nil
		},
		ToExternal: showAssignee,
	}
}

// membersNamed are references to users as the lookup of members wants them.
func membersNamed(users []record.Reference) []record.Reference {
	for i := range users {
		users[i].Model = MemberModel
	}
	return users
}

// assigned are the users of a sub-task: those who are members of its project's board, as members, and all others.
func assigned(s mapping.Source) (members, others []record.Reference) {
	board := ""
	if project, ok := s.Record.Value("project_id").AsRef(); ok {
		board, _ = s.Lookup.ToExternal(BoardModel, project.ID, "")
	}
	for _, u := range s.Record.Value("user_ids").AsRefs() {
		if id, bound := s.Lookup.ToExternal(MemberModel, u.ID, board); bound && board != "" {
			members = append(members, record.Reference{Model: MemberModel, ID: id})
		} else {
			others = append(others, u)
		}
	}
	return members, others
}

// showAssignee shows one of the assigned members, unless one of them is shown, or somebody who is nobody in Odoo.
func showAssignee(t mapping.Target) (mapping.Values, error) {
	members := t.Value.AsRefs()
	if shown, ok := t.Current.Value("idMember").AsRef(); ok {
		if _, bound := t.Lookup.ToOdoo(MemberModel, shown.ID); !bound || slices.Contains(members, shown) {
			return nil, nil
		}
	}
	switch {
	case len(members) > 0:
		return mapping.Values{"idMember": record.Ref(MemberModel, members[0].ID)}, nil
	case t.Current.ID == "":
		return nil, nil
	default:
		return mapping.Values{"idMember": record.Null()}, nil
	}
}

// hiddenOnBoard keeps new sub-tasks from being shown as cards of their own: Odoo 17 shows those that are made with a project (seen),
// 18 and 19 hide them of themselves, and 16 does not have the field.
func hiddenOnBoard() mapping.Field {
	return mapping.Field{
		Name: "display_in_project", Odoo: []string{}, OnlyCreate: true,
		FromExternal: func(s mapping.Source) (record.Value, error) {
			if s.Types["display_in_project"] == "" {
				return record.Null(), mapping.ErrSkip
			}
			return record.Bool(false), nil
		},
		ToOdoo: func(t mapping.Target) (mapping.Values, error) {
			return mapping.Values{"display_in_project": t.Value}, nil
		},
	}
}

// itemCompletion is a check item's tick.
var itemCompletion = completion{field: "state", complete: record.Text(complete), opened: record.Text(incomplete)}

// fitCheckItems fits the mapper to its backend's settings and its Odoo. A sub-task that follows its task to another project is opened
// again by some versions of Odoo, which is nobody's edit. Odoo 17, which has no is_closed, shows such sub-tasks besides.
func fitCheckItems(ctx context.Context, env *backend.Environment, m mapping.Mapper, fields odoo.Fields) (mapping.Mapper, error) {
	m, err := withDates(ctx, env, settingsOf(env), m, fields)
	if err != nil {
		return m, err
	}
	m = withState(m, itemCompletion, fields)
	if f, ok := m.Field(stateName); ok {
		f.Restored = true
		m = m.Extend(f)
	}
	if _, has := m.Field("project_id"); has && fields["display_in_project"].Type != "" && fields["is_closed"].Type == "" {
		m = m.Extend(projectOfItem17())
	}
	return m, nil
}
