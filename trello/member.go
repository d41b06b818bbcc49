package trello

import (
	"context"
	"strings"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// MemberModel pairs a member of a board with a user.
const MemberModel = "trello.member"

// member is somebody who is on a board, cut to what is used to tell who it is. Email is null or missing for all but
// the token's own member (Trello's API description, object "member").
type member struct {
	ID         string `json:"id"`
	Username   string `json:"username"`
	FullName   string `json:"fullName"`
	Email      string `json:"email"`
	MemberType string `json:"memberType"`
}

// memberFields are what is asked of the members of a board.
const memberFields = "username,fullName,email,memberType"

func (*member) noun() string    { return "member" }
func (*member) asked() []string { return []string{"username", "fullName"} }

// MemberRef is how a record of a board points to a member: by member and board, "5c…@5d…". A card cannot have
// members that its board has not, so who stands for a user is known for each board, and who is no longer
// on it stands for nobody there.
func MemberRef(boardID, memberID string) record.Reference {
	return record.Reference{Model: MemberModel, ID: memberID + "@" + boardID}
}

// memberID is the id of a member in Trello, of the id of such a reference.
func memberID(id string) string {
	id, _, _ = strings.Cut(id, "@")
	return id
}

// memberRefs are the references to some members of a board.
func memberRefs(boardID string, ids []string) record.Value {
	refs := make([]record.Reference, len(ids))
	for i, id := range ids {
		refs[i] = MemberRef(boardID, id)
	}
	return record.RefSet(refs...)
}

func (m *member) record(boardID string) record.Record {
	return record.New(MemberModel, MemberRef(boardID, m.ID).ID, map[string]record.Value{
		"username": record.Text(m.Username), "fullName": record.Text(m.FullName), "email": record.Text(m.Email),
		"memberType": record.Text(m.MemberType), "idBoard": record.Ref(BoardModel, boardID),
	})
}

// Member is the binding model of members: they are linked to the users that they are, and nobody is
// created on either side.
func memberModel() backend.Model {
	return backend.Model{
		Name: MemberModel, OdooModel: "res.users", Noun: "member", OdooNoun: "user",
		NameField: "fullName", OdooNameField: "name",
		Parent: BoardModel, ParentField: "idBoard", Scoped: true, LinkOnly: true,
	}
}

// MemberMapper names what is read of a user to tell who it is. Nothing of it is written, on either side. Any
// internal user may read these fields of every user (seen on Odoo 16 to 19 as Project / Administrator).
func MemberMapper() mapping.Mapper {
	only := func(external, odoo string) mapping.Field {
		f := mapping.Direct(external, odoo)
		f.ToOdoo, f.ToExternal = nil, nil
		return f
	}
	read := func(odoo string) mapping.Field { return mapping.Field{Name: odoo, Odoo: []string{odoo}} }
	return mapping.New(only("fullName", "name"), only("email", "email"), read("login"), read("active"), read("share"))
}

// memberAdapter lists the members of boards and says which user each is.
type memberAdapter struct {
	client *Client
	env    *backend.Environment
}

// Members is the adapter of members. They come with their board.
func Members() backend.AdapterFactory {
	return func(env *backend.Environment) (backend.Adapter, error) {
		c, err := clientOf(env)
		return &memberAdapter{c, env}, err
	}
}

// List lists the members of the boards that are polled. A board that stopped answering is left out.
func (a *memberAdapter) List(ctx context.Context) (backend.Listing, error) {
	end := a.client.byListing()
	defer end()
	var listing backend.Listing
	boards, err := a.client.openParents(ctx, a.env)
	if err != nil {
		return listing, err
	}
	err = answering(boards, func(b *board) error {
		full, err := a.client.fullBoard(ctx, b.ID)
		if err != nil {
			return err
		}
		for _, m := range full.Members.all {
			listing.Records = append(listing.Records, m.record(b.ID))
		}
		for _, bad := range full.Members.bad {
			listing.Unreadable = append(listing.Unreadable, backend.Key{ID: MemberRef(b.ID, bad.ID).ID, Parent: b.ID})
		}
		listing.Parents = append(listing.Parents, b.ID)
		return nil
	})
	return listing, err
}

// Read reads members by their boards, as they are listed.
func (a *memberAdapter) Read(ctx context.Context, keys []backend.Key) ([]backend.Result, error) {
	return each(ctx, keys, func(ctx context.Context, k backend.Key) (record.Record, error) {
		id, board, _ := strings.Cut(k.ID, "@")
		full, err := a.client.fullBoard(ctx, board)
		if err != nil {
			return record.Record{}, err
		}
		for _, m := range full.Members.all {
			if m.ID == id {
				return m.record(board), nil
			}
		}
		return record.Record{}, backend.ErrNotFound
	})
}

// ReadListed reads members as they were listed.
func (a *memberAdapter) ReadListed(ctx context.Context, keys []backend.Key) ([]backend.Result, error) {
	end := a.client.byListing()
	defer end()
	return a.Read(ctx, keys)
}

// Candidates holds the users that the configuration names, and the active internal ones of an e-mail or a full
// name of the members.
func (a *memberAdapter) Candidates(members []record.Record) odoo.Domain {
	return candidateUsers(people(members), a.table())
}

// Link says which user each member is.
func (a *memberAdapter) Link(members, users []record.Record, linked map[string]string) backend.Linking {
	m := newMatching(a.table(), people(members), usersOf(users))
	m.keep(linked)
	return backend.Linking{Links: m.links(members), Warnings: m.warned(a.env.Config.Name)}
}

func (a *memberAdapter) table() []MemberLink {
	settings, ok := a.env.Config.Settings.(*Settings)
	if !ok {
		return nil
	}
	return settings.Members
}
