package trello

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"time"
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

// Probe gives a hash of each board that is synchronized, in one request each.
func (a *boardAdapter) Probe(ctx context.Context) (map[string]string, error) {
	boards, err := a.client.openParents(ctx, a.env)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]string, len(boards))
	for _, b := range boards {
		var answer json.RawMessage
		switch err := a.client.get(ctx, a.prefix+"/"+url.PathEscape(b.ID), probeQuery(), &answer); {
		case err == nil:
			sum := sha256.Sum256(answer)
			seen[b.ID] = hex.EncodeToString(sum[:])
		case noAnswer(err):
			seen[b.ID] = unansweredBoard
		default:
			return nil, err
		}
	}
	return seen, nil
}

// ProbePace leaves half of the requests that Trello allows a token, or of those that the configuration allows where they are fewer.
func (a *boardAdapter) ProbePace() time.Duration {
	rate := tokenRate
	if s, ok := a.env.Config.Settings.(*Settings); ok && s.Rate > 0 {
		rate = min(rate, s.Rate)
	}
	return rateWindow * 2 / time.Duration(rate)
}
