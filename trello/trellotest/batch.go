package trellotest

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxBatch is how many GET requests one batch may hold (facts/trello.md, "batch").
const maxBatch = 10

// batch answers each URL of `urls`, paths below /1 with commas between them, as {"200": …} or as an object with the failure. A comma inside
// an address must be escaped twice.
func (c *call) batch() (any, error) {
	urls := c.p.list("urls")
	if len(urls) == 0 || len(urls) > maxBatch {
		return nil, invalid("urls")
	}
	answers := make(array, len(urls))
	for i, one := range urls {
		answers[i] = c.batched(one)
	}
	return answers, nil
}

func (c *call) batched(address string) any {
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, "/") {
		return failure(bad("invalid url"))
	}
	path := "/1" + strings.TrimPrefix(u.EscapedPath(), "/1")
	in := &incoming{method: http.MethodGet, path: path, params: params{}, origin: c.origin}
	in.addAll(u.Query())
	in.takeCredentials(true)
	in.route, in.args = c.server.routes.find(in.method, path)
	if refused := c.server.checkStrict(in); refused != nil {
		return failure(refused)
	}
	if strings.HasPrefix(path, "/1/batch") {
		return failure(notFound())
	}
	result, err := c.dispatch(c.server, in)
	if err != nil {
		return failure(err)
	}
	return object{{"200", result}}
}

func failure(err error) object {
	status := http.StatusInternalServerError
	if e, typed := err.(*apiError); typed { //nolint:errorlint // never wrapped here
		status = e.status
	}
	name := strings.ReplaceAll(http.StatusText(status), " ", "") + "Error"
	return object{{"name", name}, {"message", err.Error()}, {"statusCode", status}, {"status", strconv.Itoa(status)}}
}

// search finds cards and boards by a piece of their name or description, without regard to case. Trello's operators are not known here.
func (c *call) search() (any, error) {
	query := strings.ToLower(c.p["query"])
	if query == "" {
		return nil, invalid("query")
	}
	boards, cards := []*board{}, []*card{}
	for _, b := range c.boards {
		if wanted := c.p.list("idBoards"); len(wanted) > 0 && !oneOf("mine", wanted...) && !oneOf(b.ID, wanted...) {
			continue
		}
		if strings.Contains(strings.ToLower(b.Name+"\n"+b.Desc), query) {
			boards = append(boards, b)
		}
		cards = append(cards, keepAll(b.cards, func(k *card) bool { return strings.Contains(strings.ToLower(k.Name+"\n"+k.Desc), query) })...)
	}
	cards = cards[:min(len(cards), c.p.number("cards_limit", 10))]
	boards = boards[:min(len(boards), c.p.number("boards_limit", 10))]
	return object{
		{"options", object{{"terms", []object{{{"text", c.p["query"]}}}}, {"modifiers", array{}}, {"modelTypes", c.p.list("modelTypes")}, {"partial", c.p.flag("partial", false)}}},
		{"boards", c.renderBoards(orText(c.p["board_fields"], "name,idOrganization"), everything, boards)},
		{"cards", c.renderCards(orText(c.p["card_fields"], "all"), cards)},
		{"organizations", array{}}, {"members", array{}},
	}, nil
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
