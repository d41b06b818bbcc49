package trello

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// record is an attachment for the mapper. Its checksum is not known before it was downloaded: see hashFile.
// The limit is the setting of that moment: with another one, a file that was too large is looked at again.
func (a *attachment) record(card string, t tailoring) record.Record {
	size, name := record.Null(), a.Name
	if a.Bytes != nil {
		size = record.Int(*a.Bytes)
	}
	if name == "" {
		name = a.FileName
	}
	return record.New(AttachmentModel, a.ID, map[string]record.Value{
		"idCard": record.Ref(CardModel, card), "name": record.Text(name), "isUpload": record.Bool(a.IsUpload),
		"url": record.Text(a.URL), "size": size, "limit": record.Int(t.limit), "checksum": record.Null(),
		"own": record.Bool(t.owner != "" && a.IDMember == t.owner),
	})
}

// attachmentAdapter reads, posts and deletes the attachments of cards. Trello's attachments cannot be changed.
type attachmentAdapter struct {
	client *Client
	env    *backend.Environment
	prefix string
}

// Attachments is the adapter of attachments. Prefix is the path of the cards below the base URL, "cards".
func Attachments(prefix string) backend.AdapterFactory {
	return func(env *backend.Environment) (backend.Adapter, error) {
		c, err := clientOf(env)
		return &attachmentAdapter{c, env, prefix}, err
	}
}

// Refresh makes the next reading ask the server.
func (a *attachmentAdapter) Refresh() { a.client.Refresh() }

func (a *attachmentAdapter) path(card string) string {
	return a.prefix + "/" + url.PathEscape(card) + "/attachments"
}

// tailoring is what the settings and the token make of every attachment.
type tailoring struct {
	limit int64
	owner string // the token's member, where copies of ours are told from originals
}

func (a *attachmentAdapter) tailoring(ctx context.Context) (t tailoring, err error) {
	if t.limit, err = maxSizeOf(a.env); err != nil || settingsOf(a.env).AttachmentDeletions != deletionsFollow {
		return t, err
	}
	t.owner, err = a.client.me(ctx, a.env)
	return t, err
}

func records(all []attachment, card string, t tailoring) []record.Record {
	out := make([]record.Record, len(all))
	for i := range all {
		out[i] = all[i].record(card, t)
	}
	return out
}

// List lists the attachments of bound cards. They come with the cards.
func (a *attachmentAdapter) List(ctx context.Context) (backend.Listing, error) {
	return allParts(func(part func(backend.Listing) error) error { return a.ListParts(ctx, part) })
}

// ListParts lists so, some hundreds of records at a time.
func (a *attachmentAdapter) ListParts(ctx context.Context, part func(backend.Listing) error) error {
	end := a.client.byListing()
	defer end()
	boards, err := a.client.listedParents(ctx, a.env)
	if err != nil {
		return err
	}
	bound, err := a.boundCards(ctx)
	if err != nil {
		return err
	}
	t, err := a.tailoring(ctx)
	if err != nil {
		return err
	}
	return inParts(part, func(p *parts) error {
		return answering(boards, func(b *board) error { return a.listBoard(ctx, b.ID, bound, t, p) })
	})
}

func (a *attachmentAdapter) listBoard(ctx context.Context, boardID string, bound map[string]bool, t tailoring, p *parts) error {
	cards, err := a.client.cardsOn(ctx, boardID)
	if err != nil {
		return err
	}
	for i := range cards.all {
		one := &cards.all[i]
		if !bound[one.ID] {
			continue
		}
		p.Parents = append(p.Parents, one.ID)
		if err := p.add(records(one.Attachments, one.ID, t)...); err != nil {
			return err
		}
	}
	return nil
}

func (a *attachmentAdapter) boundCards(ctx context.Context) (map[string]bool, error) {
	all, err := a.env.Binder.Briefs(ctx, CardModel)
	bound := make(map[string]bool, len(all))
	for _, b := range all {
		if b.TakesPart() {
			bound[b.ExternalID] = true
		}
	}
	return bound, err
}

// ListUnbound lists the attachments of cards that are not bound yet.
func (a *attachmentAdapter) ListUnbound(ctx context.Context, cards []string) ([]record.Record, error) {
	end := a.client.byListing()
	defer end()
	return a.Siblings(ctx, cards)
}

// Siblings lists the attachments of the given cards.
func (a *attachmentAdapter) Siblings(ctx context.Context, parents []string) (out []record.Record, err error) {
	t, err := a.tailoring(ctx)
	if err != nil {
		return nil, err
	}
	for _, card := range parents {
		all, err := a.on(ctx, card)
		if err != nil && !noAnswer(err) {
			return nil, err
		}
		out = append(out, records(all, card, t)...)
	}
	return out, nil
}

// on are the attachments of one card, without a request where it was read lately.
func (a *attachmentAdapter) on(ctx context.Context, card string) (all []attachment, err error) {
	if known, ok := a.client.knownCard(card); ok && known.Attachments != nil {
		return known.Attachments, nil
	}
	err = a.client.get(ctx, a.path(card), url.Values{"fields": {attachmentFields}}, &all)
	return all, err
}

// Read reads attachments, without a request where their card was read lately.
func (a *attachmentAdapter) Read(ctx context.Context, keys []backend.Key) ([]backend.Result, error) {
	t, err := a.tailoring(ctx)
	if err != nil {
		return nil, err
	}
	return each(ctx, keys, func(ctx context.Context, k backend.Key) (record.Record, error) {
		var one attachment
		known, ok := a.client.knownCard(k.Parent)
		at := slices.IndexFunc(known.Attachments, func(x attachment) bool { return x.ID == k.ID })
		if ok && at >= 0 {
			one = known.Attachments[at]
		} else if err := a.client.get(ctx, a.path(k.Parent)+"/"+url.PathEscape(k.ID), url.Values{"fields": {attachmentFields}}, &one); err != nil {
			return record.Record{}, err
		}
		return records([]attachment{one}, k.Parent, t)[0], nil
	})
}

// ReadListed reads attachments as they were listed.
func (a *attachmentAdapter) ReadListed(ctx context.Context, keys []backend.Key) ([]backend.Result, error) {
	end := a.client.byListing()
	defer end()
	return a.Read(ctx, keys)
}

// Create posts links and files; "attachment" is the Odoo id of the attachment whose bytes they are. At most one file at a time is on
// its way.
func (a *attachmentAdapter) Create(ctx context.Context, values []mapping.Values) ([]backend.Result, error) {
	t, err := a.tailoring(ctx)
	if err != nil {
		return nil, err
	}
	return each(ctx, values, func(ctx context.Context, v mapping.Values) (record.Record, error) {
		card, _ := v["idCard"].AsRef()
		one, err := a.create(ctx, card.ID, v)
		if err != nil {
			a.client.forgetCards()
			return record.Record{}, err
		}
		a.client.keepAttachment(card.ID, one)
		return records([]attachment{one}, card.ID, t)[0], nil
	})
}

func (a *attachmentAdapter) create(ctx context.Context, card string, v mapping.Values) (one attachment, err error) {
	name := v["name"].AsText()
	if link := v["url"].AsText(); link != "" {
		err = a.client.send(ctx, http.MethodPost, a.path(card), url.Values{"url": {link}, "name": {name}, "setCover": {"false"}}, &one)
		return one, err
	}
	id, err := strconv.ParseInt(v["attachment"].AsText(), 10, 64)
	if err != nil {
		return one, errors.New("nobody said which attachment of Odoo is to be posted")
	}
	err = spooled(func(s *spool) error {
		if _, err := a.env.Session.ReadContent(ctx, "ir.attachment", id, "datas", s.reset); err != nil {
			return err
		}
		var err error
		one, err = a.client.upload(ctx, card, name, s)
		return err
	})
	return one, err
}

// Remove deletes attachments.
func (a *attachmentAdapter) Remove(ctx context.Context, keys []backend.Key) ([]error, error) {
	defer a.client.forgetCards()
	results, err := each(ctx, keys, func(ctx context.Context, k backend.Key) (record.Record, error) {
		return record.Record{}, a.client.send(ctx, http.MethodDelete, a.path(k.Parent)+"/"+url.PathEscape(k.ID), nil, new(struct{}))
	})
	errs := make([]error, len(results))
	for i, r := range results {
		errs[i] = r.Err
	}
	return errs, err
}

// keepAttachment notes a new attachment where its card was read in this run.
func (c *Client) keepAttachment(cardID string, one attachment) {
	c.amendCard(cardID, func(k *card) { k.Attachments = append(slices.Clone(k.Attachments), one) })
}
