package trello

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/backend"
)

// probeQuery asks for a board with all that is on it but for its cards, and for when anything was last done on it: dateLastActivity, which
// moves with every change of a card, and the newest action. What a comment says, the position of a card on a server that doesn't count it
// as activity, and a new board are seen by the next listing at the latest.
func probeQuery() url.Values {
	q := boardQuery()
	q.Del("action_memberCreator_fields")
	return withValues(q, "fields", boardFields+",dateLastActivity", "actions", "all", "actions_limit", "1", "action_fields", "date")
}

// unansweredBoard stands for a board that the token's member sees no more.
const unansweredBoard = "no answer"

// Probe gives hashes of what is on each board that is synchronized, in one request each.
func (a *boardAdapter) Probe(ctx context.Context) (map[string]backend.Sight, error) {
	boards, err := a.client.openParents(ctx, a.env)
	if err != nil {
		return nil, err
	}
	sights := make([]backend.Sight, len(boards))
	err = backend.Together(probesAtOnce, len(boards), func(i int) (err error) {
		sights[i], err = a.probe(ctx, boards[i].ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	seen := make(map[string]backend.Sight, len(boards))
	for i, b := range boards {
		seen[b.ID] = sights[i]
	}
	return seen, nil
}

// probesAtOnce is how many boards are asked at the same time.
const probesAtOnce = 4

func (a *boardAdapter) probe(ctx context.Context, id string) (backend.Sight, error) {
	var answer map[string]json.RawMessage
	switch err := a.client.get(ctx, a.prefix+"/"+url.PathEscape(id), probeQuery(), &answer); {
	case err == nil:
		return sightOf(answer), nil
	case noAnswer(err):
		return backend.Sight{"": unansweredBoard}, nil
	default:
		return nil, err
	}
}

// shownBy are the parts of a board's answer that tell of one model alone. A board's custom fields make what cards are mapped to, and so
// concern all. What is left tells of the board itself.
var shownBy = map[string]string{"lists": ListModel, "labels": LabelModel, "members": MemberModel, "customFields": ""}

// activityOf are the parts that move with whatever is done on a board, and the models that nothing else tells of.
var (
	activity   = []string{"dateLastActivity", "actions"}
	activityOf = []string{CardModel, CheckItemModel, CommentModel, AttachmentModel}
)

// sightOf hashes the parts of a board's answer by what they tell of.
func sightOf(answer map[string]json.RawMessage) backend.Sight {
	by := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(answer)) {
		part := name + string(answer[name])
		model, alone := shownBy[name]
		switch {
		case slices.Contains(activity, name):
			for _, m := range activityOf {
				by[m] = append(by[m], part)
			}
		case alone:
			by[model] = append(by[model], part)
		default:
			by[BoardModel] = append(by[BoardModel], part)
		}
	}
	sight := make(backend.Sight, len(by))
	for model, parts := range by {
		sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
		sight[model] = hex.EncodeToString(sum[:])
	}
	return sight
}

// ProbePace leaves half of the requests that Trello allows a token, or of those that the configuration allows where they are fewer.
func (a *boardAdapter) ProbePace() time.Duration {
	rate := tokenRate
	if s, ok := a.env.Config.Settings.(*Settings); ok && s.Rate > 0 {
		rate = min(rate, s.Rate)
	}
	return rateWindow * 2 / time.Duration(rate)
}
