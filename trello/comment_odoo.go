package trello

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/markup"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// What the settings `comments:`, `odoo_messages:` and `comment_deletions:` can say.
const (
	commentsNew = "new" // those made since the board takes part
	commentsAll = "all" // the older ones too
	commentsOff = "off"

	messagesComments = "comments" // what people say to all who follow a task
	messagesNotes    = "notes"    // and their internal notes
	messagesAll      = "all"      // and e-mails

	deletionsFollow = "follow" // our copy is deleted with its original
	deletionsKeep   = "keep"
)

func settingsOf(env *backend.Environment) *Settings {
	if s, ok := env.Config.Settings.(*Settings); ok {
		return s
	}
	return &Settings{}
}

// commentsOf is what `comments:` says.
func commentsOf(env *backend.Environment) string {
	if s := settingsOf(env).Comments; s != "" {
		return s
	}
	return commentsNew
}

// begun is how much earlier than it was first looked at a board's comments take part, so that none is missed that
// was written while a run was on its way.
const begun = 5 * time.Minute

// beginOf is the moment since which a board's comments take part: its first look, or none where all do. It is remembered.
func beginOf(ctx context.Context, env *backend.Environment, boardID string) (time.Time, error) {
	key := "comments since " + boardID
	text, err := env.Binder.Recall(ctx, key)
	if err != nil {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at = env.Clock.Now().UTC().Add(-begun).Truncate(time.Second)
		if err := env.Binder.Remember(ctx, key, at.Format(time.RFC3339)); err != nil {
			return time.Time{}, err
		}
	}
	if commentsOf(env) == commentsAll {
		return time.Time{}, nil
	}
	return at, nil
}

// CommentMapper pairs a comment with a message of a task.
func CommentMapper() mapping.Mapper {
	return mapping.New(said(), mapping.Parent("idCard", "res_id", CardModel), speaker(), mark())
}

// said is the text, without the name with which a copy begins. Trello lets nobody but its author change a comment.
func said() mapping.Field {
	f := description("text", "body")
	read, write := f.FromOdoo, f.ToOdoo
	bare := func(r record.Record) record.Record {
		_, rest := splitLead(r.Value("body").AsText())
		return r.With("body", record.HTML(rest))
	}
	f.FromOdoo = func(s mapping.Source) (record.Value, error) {
		s.Record = bare(s.Record)
		return read(s)
	}
	f.ToOdoo = func(t mapping.Target) (mapping.Values, error) {
		lead, _ := splitLead(t.Current.Value("body").AsText())
		values, err := write(t)
		if err == nil && lead != "" {
			values["body"] = record.HTML(lead + values["body"].AsText())
		}
		return values, err
	}
	f.ToExternal = commentText
	lossy := f.Lossy
	f.Lossy = func(r record.Record) []string { return lossy(bare(r)) }
	return f
}

// nameRoom is what is left of a comment's length for the name before it.
const nameRoom = 200

func commentText(t mapping.Target) (mapping.Values, error) {
	there := t.Current.ID != ""
	switch {
	case t.Value.IsNull():
		return nil, &mapping.MissingError{}
	case there && !t.Current.Value("own").AsBool():
		return nil, &mapping.UnfitError{Reason: fmt.Sprintf("the comment is %s's, and Trello lets nobody else change it; it keeps its words there",
			t.Current.Value("member").AsText())}
	case markup.Length(t.Value.AsText()) > markup.Limit-nameRoom:
		return nil, &mapping.UnfitError{Reason: fmt.Sprintf("the message, with its author's name before it, "+
			"is longer than the %d characters that a comment can have; shorten it in Odoo",
			markup.Limit)}
	}
	values := mapping.Values{"text": record.Text(t.Value.AsText())}
	if there {
		values["author"] = t.Current.Value("author")
	}
	return values, nil
}

// speaker is the name with which a message becomes a comment.
func speaker() mapping.Field {
	return mapping.Field{
		Name: "author_id", Odoo: []string{"author_id"}, OnlyCreate: true,
		FromOdoo:   func(s mapping.Source) (record.Value, error) { return s.Record.Value(authorName), nil },
		ToExternal: func(t mapping.Target) (mapping.Values, error) { return mapping.Values{"author": t.Value}, nil },
	}
}

// authorName is where a message's record has the name of its author: see nameAuthor.
const authorName = "author name"

// mark tells which comment and which message are copies of each other: a message that we posted bears the comment's id in its
// Message-Id, and a comment that we posted begins with the name of its author and has the message's words.
func mark() mapping.Field {
	return mapping.Field{
		Name: "message_id", Odoo: []string{"message_id", "attachment_ids"}, External: []string{"author"}, OnlyCreate: true, Match: true,
		FromExternal: func(s mapping.Source) (record.Value, error) {
			if s.Record.Value("author").Canonical().IsNull() {
				return record.Text("comment " + s.Record.ID), nil
			}
			v, err := said().ReadExternal(s)
			return record.Text("message " + v.AsText()), err
		},
		FromOdoo: func(s mapping.Source) (record.Value, error) {
			if id := markedComment(s.Record.Value("message_id").AsText()); id != "" {
				return record.Text("comment " + id), nil
			}
			v, err := said().ReadOdoo(s)
			return record.Text("message " + v.AsText()), err
		},
	}
}

// messageID is the Message-Id of what is posted under an identifier. Odoo keeps it as it is given (seen on 16 to 19).
func messageID(identifier string) string { return "<" + identifier + "@connector>" }

// ourMessages is part of all of them.
const ourMessages = "__connector__."

// markedComment is the comment that a message is the copy of, "" for none.
func markedComment(messageID string) string {
	_, rest, found := strings.Cut(messageID, "_"+CommentModel+"_")
	if !found || !strings.HasPrefix(messageID, "<"+ourMessages) {
		return ""
	}
	id, _, _ := strings.Cut(rest, "@")
	return id
}

// wordless are the bodies of messages that say nothing: only files, or emptied by their author, which is how Odoo's web client deletes
// (seen on 17 to 19).
var wordless = []any{"", "<p></p>", "<p><br></p>", `<span class="o-mail-Message-edited"></span>`}

// emptied says that a message holds neither words nor pictures nor files.
func emptied(r record.Record) bool {
	_, rest := splitLead(r.Value("body").AsText())
	return len(r.Value("attachment_ids").AsRefs()) == 0 && !strings.Contains(rest, "<img") && strings.TrimSpace(wordsOf(rest)) == ""
}

func wordsOf(html string) string {
	text, _ := markup.Markdown(html)
	return text
}

// exportedMessages are the messages that may become comments: of the configured kinds, not copies of ours, with words, and written
// since their board takes part.
func exportedMessages(ctx context.Context, env *backend.Environment) (odoo.Domain, error) {
	since, err := sinceBoards(ctx, env)
	if err != nil {
		return nil, err
	}
	return odoo.And(
		messageKinds(env), odoo.Cond("message_id", "not like", ourMessages), odoo.Cond("body", "not in", wordless), since,
	), nil
}

// messageKinds is what `odoo_messages:` says. What Odoo itself writes about a change never leaves.
func messageKinds(env *backend.Environment) odoo.Domain {
	comment := odoo.Cond("message_type", "=", "comment")
	switch settingsOf(env).OdooMessages {
	case messagesAll:
		return odoo.Cond("message_type", "in", []any{"comment", "email"})
	case messagesNotes:
		return comment
	default:
		return odoo.And(comment, odoo.Cond("subtype_id.internal", "=", false), odoo.Cond("is_internal", "=", false))
	}
}

// sinceBoards are the messages on tasks of bound boards since these take part.
func sinceBoards(ctx context.Context, env *backend.Environment) (odoo.Domain, error) {
	if commentsOf(env) == commentsAll {
		return nil, nil
	}
	cards, err := env.Binder.Briefs(ctx, CardModel)
	if err != nil {
		return nil, err
	}
	tasks := map[string][]any{}
	for _, b := range cards {
		if b.TakesPart() {
			tasks[b.Parent] = append(tasks[b.Parent], b.OdooID)
		}
	}
	var boards []odoo.Domain
	for _, board := range slices.Sorted(maps.Keys(tasks)) {
		at, err := beginOf(ctx, env, board)
		if err != nil {
			return nil, err
		}
		boards = append(boards, odoo.And(odoo.Cond("res_id", "in", tasks[board]), odoo.Cond("create_date", ">=", at.Format(time.DateTime))))
	}
	return odoo.Or(boards...), nil
}

// nameAuthor adds the name of a message's author, which Odoo tells by its id alone; each is asked for once.
func nameAuthor(ctx context.Context, env *backend.Environment, r record.Record) (record.Record, error) {
	c, err := clientOf(env)
	if err != nil {
		return r, err
	}
	ref, ok := r.Value("author_id").AsRef()
	if !ok {
		return r.With(authorName, record.Text("E-mail")), nil // of somebody whom Odoo does not know
	}
	name, known := c.partners[ref.ID]
	if !known {
		id, _ := strconv.ParseInt(ref.ID, 10, 64)
		found, _, err := env.Session.WithContext(map[string]any{"active_test": false}).Read(ctx, "res.partner", []int64{id}, []string{"name"})
		if err != nil && !odoo.IsKind(err, odoo.AccessError) {
			return r, err
		}
		name = "Odoo"
		if len(found) == 1 {
			name = found[0].Value("name").AsText()
		}
		c.partners[ref.ID] = name
	}
	return r.With(authorName, record.Text(name)), nil
}

// messagePoster makes messages of comments. A new one is posted, so that Odoo tells those who follow the task; one that was written
// before its board took part is history: it is loaded, which tells nobody, and has its date (seen on 16 to 19).
type messagePoster struct{}

// AtOnce implements backend.OdooCreator.
func (messagePoster) AtOnce() int { return 0 }

// CreateInOdoo implements backend.OdooCreator.
func (messagePoster) CreateInOdoo(ctx context.Context, env *backend.Environment, all []backend.OdooCreation) ([]odoo.LoadResult, error) {
	results := make([]odoo.LoadResult, len(all))
	var quiet []backend.OdooCreation
	var of []int
	for i, c := range all {
		silent, err := isHistory(ctx, env, c.External)
		if err != nil {
			return nil, err
		}
		if !silent {
			results[i].ID, err = post(ctx, env, c)
			results[i].Err = err
		}
		switch {
		case silent, odoo.IsKind(err, odoo.UserError): // Odoo 16 to 18 post nothing for a sender without an address
			quiet, of = append(quiet, c), append(of, i)
		case outage(err) != nil:
			return untried(results, i+1, err), err
		}
	}
	if len(quiet) == 0 {
		return results, nil
	}
	loaded, ended := loadMessages(ctx, env, quiet)
	for k := range loaded {
		results[of[k]] = loaded[k]
	}
	return results, ended
}

// untried gives the rest of the results, from one on, the error that ended the work.
func untried(results []odoo.LoadResult, from int, err error) []odoo.LoadResult {
	for i := from; i < len(results); i++ {
		results[i].Err = err
	}
	return results
}

// FindInOdoo implements backend.OdooFinder.
func (messagePoster) FindInOdoo(ctx context.Context, env *backend.Environment, identifier string) (id int64, found bool, err error) {
	ids, err := env.Session.Search(ctx, "mail.message", odoo.Cond("message_id", "=", messageID(identifier)), odoo.SearchOptions{Limit: 1, Order: "id"})
	if err != nil || len(ids) == 0 {
		return 0, false, err
	}
	return ids[0], true, nil
}

func isHistory(ctx context.Context, env *backend.Environment, c record.Record) (bool, error) {
	card, _ := c.Value("idCard").AsRef()
	found, err := env.Binder.Lean().ByExternal(ctx, CardModel, []string{card.ID})
	if err != nil {
		return false, err
	}
	at, err := firstLook(ctx, env, found[card.ID])
	return c.Value("date").AsTime().Before(at), err
}

func firstLook(ctx context.Context, env *backend.Environment, card binding.Binding) (time.Time, error) {
	text, err := env.Binder.Recall(ctx, "comments since "+card.Parent)
	if err != nil {
		return time.Time{}, err
	}
	at, _ := time.Parse(time.RFC3339, text)
	return at, nil
}

// messageBody is the message's whole HTML: who says it, and what.
func messageBody(c backend.OdooCreation) string {
	link := commentLink(c.External.Value("shortLink").AsText(), c.External.ID)
	return leadOf(c.External.Value("member").AsText(), link) + c.Values["body"].AsText()
}

// post posts one message, of which Odoo tells those who follow the task. Its sender is not made a follower.
func post(ctx context.Context, env *backend.Environment, c backend.OdooCreation) (int64, error) {
	answer, err := env.Session.WithContext(map[string]any{"mail_create_nosubscribe": true}).Call(ctx,
		"project.task", "message_post", []int64{c.Values["res_id"].AsInt()}, map[string]any{
			"body": messageBody(c), "body_is_html": true, // which 16 passes over: every text is HTML there
			"message_type": "comment", "subtype_xmlid": "mail.mt_comment", "message_id": messageID(c.Identifier),
			"date": c.External.Value("date").AsTime().UTC().Format(time.DateTime),
		})
	if err != nil {
		return 0, err
	}
	if ids, ok := answer.([]any); ok && len(ids) == 1 { // 19 answers a list
		answer = ids[0]
	}
	id, _ := answer.(int64)
	return id, nil
}

// loadMessages makes messages without telling anybody.
func loadMessages(ctx context.Context, env *backend.Environment, all []backend.OdooCreation) ([]odoo.LoadResult, error) {
	subtype, _, _, err := env.Session.Lookup(ctx, "mail", "mt_comment")
	if err != nil {
		return nil, err
	}
	rows := make([]odoo.NewRecord, len(all))
	for i, c := range all {
		rows[i] = odoo.NewRecord{Identifier: c.Identifier, Values: mapping.Values{
			"model": record.Text("project.task"), "res_id": c.Values["res_id"], "body": record.HTML(messageBody(c)),
			"message_type": record.Text("comment"), "subtype_id": record.Ref("mail.message.subtype", strconv.FormatInt(subtype, 10)),
			"message_id": record.Text(messageID(c.Identifier)), "date": c.External.Value("date"),
		}}
	}
	return env.Session.LoadRecords(ctx, "mail.message", rows)
}

// followComment says that a copy of ours goes with its original: a message that we posted, a comment that we wrote for somebody in Odoo.
func followComment(env *backend.Environment, left record.Record) bool {
	if settingsOf(env).CommentDeletions == deletionsKeep {
		return false
	}
	if left.Model == CommentModel {
		return left.Value("own").AsBool() && !left.Value("author").Canonical().IsNull()
	}
	return markedComment(left.Value("message_id").AsText()) != ""
}
