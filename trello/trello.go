// Package trello connects Trello: boards, lists, labels, cards and check items, kept in step with Odoo's
// projects, stages, tags, tasks and sub-tasks. It speaks Trello's REST API, version 1.
package trello

import (
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// The binding models.
const (
	BoardModel = "trello.board"
	ListModel  = "trello.list"
	LabelModel = "trello.label"
	CardModel  = "trello.card"

	CommentModel    = "trello.comment"
	AttachmentModel = "trello.attachment"
)

// DefaultURL is where Trello's API lives.
const DefaultURL = "https://api.trello.com/1"

// Backend is the system with its version "generic".
func Backend() *backend.Backend {
	b := backend.New("trello", "generic").
		Configure(DefaultURL, func() any { return new(Settings) }).
		Connects((&buckets{all: map[string]*bucket{}}).connect).Zones(zoneOf).ShownAt(pageOf).
		Explains(explained...).
		Requires(backend.Right{Group: "project.group_project_manager", Name: "Project / Administrator"}).
		Declare(mappable(Models())...)
	b.Adapter(BoardModel, Boards("boards")).Mapper(BoardModel, BoardMapper())
	b.Adapter(ListModel, Lists("lists")).Mapper(ListModel, ListMapper())
	b.Adapter(LabelModel, Labels("labels")).Mapper(LabelModel, LabelMapper())
	b.Adapter(MemberModel, Members()).Mapper(MemberModel, MemberMapper())
	b.Adapter(CardModel, Cards("cards")).Mapper(CardModel, CardMapper()).Tailor(CardModel, tailorCards)
	b.Adapter(CheckItemModel, CheckItems("cards", "checklists")).Mapper(CheckItemModel, CheckItemMapper()).Tailor(CheckItemModel, fitCheckItems)
	b.Adapter(CommentModel, Comments("actions")).Mapper(CommentModel, CommentMapper()).
		Importer(CommentModel, backend.Importer{Creator: messagePoster{}}).
		Exporter(CommentModel, backend.Exporter{Domain: exportedMessages, Complete: nameAuthor, Emptied: emptied}).
		Deleter(CommentModel, backend.Deleter{Follow: followComment})
	b.Adapter(AttachmentModel, Attachments("cards")).Mapper(AttachmentModel, AttachmentMapper(defaultMaxSize)).
		Tailor(AttachmentModel, tailorAttachments).
		Importer(AttachmentModel, backend.Importer{Complete: hashFile, Creator: fileLoader{}}).
		Exporter(AttachmentModel, backend.Exporter{Domain: exportedFiles}).
		Deleter(AttachmentModel, backend.Deleter{Follow: followAttachment})
	return b
}

// Models are the binding models, parents first.
func Models() []backend.Model {
	return []backend.Model{
		{
			Name: BoardModel, OdooModel: "project.project", Noun: "board", OdooNoun: "project",
			NameField: "name", OdooNameField: "name",
			Creates: true, ByDomain: true,
		},
		{
			Name: ListModel, OdooModel: "project.task.type", Noun: "list", OdooNoun: "stage",
			NameField: "name", OdooNameField: "name",
			Parent: BoardModel, ParentField: "idBoard", OdooParent: "project_ids", Scoped: true,
			Creates: true, Domain: odoo.Cond("user_id", "=", false),
			Order: &backend.Order{
				Group: "idBoard", GroupModel: BoardModel, External: "pos", OdooGroup: "project_ids", Odoo: "sequence", OdooOrder: "sequence, id",
				Unplaced: 1, // a new stage comes last
			},
		},
		{
			Name: LabelModel, OdooModel: "project.tags", Noun: "label", OdooNoun: "tag",
			NameField: "name", OdooNameField: "name",
			Parent: BoardModel, ParentField: "idBoard", Scoped: true, ByName: true,
			Creates: true, OnDemand: true,
		},
		memberModel(),
		{
			Name: CardModel, OdooModel: "project.task", Noun: "card", OdooNoun: "task",
			NameField: "name", OdooNameField: "name",
			Parent: BoardModel, ParentField: "idBoard", OdooParent: "project_id",
			Creates: true, Domain: odoo.Cond("parent_id", "=", false),
			CascadeFrom: []string{"project_id", "stage_id"}, CascadeStays: "stage_id", TimeField: "dateLastActivity",
			Order: orderOfTasks("idList", ListModel, "pos", "stage_id"),
		},
		checkItemModel(),
		{
			Name: CommentModel, OdooModel: "mail.message", Noun: "comment", OdooNoun: "message",
			NameField: "text", OdooNameField: "body", TimeField: "edited",
			Parent: CardModel, ParentField: "idCard", OdooParent: "res_id",
			Creates: true, Alike: true, Domain: odoo.Cond("model", "=", "project.task"),
			OffBy: func(settings any) bool { s, ok := settings.(*Settings); return ok && s.Comments == commentsOff },
		},
		{
			Name: AttachmentModel, OdooModel: "ir.attachment", Noun: "attachment", OdooNoun: "attachment",
			NameField: "name", OdooNameField: "name",
			Parent: CardModel, ParentField: "idCard", OdooParent: "res_id",
			Creates: true, Alike: true, Domain: ofTasks(),
		},
	}
}

// BoardMapper pairs a board with a project.
func BoardMapper() mapping.Mapper {
	active := mapping.Active("closed")
	active.AfterCreate = true // POST /boards takes no closed
	return mapping.New(name(), description("desc", "description"), active)
}

// ListMapper pairs a list with a stage. A new stage belongs to its board's project from the start:
// without a project Odoo 17 and 18 would make it a personal stage of our user.
func ListMapper() mapping.Mapper {
	n := name()
	n.Guarded = true
	return mapping.New(n, inUse(), projects(), inPlace(), sequenced("pos", byPos))
}

// inPlace puts what is created outside on the board that it is created for.
func inPlace() mapping.Field {
	return mapping.Field{
		Name: "idBoard", External: []string{"idBoard"}, OnlyCreate: true,
		FromOdoo:   func(s mapping.Source) (record.Value, error) { return record.Ref(BoardModel, s.Scope), nil },
		ToExternal: func(t mapping.Target) (mapping.Values, error) { return mapping.Values{"idBoard": t.Value}, nil },
	}
}

// LabelMapper pairs a label with a tag. A label without a name goes by its colour's, which is never
// written back.
func LabelMapper() mapping.Mapper {
	n := name()
	n.External = []string{"name", "color"}
	n.Guarded = true
	n.FromExternal = func(s mapping.Source) (record.Value, error) { return record.Text(LabelName(s.Record)), nil }
	write := n.ToExternal
	n.ToExternal = func(t mapping.Target) (mapping.Values, error) {
		if goesByColor(t.Current) {
			return nil, nil
		}
		return write(t)
	}
	return mapping.New(n, color(), inPlace())
}

// CardMapper pairs a card with a task.
func CardMapper() mapping.Mapper {
	active := mapping.Active("closed")
	active.AfterCreate = true // POST /cards takes no closed
	return mapping.New(
		name(),
		besideChecklists(description("desc", descriptionName)),
		mapping.Filled(mapping.Many2One("idBoard", "project_id", BoardModel, "project.project")),
		mapping.Filled(mapping.Many2One("idList", "stage_id", ListModel, "project.task.type")),
		mapping.Many2Many("idLabels", "tag_ids", LabelModel, "project.tags"),
		mapping.OptionalMany2Many("idMembers", "user_ids", MemberModel, "res.users"),
		dated("due", deadlineName, defaultDueTime, time.UTC),
		asOdooHas(startName),
		asOdooHas(stateName),
		active,
		sequenced("pos", byPos),
	)
}
