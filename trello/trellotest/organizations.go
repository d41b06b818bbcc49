package trellotest

import "strings"

// organization is a workspace. Boards belong to one by their idOrganization.
type organization struct {
	ID, Name, DisplayName, Desc, Website string
	actions                              []*action
}

// organizationTable has the fields of captures/trello/can_get_organizations_of_member.
func (st *state) organizationTable() []field[*organization] {
	fixed := func(name string, value any) field[*organization] {
		return field[*organization]{name, func(*organization) any { return value }}
	}
	return []field[*organization]{
		{"id", func(o *organization) any { return o.ID }},
		{"name", func(o *organization) any { return o.Name }},
		{"displayName", func(o *organization) any { return o.DisplayName }},
		{"desc", func(o *organization) any { return o.Desc }},
		{"descData", func(o *organization) any { return descData(o.Desc) }},
		{"url", func(o *organization) any { return "https://trello.com/" + o.Name }},
		{"website", func(o *organization) any { return orNull(o.Website) }},
		fixed("teamType", nil), fixed("offering", "trello.free"), fixed("logoHash", nil), fixed("logoUrl", nil), fixed("products", array{}), fixed("powerUps", array{}),
		{"idMemberCreator", func(*organization) any { return st.members[0].ID }},
		fixed("promotions", array{}), fixed("enterpriseJoinRequest", object{}), fixed("allAdminsEnabled", true), fixed("invited", false),
		fixed("invitations", array{}), fixed("prefs", object{{"permissionLevel", "private"}}), fixed("premiumFeatures", array{}),
		fixed("idEnterprise", nil), fixed("availableLicenseCount", nil), fixed("maximumLicenseCount", nil), fixed("ixUpdate", "1"),
		fixed("limits", object{}), fixed("billableMemberCount", 1), fixed("activeBillableMemberCount", 1), fixed("billableCollaboratorCount", 0),
		{"memberships", func(o *organization) any {
			return []object{{{"id", o.ID}, {"idMember", st.members[0].ID}, {"memberType", "admin"}, {"unconfirmed", false}, {"deactivated", false}}}
		}},
		{"idBoards", func(o *organization) any { return boardIDs(st.boardsIn(o)) }},
	}
}

// usualOrganization are the fields of one alone (captures/trello/organization_find_with_id_and_get_all_fields).
func usualOrganization(name string) bool {
	return only("id", "name", "displayName", "desc", "descData", "url", "website", "teamType", "logoHash", "logoUrl", "products", "powerUps", "offering")(name)
}

func (st *state) boardsIn(o *organization) []*board {
	return keepAll(st.boards, func(b *board) bool { return b.idOrganization == o.ID })
}

func (c *call) findOrganization(id string) (*organization, error) {
	for _, o := range c.organizations {
		if o.Name == id {
			return o, nil
		}
	}
	for _, o := range c.organizations {
		if o.ID == id {
			return o, nil
		}
	}
	return nil, notFound()
}

// postOrganization answers with the creator and limits too (captures/trello/can_success_create_a_organization).
func (c *call) postOrganization() (any, error) {
	displayName := c.p["displayName"]
	if strings.TrimSpace(displayName) == "" {
		return nil, invalid("displayName")
	}
	o := &organization{ID: c.newID(), Name: orText(c.p["name"], slug(displayName)), DisplayName: displayName, Desc: c.p["desc"], Website: c.p["website"]}
	c.organizations = append(c.organizations, o)
	a := &action{id: c.newID(), kind: "createOrganization", author: c.members[0], date: c.now, data: object{{"organization", object{{"id", o.ID}, {"name", displayName}}}}}
	o.actions = append(o.actions, a)
	return c.renderOrganization(o).with("idMemberCreator", c.members[0].ID).with("limits", object{}), nil
}

func (c *call) renderOrganization(o *organization) object {
	return render(choose(c, c.organizationTable(), c.p["fields"], usualOrganization), o)
}

func (c *call) getOrganization() (any, error) {
	o, err := c.findOrganization(c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.renderOrganization(o), nil
}

func (c *call) putOrganization() (any, error) {
	o, err := c.findOrganization(c.arg(0))
	if err != nil {
		return nil, err
	}
	o.Name, o.DisplayName = orText(c.p["name"], o.Name), orText(c.p["displayName"], o.DisplayName)
	if c.p.has("desc") {
		o.Desc = c.p["desc"]
	}
	if c.p.has("website") {
		o.Website = c.p["website"]
	}
	return c.renderOrganization(o), nil
}

func (c *call) organizationBoards() (any, error) {
	o, err := c.findOrganization(c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.renderBoards(c.p["fields"], everything, filterBoards(c.boardsIn(o), c.p["filter"])), nil
}

func (c *call) organizationActions() (any, error) {
	o, err := c.findOrganization(c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.feed(o.actions)
}

// organizationMembers gives three fields of each (captures/trello/can_get_members_of_organization).
func (c *call) organizationMembers() (any, error) {
	if _, err := c.findOrganization(c.arg(0)); err != nil {
		return nil, err
	}
	return renderAll(choose(c, c.memberTable(), c.p["fields"], only("id", "username", "fullName")), c.members[:1]), nil
}

func (c *call) memberOrganizations() (any, error) {
	if _, err := c.findMember(c.arg(0)); err != nil {
		return nil, err
	}
	return renderAll(choose(c, c.organizationTable(), c.p["fields"], everything), c.organizations), nil
}

// AddOrganization makes a workspace and puts boards into it.
func (s *Server) AddOrganization(displayName string, boardIDs ...string) (id string) {
	s.change(func(st *state) {
		c := &call{state: st, server: s, p: params{"displayName": displayName}}
		made, err := c.postOrganization()
		if err != nil {
			panic("trellotest: " + err.Error())
		}
		id, _ = made.(object).value("id").(string)
		for _, b := range boardIDs {
			must(st.findBoard(b)).idOrganization = id
		}
	})
	return id
}
