package trellotest

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// route is one endpoint: its path below /1, the parameters it takes, and what it does.
type route struct {
	pattern []string
	kinds   map[string]kind
	// fieldOf is the pattern of the endpoint that sets several fields, for the form that sets the one named in the path.
	fieldOf string
	handle  func(*call) (any, error)
}

// routes are the endpoints by method and first part of the path, in the order in which they are tried.
type routes map[string][]*route

// call is a request on its way through an endpoint.
type call struct {
	*state
	server *Server
	p      params
	args   []string
	files  map[string]upload
	origin string
	// problem is what strict mode found while a reading was answered.
	problem error
}

// arg is a variable part of the path.
func (c *call) arg(i int) string { return c.args[i] }

// add declares an endpoint: "GET cards/{id}", and its parameters as "name" (text) or "name:kind". "prefix/*" takes all of a prefix.
func (rs routes) add(spec, parameters string, handle func(*call) (any, error)) *route {
	method, path, _ := strings.Cut(spec, " ")
	r := &route{pattern: strings.Split(path, "/"), kinds: map[string]kind{}, handle: handle}
	for _, one := range strings.Fields(parameters) {
		name, k, typed := strings.Cut(one, ":")
		if !typed {
			k = string(text)
		}
		r.kinds[name] = kind(k)
	}
	key := method + " " + strings.ToLower(r.pattern[0])
	rs[key] = append(rs[key], r)
	return r
}

// find returns the endpoint of a method and an escaped path and the variable parts of the path, or nil.
func (rs routes) find(method, path string) (*route, []string) {
	rest, below := strings.CutPrefix(path, "/1/")
	if !below {
		return nil, nil
	}
	parts := strings.Split(strings.TrimSuffix(rest, "/"), "/")
	for i, part := range parts {
		parts[i], _ = url.PathUnescape(part) // what is not an escape matches nothing anyway
	}
	if oneOf(parts[0], "board", "card", "list", "label", "member", "checklist", "action") {
		parts[0] += "s" // Trello knows both (py-trello asks for card/…/customField)
	}
	for _, r := range rs[method+" "+strings.ToLower(parts[0])] {
		if args, matches := r.match(parts); matches {
			return r, args
		}
	}
	return nil, nil
}

// match compares without regard to case, as Trello does: customfields was answered like customFields (captures/trello/
// can_get_custom_field_options_of_custom_field).
func (r *route) match(parts []string) ([]string, bool) {
	if len(parts) != len(r.pattern) {
		return nil, false
	}
	args := make([]string, 0, 2)
	for i, p := range r.pattern {
		switch {
		case p[0] == '{':
			args = append(args, parts[i])
		case !strings.EqualFold(p, parts[i]):
			return nil, false
		}
	}
	return args, true
}

// takes says whether the endpoint knows a parameter, and of which kind it is.
func (r *route) takes(name string) (kind, bool) {
	if k, known := r.kinds[name]; known {
		return k, true
	}
	prefix, _, nested := strings.Cut(name, "/")
	k, known := r.kinds[prefix+"/*"]
	return k, nested && known
}

// resolve returns the parameters with their kinds. For PUT cards/{id}/{field} that is the parameter "value" under the name of the field
// (captures/trello/can_move_a_card_to_another_list).
func (in *incoming) resolve() (params, map[string]kind, error) {
	r := in.route
	if r.fieldOf == "" {
		return in.params, in.kinds(), nil
	}
	name := in.args[1]
	if _, known := r.takes(name); !known || !in.params.has("value") {
		return in.params, in.kinds(), notFound()
	}
	p := params{}
	for k, v := range in.params {
		p[k] = v
	}
	p[name] = p["value"]
	delete(p, "value")
	return p, in.kinds(), nil
}

// kinds are the kinds of the parameters that were sent and that the endpoint knows.
func (in *incoming) kinds() map[string]kind {
	known := make(map[string]kind, len(in.params))
	for name := range in.params {
		if k, takes := in.route.takes(name); takes {
			known[name] = k
		}
	}
	if in.route.fieldOf != "" {
		if k, takes := in.route.takes(in.args[1]); takes {
			known[in.args[1]] = k
		}
	}
	return known
}

// run takes a request to its endpoint. An endpoint that answers with an error has changed nothing: it checks first and changes then.
func (st *state) run(s *Server, in *incoming, now time.Time) answer {
	st.now = now.UTC().Truncate(time.Millisecond)
	result, err := st.dispatch(s, in)
	if err != nil {
		var refused *apiError
		if errors.As(err, &refused) {
			return refused.answer()
		}
		return (&apiError{status: http.StatusInternalServerError, text: err.Error()}).answer()
	}
	return ok(result)
}

func (st *state) dispatch(s *Server, in *incoming) (any, error) {
	if in.problem != nil {
		return nil, in.problem
	}
	if in.route == nil {
		return nil, notFound()
	}
	p, kinds, err := in.resolve()
	if err != nil {
		return nil, err
	}
	if err := p.check(kinds); err != nil {
		return nil, err
	}
	c := &call{state: st, server: s, p: p, args: in.args, files: in.files, origin: in.origin}
	if err := c.permit(in); err != nil {
		return nil, err
	}
	result, err := in.route.handle(c)
	if err == nil {
		err = c.problem
	}
	return result, err
}

const (
	cardFilters   = nestedFeed + " filter fields limit:int before:moment since:moment checklists attachments members customFieldItems stickers pluginData checkItemStates checklist_fields member_fields attachment_fields"
	cardChanges   = "name desc closed:bool idMembers:ids idAttachmentCover:id idList:id idLabels:ids idBoard:id pos:pos due:date start:date dueComplete:bool dueReminder subscribed:bool address locationName coordinates cover isTemplate:bool cardRole"
	nestedFeed    = "actions actions_limit:int actions_since:moment actions_before:moment actions_display:bool actions_entities:bool actions_format action_fields action_member:bool action_member_fields action_memberCreator:bool action_memberCreator_fields"
	actionFilters = "filter fields limit:int page:int before:moment since:moment format idModels member:bool member_fields memberCreator:bool memberCreator_fields reactions entities:bool display:bool"
)

// newRoutes lists the endpoints. Names of parameters are those of Trello's published description of its API.
func newRoutes() routes {
	rs := routes{}
	rs.addBoards()
	rs.addLists()
	rs.addCards()
	rs.addLabels()
	rs.addChecklists()
	rs.addActions()
	rs.addCustomFields()
	rs.addOthers()
	rs.addMembers()
	rs.add("GET batch", "urls", (*call).batch)
	rs.add("GET search", "query modelTypes idBoards idCards idOrganizations partial:bool card_fields cards_limit:int cards_page:int board_fields boards_limit:int card_board card_list card_members member_fields members_limit:int organization_fields organizations_limit:int", (*call).search)
	return rs
}

func (rs routes) addBoards() {
	const changes = "name desc closed:bool subscribed:bool idOrganization prefs/* labelNames/* starred"
	rs.add("POST boards", "name desc defaultLists:bool defaultLabels:bool idOrganization idBoardSource keepFromSource powerUps creationMethod prefs_permissionLevel prefs_voting prefs_comments prefs_invitations prefs_selfJoin:bool prefs_cardCovers:bool prefs_background prefs_cardAging", (*call).postBoard)
	rs.add("GET boards/{id}", nestedFeed+" fields cards card_fields lists list_fields labels label_fields labels_limit:int label_limit:int checklists members member_fields memberships customFields organization pluginData boardStars myPrefs tags", (*call).getBoard)
	rs.add("PUT boards/{id}", changes, (*call).putBoard)
	rs.add("DELETE boards/{id}", "", (*call).deleteBoard)
	rs.add("GET boards/{id}/actions", actionFilters, (*call).boardActions)
	rs.add("GET boards/{id}/cards", cardFilters, (*call).boardCards)
	rs.add("GET boards/{id}/cards/{filter}", cardFilters, (*call).boardCards)
	rs.add("GET boards/{id}/lists", "filter fields cards card_fields", (*call).boardLists)
	rs.add("GET boards/{id}/lists/{filter}", "fields cards card_fields", (*call).boardLists)
	rs.add("POST boards/{id}/lists", "name pos:pos", (*call).postBoardList)
	rs.add("GET boards/{id}/labels", "fields limit:int", (*call).boardLabels)
	rs.add("POST boards/{id}/labels", "name color", (*call).postBoardLabel)
	rs.add("GET boards/{id}/labelnames", "", (*call).boardLabelNames)
	rs.add("GET boards/{id}/members", "filter fields activity:bool", (*call).boardMembers)
	rs.add("GET boards/{id}/members/{filter}", "fields", (*call).boardMembers)
	rs.add("PUT boards/{id}/members/{idMember}", "type allowBillableGuest:bool", (*call).putBoardMember)
	rs.add("DELETE boards/{id}/members/{idMember}", "", (*call).deleteBoardMember)
	rs.add("GET boards/{id}/memberships", "filter activity:bool orgMemberType:bool member:bool member_fields", (*call).boardMemberships)
	rs.add("GET boards/{id}/checklists", "filter fields checkItems checkItem_fields", (*call).boardChecklists)
	rs.add("GET boards/{id}/customFields", "filter", (*call).boardFields)
	for _, empty := range []string{"pluginData", "boardPlugins", "plugins", "boardStars"} {
		rs.add("GET boards/{id}/"+empty, "filter", (*call).noneOfBoard)
	}
	rs.add("GET boards/{id}/{field}", "", (*call).boardField)
	rs.add("PUT boards/{id}/{field}", changes+" value", (*call).putBoard).fieldOf = "boards/{id}"
}

func (rs routes) addLists() {
	const changes = "name closed:bool idBoard:id pos:pos subscribed:bool softLimit"
	rs.add("POST lists", "name idBoard:id idListSource:id pos:pos", (*call).postList)
	rs.add("GET lists/{id}", "fields cards card_fields board:bool board_fields", (*call).getList)
	rs.add("PUT lists/{id}", changes, (*call).putList)
	rs.add("GET lists/{id}/cards", cardFilters, (*call).listCards)
	rs.add("GET lists/{id}/cards/{filter}", cardFilters, (*call).listCards)
	rs.add("GET lists/{id}/board", "fields", (*call).listBoard)
	rs.add("GET lists/{id}/actions", actionFilters, (*call).listActions)
	rs.add("POST lists/{id}/archiveAllCards", "", (*call).archiveAllCards)
	rs.add("POST lists/{id}/moveAllCards", "idBoard:id idList:id", (*call).moveAllCards)
	rs.add("GET lists/{id}/{field}", "", (*call).listField)
	rs.add("PUT lists/{id}/{field}", changes+" value", (*call).putList).fieldOf = "lists/{id}"
}

func (rs routes) addCards() {
	rs.add("POST cards", "name desc pos:pos due:date start:date dueComplete:bool dueReminder idList:id idLabels:ids idMembers:ids idCardSource:id keepFromSource urlSource fileSource mimeType address locationName coordinates cardRole subscribed:bool isTemplate:bool", (*call).postCard)
	rs.add("GET cards/{id}", nestedFeed+" fields attachments attachment_fields members member_fields membersVoted memberVoted_fields checkItemStates checklists checklist_fields board board_fields list list_fields pluginData stickers sticker_fields customFieldItems", (*call).getCard)
	rs.add("PUT cards/{id}", cardChanges, (*call).putCard)
	rs.add("DELETE cards/{id}", "", (*call).deleteCard)
	rs.add("POST cards/{id}/idLabels", "value:id", (*call).postCardLabel)
	rs.add("DELETE cards/{id}/idLabels/{idLabel}", "", (*call).deleteCardLabel)
	rs.add("POST cards/{id}/labels", "name color", (*call).postCardNewLabel)
	rs.add("GET cards/{id}/labels", "fields", (*call).cardLabels)
	rs.add("POST cards/{id}/idMembers", "value:id", (*call).postCardMember)
	rs.add("POST cards/{id}/members", "value:id", (*call).postCardMember) // the older name, which py-trello still uses
	rs.add("DELETE cards/{id}/idMembers/{idMember}", "", (*call).deleteCardMember)
	rs.add("GET cards/{id}/actions", actionFilters, (*call).cardActions)
	rs.add("POST cards/{id}/actions/comments", "text", (*call).postComment)
	rs.add("PUT cards/{id}/actions/{idAction}/comments", "text", (*call).putCardComment)
	rs.add("DELETE cards/{id}/actions/{idAction}/comments", "", (*call).deleteCardComment)
	rs.add("GET cards/{id}/board", "fields", (*call).cardBoard)
	rs.add("GET cards/{id}/list", "fields", (*call).cardList)
	rs.add("GET cards/{id}/members", "fields", (*call).cardMembers)
	rs.add("GET cards/{id}/checklists", "filter fields checkItems checkItem_fields", (*call).cardChecklists)
	rs.add("POST cards/{id}/checklists", "name idChecklistSource:id pos:pos", (*call).postCardChecklist)
	rs.add("GET cards/{id}/checkItemStates", "fields", (*call).cardItemStates)
	rs.add("PUT cards/{id}/checkItem/{idCheckItem}", "name state pos:pos due:date dueReminder:int idMember:id idChecklist:id", (*call).putItem)
	rs.add("PUT cards/{id}/checklist/{idChecklist}/checkItem/{idCheckItem}", "name state pos:pos due:date idMember:id", (*call).putItem)
	rs.add("GET cards/{id}/checkItem/{idCheckItem}", "fields", (*call).getCardItem)
	rs.add("DELETE cards/{id}/checklists/{idChecklist}", "", (*call).deleteCardChecklist)
	rs.add("DELETE cards/{id}/checkItem/{idCheckItem}", "", (*call).deleteCardItem)
	rs.add("GET cards/{id}/attachments", "fields filter", (*call).cardAttachments)
	rs.add("POST cards/{id}/attachments", "name file mimeType url setCover:bool", (*call).postAttachment)
	rs.add("GET cards/{id}/attachments/{idAttachment}", "fields", (*call).getAttachment)
	rs.add("DELETE cards/{id}/attachments/{idAttachment}", "", (*call).deleteAttachment)
	rs.add("GET cards/{id}/attachments/{idAttachment}/download/{name}", "", (*call).download)
	rs.add("GET cards/{id}/customFieldItems", "", (*call).cardFieldItems)
	rs.add("PUT cards/{id}/customField/{idField}/item", "value value[text] value[number] value[date] value[checked] idValue", (*call).putFieldItem)
	rs.add("PUT cards/{id}/customFields", "customFieldItems", (*call).putFieldItems)
	rs.add("GET cards/{id}/membersVoted", "fields", (*call).votersOf)
	rs.add("POST cards/{id}/membersVoted", "value:id", (*call).postVote)
	rs.add("DELETE cards/{id}/membersVoted/{idMember}", "", (*call).deleteVote)
	rs.add("GET cards/{id}/pluginData", "", (*call).pluginData)
	rs.add("GET cards/{id}/stickers", "fields", (*call).noneOfCard)
	rs.add("GET cards/{id}/{field}", "", (*call).cardField)
	rs.add("PUT cards/{id}/{field}", cardChanges+" value", (*call).putCard).fieldOf = "cards/{id}"
}

func (rs routes) addLabels() {
	rs.add("POST labels", "name color idBoard:id", (*call).postLabel)
	rs.add("GET labels/{id}", "fields", (*call).getLabel)
	rs.add("PUT labels/{id}", "name color", (*call).putLabel)
	rs.add("PUT labels/{id}/{field}", "name color value", (*call).putLabel).fieldOf = "labels/{id}"
	rs.add("DELETE labels/{id}", "", (*call).deleteLabel)
}

func (rs routes) addChecklists() {
	rs.add("POST checklists", "idCard:id name pos:pos idChecklistSource:id", (*call).postChecklist)
	rs.add("GET checklists/{id}", "fields cards checkItems checkItem_fields", (*call).getChecklist)
	rs.add("PUT checklists/{id}", "name pos:pos", (*call).putChecklist)
	rs.add("PUT checklists/{id}/{field}", "name pos:pos value", (*call).putChecklist).fieldOf = "checklists/{id}"
	rs.add("DELETE checklists/{id}", "", (*call).deleteChecklist)
	rs.add("GET checklists/{id}/board", "fields", (*call).checklistBoard)
	rs.add("GET checklists/{id}/cards", "fields", (*call).checklistCards)
	rs.add("GET checklists/{id}/checkItems/{idCheckItem}", "fields", (*call).getItem)
	rs.add("GET checklists/{id}/checkItems", "filter fields", (*call).checklistItems)
	rs.add("POST checklists/{id}/checkItems", "name pos:pos checked:bool due:date dueReminder:int idMember:id", (*call).postItem)
	rs.add("DELETE checklists/{id}/checkItems/{idCheckItem}", "", (*call).deleteItem)
}

func (rs routes) addCustomFields() {
	rs.add("POST customFields", "idModel:id modelType name type options pos:pos display_cardFront:bool", (*call).postField)
	rs.add("GET customFields/{id}", "fields", (*call).getField)
	rs.add("PUT customFields/{id}", "name pos:pos display/cardFront:bool", (*call).putField)
	rs.add("DELETE customFields/{id}", "", (*call).deleteField)
	rs.add("GET customFields/{id}/options", "", (*call).fieldOptions)
	rs.add("POST customFields/{id}/options", "value value[text] color pos:pos", (*call).postOption)
	rs.add("GET customFields/{id}/options/{idOption}", "", (*call).getOption)
	rs.add("PUT customFields/{id}/options/{idOption}", "value value[text] color pos:pos", (*call).putOption)
	rs.add("DELETE customFields/{id}/options/{idOption}", "", (*call).deleteOption)
}

// addOthers declares what a connector of boards and cards does not ask for, but other clients do.
func (rs routes) addOthers() {
	rs.add("POST organizations", "displayName name desc website", (*call).postOrganization)
	rs.add("GET organizations/{id}", "fields", (*call).getOrganization)
	rs.add("PUT organizations/{id}", "displayName name desc website", (*call).putOrganization)
	rs.add("GET organizations/{id}/boards", "filter fields", (*call).organizationBoards)
	rs.add("GET organizations/{id}/actions", actionFilters, (*call).organizationActions)
	rs.add("GET organizations/{id}/members", "fields", (*call).organizationMembers)
	rs.add("GET organizations/{id}/members/{filter}", "fields", (*call).organizationMembers)
	rs.add("GET notifications/{id}", "fields", (*call).getNotification)
	rs.add("POST webhooks", "description callbackURL idModel:id active:bool", (*call).postWebhook)
	rs.add("GET webhooks/{id}", "", (*call).getWebhook)
	rs.add("PUT webhooks/{id}", "description callbackURL idModel:id active:bool", (*call).putWebhook)
	rs.add("DELETE webhooks/{id}", "", (*call).deleteWebhook)
}

func (rs routes) addActions() {
	rs.add("GET actions/{id}", "fields display:bool entities:bool member:bool member_fields memberCreator:bool memberCreator_fields", (*call).getAction)
	rs.add("PUT actions/{id}", "text", (*call).putAction)
	rs.add("DELETE actions/{id}", "", (*call).deleteAction)
	rs.add("GET actions/{id}/board", "fields", (*call).actionBoard)
	rs.add("GET actions/{id}/card", "fields", (*call).actionCard)
	rs.add("GET actions/{id}/list", "fields", (*call).actionList)
}

func (rs routes) addMembers() {
	rs.add("GET members/{id}", "fields boards board_fields cards actions organizations notifications tokens boardStars organization_fields", (*call).getMember)
	rs.add("GET members/{id}/boards", "filter fields lists organization organization_fields", (*call).memberBoards)
	rs.add("GET members/{id}/boards/{filter}", "fields lists", (*call).memberBoards)
	rs.add("GET members/{id}/cards", cardFilters, (*call).memberCards)
	rs.add("GET members/{id}/cards/{filter}", cardFilters, (*call).memberCards)
	rs.add("GET members/{id}/actions", actionFilters, (*call).memberActions)
	rs.add("GET members/{id}/organizations", "filter fields paid_account:bool", (*call).memberOrganizations)
	rs.add("GET members/{id}/notifications", "filter fields limit:int page:int before:moment since:moment read_filter", (*call).memberNotifications)
	rs.add("GET members/{id}/boardStars", "", (*call).noneOfMember)
	rs.add("GET members/{id}/{field}", "", (*call).memberField)
	rs.add("GET tokens/{token}", "fields webhooks:bool", (*call).getToken)
	rs.add("GET tokens/{token}/member", "fields", (*call).tokenMember)
	rs.add("GET tokens/{token}/webhooks", "", (*call).noneOfToken)
}
