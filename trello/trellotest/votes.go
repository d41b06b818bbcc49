package trellotest

import "slices"

// votersOf are the members who voted for a card (captures/trello/get_voters_of_card).
func (c *call) votersOf() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.renderMembers(c.p["fields"], c.membersOf(&card{Card: Card{IDMembers: k.voters}})), nil
}

// postVote and deleteVote answer as captures/trello/can_upvote_on_a_card, revote_on_a_card and the two beside them.
func (c *call) postVote() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	m, err := c.findMember(c.p["value"])
	if err != nil {
		return nil, invalid("value")
	}
	if slices.Contains(k.voters, m.ID) {
		return nil, bad("member has already voted on the card")
	}
	c.vote(k, m)
	return object{{"_value", nil}}, nil
}

func (st *state) vote(k *card, m *Member) {
	k.voters = append(k.voters, m.ID)
	data := append(object{{"voted", true}}, st.cardData(k)...)
	st.record(st.boardsByID[k.IDBoard], &action{kind: "voteOnCard", card: k.ID, lists: []string{k.IDList}, data: data})
}

func (c *call) deleteVote() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	if !slices.Contains(k.voters, c.arg(1)) {
		return nil, bad("member has not voted on the card")
	}
	k.voters = without(k.voters, c.arg(1))
	return object{{"_value", nil}}, nil
}

// Vote makes a member vote for a card.
func (s *Server) Vote(cardID, memberID string) {
	s.change(func(st *state) { st.vote(must(st.findCard(cardID)), must(st.findMember(memberID))) })
}

// pluginData is what a Power-Up keeps with a card; it cannot be written here by the API.
func (c *call) pluginData() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return k.pluginData, nil
}

// AddPluginData keeps a text for a Power-Up with a card, as the Power-Up would (captures/trello/get_plugin_data_of_card).
func (s *Server) AddPluginData(cardID, value string) {
	s.change(func(st *state) {
		k := must(st.findCard(cardID))
		k.pluginData = append(k.pluginData, object{{"id", st.newID()}, {"idPlugin", "5e40446acc3ae64e435cabc9"}, {"scope", "card"}, {"idModel", k.ID}, {"value", value}, {"access", "shared"}})
	})
}
