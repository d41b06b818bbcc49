package trellotest

import "net/http"

// apiError is an answer other than 200. Trello answers most of them as plain text (captures/trello/revote_on_a_card) and only its
// limits as JSON (facts/trello.md, "429 body").
type apiError struct {
	status int
	text   string
	json   string // the value of "error" where the answer is JSON, "" where it is plain text
}

func (e *apiError) Error() string { return e.text }

func (e *apiError) answer() answer {
	if e.status == http.StatusTooManyRequests {
		return answer{status: e.status, contentType: "application/json; charset=utf-8", body: appendJSON(nil, object{{"error", e.text}, {"message", "Rate limit exceeded"}})}
	}
	if e.json != "" {
		return answer{status: e.status, contentType: "application/json; charset=utf-8", body: appendJSON(nil, object{{"message", e.text}, {"error", e.json}})}
	}
	return answer{status: e.status, contentType: "text/plain; charset=utf-8", body: []byte(e.text)}
}

// notFound is the answer for an id that nothing has (captures/trello/label_delete).
func notFound() error {
	return &apiError{status: http.StatusNotFound, text: "The requested resource was not found."}
}

// malformedID is the answer for an id that is not one (facts/trello.md, "errors").
func malformedID() error { return &apiError{status: http.StatusBadRequest, text: "invalid id"} }

// invalid is the answer for a parameter that Trello cannot use.
func invalid(parameter string) error {
	return &apiError{status: http.StatusBadRequest, text: "invalid value for " + parameter}
}

func bad(text string) error { return &apiError{status: http.StatusBadRequest, text: text} }
