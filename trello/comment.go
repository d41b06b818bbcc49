package trello

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// commentRecord is a comment for the mapper. A comment of our own that begins with the name of somebody in Odoo is his: the name is
// no part of its text.
func commentRecord(c *comment, me string) record.Record {
	own, text, author := c.IDMemberCreator == me, c.Data.Text, ""
	if own {
		author, text = cutAuthor(text)
	}
	edited := c.Data.DateLastEdited
	if edited == nil {
		edited = c.Date
	}
	return record.New(CommentModel, c.ID, map[string]record.Value{
		"idCard": record.Ref(CardModel, c.Data.Card.ID), "text": record.Text(text), "author": record.Text(author),
		"own": record.Bool(own), "member": record.Text(c.MemberCreator.name()), "shortLink": record.Text(c.Data.Card.ShortLink),
		"date": instant(c.Date), "edited": instant(edited),
	})
}

// name is what a member is called.
func (m *member) name() string {
	if m.FullName != "" {
		return m.FullName
	}
	return m.Username
}

// commentAdapter reads and writes the comments of cards, which are actions of Trello.
type commentAdapter struct {
	client *Client
	env    *backend.Environment
	prefix string
}

// Comments is the adapter of comments. Prefix is the resource's path below the base URL, "actions".
func Comments(prefix string) backend.AdapterFactory {
	return func(env *backend.Environment) (backend.Adapter, error) {
		c, err := clientOf(env)
		return &commentAdapter{c, env, prefix}, err
	}
}

// Refresh makes the next reading ask the server.
func (a *commentAdapter) Refresh() { a.client.Refresh() }

// List lists the comments that take part: those of bound cards that are bound themselves, or were made since their board takes part.
// They come with their boards, the newest 1,000 of each; a card of which a bound one is missing there is asked for its own.
func (a *commentAdapter) List(ctx context.Context) (backend.Listing, error) {
	end := a.client.byListing()
	defer end()
	var listing backend.Listing
	boards, err := a.client.listedParents(ctx, a.env)
	if err != nil {
		return listing, err
	}
	known, err := a.known(ctx)
	if err != nil {
		return listing, err
	}
	err = answering(boards, func(b *board) error { return a.listBoard(ctx, b.ID, known[b.ID], &listing) })
	return listing, err
}

func (a *commentAdapter) listBoard(ctx context.Context, boardID string, known knownComments, listing *backend.Listing) error {
	feed, err := a.feedOf(ctx, boardID, known)
	if err != nil {
		return err
	}
	begin, err := beginOf(ctx, a.env, boardID)
	if err != nil {
		return err
	}
	listed := map[string]bool{}
	for i := range feed.comments {
		c := &feed.comments[i]
		listed[c.ID] = true
		if known.takesPart(c, begin) {
			listing.Records = append(listing.Records, commentRecord(c, feed.me))
		}
	}
	return a.listMissing(ctx, feed, known, listed, listing)
}

// feed are comments of a board, the newest first.
type feed struct {
	comments []comment
	me       string
	whole    bool // there are no older ones
}

// reaches says that a comment of that id would be among them.
func (f feed) reaches(id string) bool {
	return f.whole || (len(f.comments) > 0 && id >= f.comments[len(f.comments)-1].ID)
}

func (a *commentAdapter) feedOf(ctx context.Context, boardID string, known knownComments) (feed, error) {
	f, err := a.newestOf(ctx, boardID)
	if err != nil || f.whole || commentsOf(a.env) != commentsAll {
		return f, err
	}
	return a.older(ctx, boardID, known, f)
}

// newestOf are the comments that come with their board.
func (a *commentAdapter) newestOf(ctx context.Context, boardID string) (feed, error) {
	b, err := a.client.fullBoard(ctx, boardID)
	if err != nil {
		return feed{}, err
	}
	me, err := a.client.me(ctx, a.env)
	return feed{comments: b.Comments.all, me: me, whole: len(b.Comments.all)+len(b.Comments.bad) < maxPage}, err
}

// older adds the older pages of the feed, until all that are on them are bound: that is remembered.
func (a *commentAdapter) older(ctx context.Context, boardID string, known knownComments, f feed) (feed, error) {
	key := "older comments of " + boardID
	done, err := a.env.Binder.Recall(ctx, key)
	if err != nil || done != "" {
		return f, err
	}
	newest := len(f.comments)
	if f, err = a.allOf(ctx, boardID, f); err != nil {
		return f, err
	}
	if !slices.ContainsFunc(f.comments[newest:], func(c comment) bool { return known.cards[c.Data.Card.ID] && !known.comments[c.ID] }) {
		err = a.env.Binder.Remember(ctx, key, "bound")
	}
	return f, err
}

// allOf adds all older pages of the feed.
func (a *commentAdapter) allOf(ctx context.Context, boardID string, f feed) (feed, error) {
	f.comments = slices.Clone(f.comments)
	for !f.whole {
		page, err := a.client.actions(ctx, "boards/"+url.PathEscape(boardID), f.comments[len(f.comments)-1].ID)
		if err != nil {
			return f, err
		}
		f.comments = append(f.comments, page...)
		f.whole = len(page) < maxPage
	}
	return f, nil
}

// ListUnbound lists the comments of cards that are not bound yet, as far as they will take part.
func (a *commentAdapter) ListUnbound(ctx context.Context, cards []string) (out []record.Record, err error) {
	end := a.client.byListing()
	defer end()
	boards, err := a.client.openParents(ctx, a.env)
	if err != nil {
		return nil, err
	}
	k := knownComments{cards: map[string]bool{}}
	for _, id := range cards {
		k.cards[id] = true
	}
	err = answering(boards, func(b *board) error {
		f, err := a.newestOf(ctx, b.ID)
		if err == nil && commentsOf(a.env) == commentsAll {
			f, err = a.allOf(ctx, b.ID, f)
		}
		if err != nil {
			return err
		}
		begin, err := beginOf(ctx, a.env, b.ID)
		for i := range f.comments {
			if c := &f.comments[i]; k.takesPart(c, begin) {
				out = append(out, commentRecord(c, f.me))
			}
		}
		return err
	})
	return out, err
}

// actions are comments of a board or a card in one page, the newest first; before is an action's id, "" for none.
func (c *Client) actions(ctx context.Context, path, before string) ([]comment, error) {
	query := url.Values{
		"filter": {"commentCard"}, "limit": {strconv.Itoa(maxPage)}, "fields": {"idMemberCreator,date,data"},
		"memberCreator_fields": {"username,fullName"},
	}
	if before != "" {
		query.Set("before", before)
	}
	var page many[comment]
	err := c.get(ctx, path+"/actions", query, &page)
	return page.all, err
}

// knownComments are what is bound on one board.
type knownComments struct {
	cards    map[string]bool   // bound cards
	comments map[string]bool   // bound comments of them
	cardOf   map[string]string // the cards of those comments that are on both sides
}

// known is what is bound, by board.
func (a *commentAdapter) known(ctx context.Context) (map[string]knownComments, error) {
	cards, err := a.env.Binder.Briefs(ctx, CardModel)
	if err != nil {
		return nil, err
	}
	boards, boardOf := map[string]knownComments{}, map[string]string{}
	for _, b := range cards {
		if !b.TakesPart() {
			continue
		}
		if _, seen := boards[b.Parent]; !seen {
			boards[b.Parent] = knownComments{map[string]bool{}, map[string]bool{}, map[string]string{}}
		}
		boards[b.Parent].cards[b.ExternalID], boardOf[b.ExternalID] = true, b.Parent
	}
	all, err := a.env.Binder.Briefs(ctx, CommentModel)
	for _, b := range all {
		k, ok := boards[boardOf[b.Parent]]
		if b.ExternalID == "" || !ok {
			continue
		}
		k.comments[b.ExternalID] = true
		if b.TakesPart() {
			k.cardOf[b.ExternalID] = b.Parent
		}
	}
	return boards, err
}

func (k knownComments) takesPart(c *comment, begin time.Time) bool {
	return k.comments[c.ID] || (k.cards[c.Data.Card.ID] && c.Date != nil && !c.Date.Before(begin))
}

// listMissing asks the cards of which a bound comment is missing for their own: one that is missing there too was deleted, another
// is in the feed of another board.
func (a *commentAdapter) listMissing(ctx context.Context, f feed, k knownComments, listed map[string]bool, listing *backend.Listing) error {
	missing := map[string]bool{}
	for id, card := range k.cardOf {
		if !listed[id] && f.reaches(id) {
			missing[card] = true
		}
	}
	for _, card := range slices.Sorted(maps.Keys(k.cards)) {
		if f.whole && !missing[card] {
			listing.Parents = append(listing.Parents, card)
		}
	}
	for _, card := range slices.Sorted(maps.Keys(missing)) {
		own, err := a.client.actions(ctx, "cards/"+url.PathEscape(card), "")
		if noAnswer(err) {
			continue
		}
		if err != nil {
			return err
		}
		for i := range own {
			if !listed[own[i].ID] && k.comments[own[i].ID] {
				listing.Records = append(listing.Records, commentRecord(&own[i], f.me))
			}
		}
		if len(own) < maxPage {
			listing.Parents = append(listing.Parents, card)
		}
	}
	return nil
}

// Siblings lists the comments of the given cards.
func (a *commentAdapter) Siblings(ctx context.Context, parents []string) (out []record.Record, err error) {
	me, err := a.client.me(ctx, a.env)
	if err != nil {
		return nil, err
	}
	for _, card := range parents {
		all, known := a.client.commentsAtHand(card)
		if !known {
			if all, err = a.client.actions(ctx, "cards/"+url.PathEscape(card), ""); err != nil && !noAnswer(err) {
				return nil, err
			}
		}
		for i := range all {
			out = append(out, commentRecord(&all[i], me))
		}
	}
	return out, nil
}

// commentsAtHand are a card's comments where its board was read lately and has no more than were told.
func (c *Client) commentsAtHand(card string) (all []comment, known bool) {
	for boardID, on := range c.cards {
		b, read := c.boards[boardID]
		_, here := on.value.index[card]
		if !here || !read || !atHand(c, c.boards, boardID) || len(b.value.Comments.all)+len(b.value.Comments.bad) >= maxPage {
			continue
		}
		for _, one := range b.value.Comments.all {
			if one.Data.Card.ID == card {
				all = append(all, one)
			}
		}
		return all, true
	}
	return nil, false
}

// Read reads comments, without a request where their board was read lately.
func (a *commentAdapter) Read(ctx context.Context, keys []backend.Key) ([]backend.Result, error) {
	me, err := a.client.me(ctx, a.env)
	if err != nil {
		return nil, err
	}
	return each(ctx, keys, func(ctx context.Context, k backend.Key) (record.Record, error) {
		if c, ok := a.client.knownComment(k.ID); ok {
			return commentRecord(&c, me), nil
		}
		var c comment
		err := a.client.get(ctx, a.prefix+"/"+url.PathEscape(k.ID), url.Values{"display": {"false"}, "entities": {"false"}}, &c)
		return commentRecord(&c, me), err
	})
}

// ReadListed reads comments as they were listed.
func (a *commentAdapter) ReadListed(ctx context.Context, keys []backend.Key) ([]backend.Result, error) {
	end := a.client.byListing()
	defer end()
	return a.Read(ctx, keys)
}

func (c *Client) knownComment(id string) (comment, bool) {
	for boardID, s := range c.boards {
		i := slices.IndexFunc(s.value.Comments.all, func(one comment) bool { return one.ID == id })
		if i >= 0 && atHand(c, c.boards, boardID) {
			return s.value.Comments.all[i], true
		}
	}
	return comment{}, false
}

// Create posts comments; "author" is the name of whom the words are.
func (a *commentAdapter) Create(ctx context.Context, values []mapping.Values) ([]backend.Result, error) {
	return a.send(ctx, len(values), func(i int) (method, path, text string) {
		card, _ := values[i]["idCard"].AsRef()
		text = withAuthor(values[i]["author"].AsText(), values[i]["text"].AsText())
		return http.MethodPost, "cards/" + url.PathEscape(card.ID) + "/actions/comments", text
	})
}

// Update gives comments another text. The name with which one begins comes along as "author".
func (a *commentAdapter) Update(ctx context.Context, changes []backend.Change) ([]backend.Result, error) {
	return a.send(ctx, len(changes), func(i int) (method, path, text string) {
		ch := changes[i]
		return http.MethodPut, a.prefix + "/" + url.PathEscape(ch.Key.ID), withAuthor(ch.Values["author"].AsText(), ch.Values["text"].AsText())
	})
}

// send writes comments one after the other and keeps what Trello makes of each.
func (a *commentAdapter) send(ctx context.Context, n int, request func(i int) (method, path, text string)) ([]backend.Result, error) {
	me, err := a.client.me(ctx, a.env)
	if err != nil {
		return nil, err
	}
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	return each(ctx, numbers, func(ctx context.Context, i int) (record.Record, error) {
		method, path, text := request(i)
		var c comment
		if err := a.client.send(ctx, method, path, url.Values{"text": {text}}, &c); err != nil {
			a.client.forgetBoards()
			return record.Record{}, err
		}
		a.client.keepComment(c)
		return commentRecord(&c, me), nil
	})
}

// Remove deletes comments.
func (a *commentAdapter) Remove(ctx context.Context, keys []backend.Key) ([]error, error) {
	defer a.client.forgetBoards()
	results, err := each(ctx, keys, func(ctx context.Context, k backend.Key) (record.Record, error) {
		return record.Record{}, a.client.send(ctx, http.MethodDelete, a.prefix+"/"+url.PathEscape(k.ID), nil, new(struct{}))
	})
	errs := make([]error, len(results))
	for i, r := range results {
		errs[i] = r.Err
	}
	return errs, err
}

// keepComment notes a comment as it is now where its board was read lately.
func (c *Client) keepComment(one comment) {
	for boardID, s := range c.boards {
		all := s.value.Comments.all
		if i := slices.IndexFunc(all, func(old comment) bool { return old.ID == one.ID }); i >= 0 {
			all[i] = one
			return
		}
		if on, ok := c.cards[boardID]; ok {
			if _, here := on.value.index[one.Data.Card.ID]; here {
				s.value.Comments.all = slices.Insert(slices.Clone(all), 0, one)
				return
			}
		}
	}
}
