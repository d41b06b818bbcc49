package trello

import (
	"strconv"

	"github.com/odoo-connector/connector/config"
)

// SettingKeys describes the keys. It implements config.Documented.
func (*Settings) SettingKeys() []config.Key {
	return append(append(accessKeys(), partKeys()...), append(fieldKeys(), talkKeys()...)...)
}

// accessKeys are those of the connection.
func accessKeys() []config.Key {
	return []config.Key{
		{
			Name: "key", Example: "{env: TRELLO_KEY}",
			Doc: "The API key of a Power-Up of yours, from <https://trello.com/power-ups/admin>.",
			Ask: &config.Question{Text: "API key", Help: "of a Power-Up of yours: https://trello.com/power-ups/admin, API key"},
		},
		{
			Name: "token", Example: "{env: TRELLO_TOKEN}",
			Doc: "A token for that key; the link \"Token\" beside the key makes one. The connector sees and does what the token's member may.",
			Ask: &config.Question{Text: "Token", Help: "made by the link \"Token\" beside the key; it acts as the member who makes it"},
		},
		{Name: "requests_per_10s", Default: strconv.Itoa(defaultRate), Min: "1",
			Doc: "How many requests are sent in any 10 seconds at most. Trello allows 100 per token."},
	}
}

// partKeys say what takes part.
func partKeys() []config.Key {
	return []config.Key{
		{
			Name: "boards", Example: `[Marketing, "5f2b8c1e9d3a4b5c6d7e8f90"]`, Otherwise: "all open boards of the token's member",
			Doc: "The boards, by name or id.",
			Ask: &config.Question{Text: "Boards", Help: "names or ids with commas between them; none for all open boards"},
		},
		{Name: "sync_label", Example: "odoo", Otherwise: "all cards take part",
			Doc: "The label of the cards that take part. A card that loses it is left alone until it has it again; cards that are made for tasks get it."},
		{Name: "share_stages", Default: "false", Doc: "Whether a new list binds to the stage of its name that another board has."},
		{Name: "members", Example: "[{trello: annlee, odoo: ann@example.com}]", Keys: memberKeys(),
			Doc: "Who is who, where neither an e-mail nor a full name tells."},
		{Name: "checklists", Enum: []string{ChecklistsSubtasks, ChecklistsHTML, ChecklistsOff}, Default: ChecklistsSubtasks,
			Doc: "What becomes of checklists: sub-tasks; `html`, shown in the task's description and only imported; or nothing."},
	}
}

func memberKeys() []config.Key {
	return []config.Key{
		{Name: "trello", Example: "annlee", Doc: "The member: user name, id or e-mail."},
		{Name: "odoo", Example: "ann@example.com", Doc: "The user: login or database id."},
	}
}

// fieldKeys are those of days and of fields of the task.
func fieldKeys() []config.Key {
	return []config.Key{
		{Name: "time_zone", Example: "Europe/Brussels", Otherwise: "the Odoo user's own, or UTC", Doc: "The time zone of days without a time."},
		{Name: "due_time", Default: `"17:00"`, Doc: "When a deadline of Odoo 16, which is only a day, is due."},
		{Name: "start_field", Example: "planned_date_begin", Otherwise: "`planned_date_begin`, where Odoo has it",
			Doc: "The field of the task, a date or a datetime, that goes with a card's start."},
		{Name: "external_id_field", Example: "x_trello_id", Doc: "A field of the task into which the card's short link is saved."},
		{Name: "url_field", Example: "x_trello_url", Doc: "A field of the task into which the card's address is saved."},
		{Name: "sync_date_field", Example: "x_trello_date",
			Doc: "A date or datetime of the task that gets the moment of the connector's last write."},
	}
}

// talkKeys are those of comments and files.
func talkKeys() []config.Key {
	return []config.Key{
		{Name: "comments", Enum: []string{commentsNew, commentsAll, commentsOff}, Default: commentsNew,
			Doc: "Which comments and messages take part: those made since their board does, the older ones too, or none."},
		{Name: "odoo_messages", Enum: []string{messagesComments, messagesNotes, messagesAll}, Default: messagesComments,
			Doc: "What leaves Odoo: what people say to all who follow a task; `notes`: their internal notes too; `all`: e-mails too."},
		{Name: "comment_deletions", Enum: []string{deletionsFollow, deletionsKeep}, Default: deletionsFollow,
			Doc: "Whether a copy made by the connector is deleted with its original."},
		{Name: "attachment_deletions", Enum: []string{deletionsKeep, deletionsFollow}, Default: deletionsKeep, Doc: "The same for attachments."},
		{Name: "max_size", Default: "10 MB", Doc: "Larger files stay where they are."},
	}
}
