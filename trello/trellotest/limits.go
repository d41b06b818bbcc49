package trellotest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// limits count requests over sliding windows. The numbers are those of facts/trello.md ("rate"); the third window of the headers, 200
// for the member, was seen in every capture, and is counted but not enforced.
type limits struct {
	key, token, member, members window
	refused                     window // answers of 429 of the key; with 200 of them the key is locked for the rest of the window
}

func newLimits() limits {
	const short = 10 * time.Second
	return limits{
		key:     window{name: "api-key", max: 300, length: short},
		token:   window{name: "api-token", max: 100, length: short},
		member:  window{name: "member", max: 200, length: short},
		members: window{name: "members", max: 100, length: 900 * time.Second},
		refused: window{name: "refused", max: 200, length: short},
	}
}

// window remembers the times of the latest requests, at most max of them.
type window struct {
	name   string
	max    int
	length time.Duration
	times  []time.Time
}

// left drops what is older than the window and tells how many requests it still takes.
func (w *window) left(now time.Time) int {
	old := 0
	for old < len(w.times) && now.Sub(w.times[old]) >= w.length {
		old++
	}
	w.times = w.times[old:]
	return w.max - len(w.times)
}

func (w *window) add(now time.Time) {
	if len(w.times) == w.max {
		w.times = w.times[1:]
	}
	w.times = append(w.times, now)
}

// take counts a request, or, when enforced, refuses one that is too many; a refused one is not counted.
func (l *limits) take(in *incoming, now time.Time, enforced bool) *apiError {
	ofMembers := strings.HasPrefix(in.path, "/1/members/")
	if code := l.exceeded(now, ofMembers); code != "" && enforced {
		l.refused.left(now)
		l.refused.add(now)
		return limited(code)
	}
	for _, w := range []*window{&l.key, &l.token, &l.member} {
		w.left(now)
		w.add(now)
	}
	if ofMembers {
		l.members.left(now)
		l.members.add(now)
	}
	return nil
}

// exceeded names the limit that a request would go beyond, "" for none.
func (l *limits) exceeded(now time.Time, ofMembers bool) string {
	switch {
	case l.key.left(now) <= 0 || l.refused.left(now) <= 0:
		return "API_KEY_LIMIT_EXCEEDED"
	case l.token.left(now) <= 0:
		return "API_TOKEN_LIMIT_EXCEEDED"
	case ofMembers && l.members.left(now) <= 0:
		return "RATE_LIMIT_EXCEEDED"
	}
	return ""
}

// limited is the refusal of facts/trello.md ("429 body"); there is no Retry-After.
func limited(code string) *apiError { return &apiError{status: http.StatusTooManyRequests, text: code} }

// headers are the undocumented ones that every capture carries.
func (l *limits) headers(now time.Time) [][2]string {
	headers := make([][2]string, 0, 9)
	for _, w := range []*window{&l.key, &l.token, &l.member} {
		prefix := "x-rate-limit-" + w.name
		headers = append(headers,
			[2]string{prefix + "-interval-ms", strconv.FormatInt(w.length.Milliseconds(), 10)},
			[2]string{prefix + "-max", strconv.Itoa(w.max)},
			[2]string{prefix + "-remaining", strconv.Itoa(w.left(now))})
	}
	return headers
}
