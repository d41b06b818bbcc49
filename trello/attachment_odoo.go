package trello

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/transport"
)

// AttachmentMapper pairs a card's attachment with one of its task. Everything is written once: an attachment of Trello cannot be changed,
// and what is renamed in Odoo stays named so there. Larger files than limit bytes stay where they are.
func AttachmentMapper(limit int64) mapping.Mapper {
	return mapping.New(content(), mapping.Parent("idCard", "res_id", CardModel), calledAs(), linked(), sized(limit), source())
}

// tailorAttachments heeds `max_size:`.
func tailorAttachments(_ context.Context, env *backend.Environment, m mapping.Mapper, _ odoo.Fields) (mapping.Mapper, error) {
	if _, there := m.Field(sizeField); !there {
		return m, nil
	}
	limit, err := maxSizeOf(env)
	return m.Extend(sized(limit)), err
}

func maxSizeOf(env *backend.Environment) (int64, error) {
	text := settingsOf(env).MaxSize
	if text == "" {
		return defaultMaxSize, nil
	}
	n, err := parseSize(text)
	if err != nil {
		return 0, &SettingsError{Backend: env.Config.Name, Problem: err.Error(), Key: "max_size"}
	}
	return n, nil
}

// noBytes is the SHA-1 of nothing; Odoo keeps none for it (seen on 16 to 19).
const noBytes = "da39a3ee5e6b4b0d3255bfef95601890afd80709"

// content tells what is in an attachment: the bytes by their SHA-1, as Odoo does, a link by its address. The bytes themselves are in no
// plan, binding or job.
func content() mapping.Field {
	return mapping.Field{
		Name: "checksum", Odoo: []string{"checksum", "type", "url", "create_uid"}, External: []string{"isUpload", "url"},
		OnlyCreate: true, Match: true,
		FromExternal: func(s mapping.Source) (record.Value, error) {
			sum := s.Record.Value("checksum").AsText()
			switch {
			case !s.Record.Value("isUpload").AsBool():
				return linkKey(s.Record.Value("url")), nil
			case sum == "":
				return record.Null(), nil
			default:
				return record.Text("sha1 " + sum), nil
			}
		},
		FromOdoo: func(s mapping.Source) (record.Value, error) {
			if s.Record.Value("type").AsText() == "url" {
				return linkKey(s.Record.Value("url")), nil
			}
			return record.Text("sha1 " + cmp.Or(s.Record.Value("checksum").AsText(), noBytes)), nil
		},
		ToOdoo:     func(mapping.Target) (mapping.Values, error) { return nil, nil }, // see fileLoader
		ToExternal: func(mapping.Target) (mapping.Values, error) { return nil, nil }, // see attachmentAdapter.Create
	}
}

func linkKey(address record.Value) record.Value { return record.Text("link " + address.AsText()) }

// calledAs is the name, made fit for a disk.
func calledAs() mapping.Field {
	f := mapping.Direct("name", "name", func(v record.Value) record.Value { return record.Text(fileName(v.AsText())) })
	f.OnlyCreate = true
	return f
}

// linked is the address of a link, nothing for a file. Only addresses of the web are links on both sides.
func linked() mapping.Field {
	web := func(v record.Value) error {
		u, err := url.Parse(v.AsText())
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return &mapping.UnfitError{Reason: "the link leads to no address of the web; it stays where it is"}
		}
		return nil
	}
	return mapping.Field{
		Name: "url", Odoo: []string{"type", "url"}, External: []string{"isUpload", "url"}, OnlyCreate: true,
		FromExternal: func(s mapping.Source) (record.Value, error) {
			if s.Record.Value("isUpload").AsBool() {
				return record.Null(), nil
			}
			return s.Record.Value("url"), nil
		},
		FromOdoo: func(s mapping.Source) (record.Value, error) {
			if s.Record.Value("type").AsText() != "url" {
				return record.Null(), nil
			}
			return s.Record.Value("url"), nil
		},
		ToOdoo: func(t mapping.Target) (mapping.Values, error) {
			if t.Value.IsNull() {
				return mapping.Values{"type": record.Text("binary")}, nil
			}
			return mapping.Values{"type": record.Text("url"), "url": t.Value}, web(t.Value)
		},
		ToExternal: func(t mapping.Target) (mapping.Values, error) {
			if t.Value.IsNull() {
				return nil, nil
			}
			return mapping.Values{"url": t.Value}, web(t.Value)
		},
	}
}

// sizeField names the pair of sizes.
const sizeField = "file_size"

// sized is the size of a file: one that is too large is left alone, and one whose answer was lost is told by it from another of its name.
func sized(limit int64) mapping.Field {
	fits := func(v record.Value) error {
		if v.AsInt() <= limit {
			return nil
		}
		return &mapping.UnfitError{Reason: fmt.Sprintf("the file has %s, more than the %s of `max_size:`; it stays where it is",
			sizeText(v.AsInt()), sizeText(limit))}
	}
	return mapping.Field{
		Name: sizeField, Odoo: []string{"file_size", "type"}, External: []string{"isUpload", "size", "limit"}, OnlyCreate: true,
		FromExternal: func(s mapping.Source) (record.Value, error) {
			if !s.Record.Value("isUpload").AsBool() {
				return record.Null(), mapping.ErrSkip
			}
			return s.Record.Value("size"), nil
		},
		FromOdoo: func(s mapping.Source) (record.Value, error) {
			if s.Record.Value("type").AsText() == "url" {
				return record.Null(), mapping.ErrSkip
			}
			return s.Record.Value("file_size"), nil
		},
		ToOdoo:     func(t mapping.Target) (mapping.Values, error) { return nil, fits(t.Value) },
		ToExternal: func(t mapping.Target) (mapping.Values, error) { return mapping.Values{"size": t.Value}, fits(t.Value) },
	}
}

// source is the attachment in Odoo whose bytes are to be posted.
func source() mapping.Field {
	return mapping.Field{
		Name: "id", OnlyCreate: true,
		FromOdoo:   func(s mapping.Source) (record.Value, error) { return record.Text(s.Record.ID), nil },
		ToExternal: func(t mapping.Target) (mapping.Values, error) { return mapping.Values{"attachment": t.Value}, nil },
	}
}

// ofTasks are the attachments of tasks themselves: not those of other models with the same ids, and not those behind a field, as the
// pictures of a description, which Odoo hides unless the domain speaks of id or res_field (seen on 16 to 19).
func ofTasks() odoo.Domain {
	return odoo.And(odoo.Cond("res_model", "=", "project.task"), odoo.Cond("res_field", "=", false))
}

// exportedFiles are the attachments that may leave Odoo: those with something in them, and not those of messages that do not leave.
func exportedFiles(ctx context.Context, env *backend.Environment) (odoo.Domain, error) {
	full := odoo.Or(odoo.Cond("type", "=", "url"), odoo.Cond("file_size", ">", 0))
	hidden, err := filesOfHiddenMessages(ctx, env)
	if err != nil || len(hidden) == 0 {
		return full, err
	}
	return odoo.And(full, odoo.Cond("id", "not in", hidden)), nil
}

// filesOfHiddenMessages are the attachments of tasks' internal notes and e-mails, as far as these do not leave: a file that was put into a
// note for colleagues is not shown to a board.
func filesOfHiddenMessages(ctx context.Context, env *backend.Environment) (ids []any, err error) {
	tasks, err := boundTasks(ctx, env)
	if err != nil || len(tasks) == 0 {
		return nil, err
	}
	found, err := env.Session.All(ctx, "mail.message", odoo.And(
		odoo.Cond("model", "=", "project.task"), odoo.Cond("res_id", "in", tasks), odoo.Cond("attachment_ids", "!=", false), odoo.Not(messageKinds(env)),
	), []string{"attachment_ids"}, 0)
	for _, r := range found {
		for _, ref := range r.Value("attachment_ids").AsRefs() {
			id, _ := strconv.ParseInt(ref.ID, 10, 64)
			ids = append(ids, id)
		}
	}
	return ids, err
}

func boundTasks(ctx context.Context, env *backend.Environment) (ids []any, err error) {
	all, err := env.Binder.Briefs(ctx, CardModel)
	for _, b := range all {
		if b.TakesPart() {
			ids = append(ids, b.OdooID)
		}
	}
	return ids, err
}

// hashFile finds out the checksum of a file at Trello where its task has one of the same size, so that it may be the same. It is
// downloaded for that; where there is none, it is downloaded when it is created in Odoo.
func hashFile(ctx context.Context, env *backend.Environment, r record.Record) (record.Record, error) {
	limit, err := maxSizeOf(env)
	size := r.Value("size").AsInt()
	if err != nil || !r.Value("isUpload").AsBool() || size > limit {
		return r, err
	}
	alike, err := filesOfSize(ctx, env, r, size)
	if err != nil || !alike {
		return r, err
	}
	c, err := clientOf(env)
	if err != nil {
		return r, err
	}
	err = spooled(func(s *spool) error {
		if err := c.download(ctx, r.Value("url").AsText(), limit, s); err != nil {
			return err
		}
		r = r.With("checksum", record.Text(s.checksum()))
		return nil
	})
	return r, err
}

func filesOfSize(ctx context.Context, env *backend.Environment, r record.Record, size int64) (bool, error) {
	card, _ := r.Value("idCard").AsRef()
	task, bound, err := env.Binder.ToOdoo(ctx, CardModel, card.ID)
	if err != nil || !bound {
		return false, err
	}
	same := odoo.Cond("file_size", "=", size)
	if size == 0 {
		same = odoo.Cond("file_size", "in", []any{0, false})
	}
	n, err := env.Session.Count(ctx, "ir.attachment", odoo.And(ofTasks(), odoo.Cond("res_id", "=", task), odoo.Cond("type", "=", "binary"), same))
	return n > 0, err
}

// fileLoader makes attachments of files and links: by load, with the bytes read while they are sent. At most one file at a time is on
// its way.
type fileLoader struct{}

// AtOnce implements backend.OdooCreator.
func (fileLoader) AtOnce() int { return 1 }

// CreateInOdoo implements backend.OdooCreator.
func (fileLoader) CreateInOdoo(ctx context.Context, env *backend.Environment, all []backend.OdooCreation) ([]odoo.LoadResult, error) {
	results := make([]odoo.LoadResult, len(all))
	for i, c := range all {
		results[i] = loadAttachment(ctx, env, c)
		if err := results[i].Err; outage(err) != nil {
			return untried(results, i+1, err), err
		}
	}
	return results, nil
}

func loadAttachment(ctx context.Context, env *backend.Environment, c backend.OdooCreation) odoo.LoadResult {
	row := odoo.NewRecord{Identifier: c.Identifier, Values: mapping.Values{
		"res_model": record.Text("project.task"), "res_id": c.Values["res_id"], "name": c.Values["name"], "type": c.Values["type"],
	}}
	if link, ok := c.Values["url"]; ok {
		row.Values["url"] = link
		return loadOne(ctx, env, row)
	}
	var result odoo.LoadResult
	err := loadFile(ctx, env, c.External, func(s *spool) {
		result = env.Session.LoadContent(ctx, "ir.attachment", row, "datas", odoo.Content{Size: s.size, Open: s.open})
	})
	if err != nil {
		result.Err = err
	}
	return result
}

func loadOne(ctx context.Context, env *backend.Environment, row odoo.NewRecord) odoo.LoadResult {
	results, err := env.Session.LoadRecords(ctx, "ir.attachment", []odoo.NewRecord{row})
	if len(results) == 1 {
		return results[0]
	}
	return odoo.LoadResult{Err: err}
}

// loadFile downloads a file, which may turn out to be larger than it was said to be.
func loadFile(ctx context.Context, env *backend.Environment, r record.Record, load func(*spool)) error {
	limit, err := maxSizeOf(env)
	if err != nil {
		return err
	}
	client, err := clientOf(env)
	if err != nil {
		return err
	}
	return spooled(func(s *spool) error {
		err := client.download(ctx, r.Value("url").AsText(), limit, s)
		var t *transport.Error
		if errors.As(err, &t) && t.Kind == transport.TooLarge {
			return &mapping.UnfitError{Reason: fmt.Sprintf("the file is larger than the %s of `max_size:`; it stays where it is", sizeText(limit))}
		}
		if err == nil {
			load(s)
		}
		return err
	})
}

// followAttachment says that a copy of ours goes with its original, where the settings want it so.
func followAttachment(env *backend.Environment, left record.Record) bool {
	if settingsOf(env).AttachmentDeletions != deletionsFollow {
		return false
	}
	if left.Model == AttachmentModel {
		return left.Value("own").AsBool()
	}
	creator, _ := left.Value("create_uid").AsRef()
	return creator.ID == strconv.FormatInt(env.Session.UID(), 10)
}
