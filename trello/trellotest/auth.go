package trellotest

import (
	"net/http"
	"strings"
)

// readAuthorization reads `Authorization: OAuth oauth_consumer_key="K", oauth_token="T"`. Further OAuth 1 fields, which some clients
// send, are not looked at: the signature is not checked.
func (in *incoming) readAuthorization(header string) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	if !strings.EqualFold(scheme, "OAuth") {
		return
	}
	for _, field := range strings.Split(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch strings.TrimSpace(name) {
		case "oauth_consumer_key":
			in.key = value
		case "oauth_token":
			in.token = value
		}
	}
}

// authorise compares the credentials. The texts are those of facts/trello.md ("tokens"); a token that is missing is answered like a wrong
// one (a choice).
func (s *Server) authorise(in *incoming) *apiError {
	switch {
	case in.key != s.options.Key:
		return &apiError{status: http.StatusUnauthorized, text: "invalid key"}
	case in.token != s.options.Token, s.revoked:
		return &apiError{status: http.StatusUnauthorized, text: "invalid token"}
	case in.inURL != "" && strings.Contains(in.path, "/download/"):
		return &apiError{status: http.StatusUnauthorized, text: "unauthorized attachment permission requested"} // the text is a choice
	case s.readOnly && in.writes():
		return &apiError{status: http.StatusUnauthorized, text: unauthorized("").Error()}
	}
	return nil
}
