package trello

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/odoo-connector/connector/config"
)

// Settings are the keys that a trello backend has in the configuration beside those of every backend.
type Settings struct {
	Key    config.Secret `yaml:"key" config:"required"`
	Token  config.Secret `yaml:"token" config:"required"`
	Boards []string      `yaml:"boards"` // names or ids; all open ones of the token's member when left out
	// Rate is how many requests at most are sent in any 10 seconds; 90 when left out. Trello allows
	// 100 per token (developer.atlassian.com, rate limits); more than that is for another server, which
	// counts in its own way.
	Rate int `yaml:"requests_per_10s"`
	// SyncLabel names the label of the cards that are synchronized: others are not imported, a card that loses it is left alone until it
	// has it again, and cards that are made for tasks get it. It is no tag in Odoo. When left out all cards are synchronized.
	SyncLabel string `yaml:"sync_label"`
	// ShareStages lets a new list stand for a stage of its name that another synchronized project has, so that the boards
	// share their stages. When left out each new list gets a stage of its project alone.
	ShareStages bool `yaml:"share_stages"`
	// Members says who in Trello is who in Odoo, where neither an e-mail nor a full name tells.
	Members []MemberLink `yaml:"members"`
	// DueTime is the time of day, "17:00" when left out, at which a deadline of Odoo 16 is due, which is only a day. TimeZone
	// is the zone of days by its IANA name, "Europe/Brussels"; the Odoo user's own when left out, or UTC.
	DueTime  string `yaml:"due_time"`
	TimeZone string `yaml:"time_zone"`
	// StartField is the field of project.task, a date or a datetime, that goes with a card's start; planned_date_begin where
	// the Odoo has it (Enterprise) when left out, else none.
	StartField string `yaml:"start_field"`
	// ExternalIDField and URLField are fields of project.task, chars, into which a card's short link and its short URL are
	// saved. SyncDateField, a datetime or date, gets the moment of the last write of ours into the task.
	ExternalIDField string `yaml:"external_id_field"`
	URLField        string `yaml:"url_field"`
	SyncDateField   string `yaml:"sync_date_field"`
	// Comments says which comments and messages take part: "new" (the default) those made since their board does, "all" the older ones
	// too, "off" none. OdooMessages says what leaves Odoo: "comments" (the default) what people say to all who follow a task, "notes"
	// their internal notes too, "all" e-mails too. CommentDeletions says whether a copy of ours is deleted with its original: "follow"
	// (the default) or "keep".
	Comments         string `yaml:"comments"`
	OdooMessages     string `yaml:"odoo_messages"`
	CommentDeletions string `yaml:"comment_deletions"`
	// MaxSize is the largest file that crosses, "10 MB" when left out. AttachmentDeletions says whether a copy of ours is deleted with its
	// original: "keep" (the default) or "follow".
	MaxSize             string `yaml:"max_size"`
	AttachmentDeletions string `yaml:"attachment_deletions"`
	// Checklists says what becomes of checklists: "subtasks" (the default), "html", which shows them in the description and takes nothing
	// back, or "off", which leaves them alone.
	Checklists string `yaml:"checklists"`
}

// odooField is how Odoo's fields are named.
var odooField = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// CheckSettings looks at what no type can tell. It implements config.Checker.
func (s *Settings) CheckSettings() (all []config.SettingProblem) {
	report := func(path, problem, hint string) {
		all = append(all, config.SettingProblem{Path: path, Problem: problem, Hint: hint})
	}
	if _, err := parseClock(s.DueTime); s.DueTime != "" && err != nil {
		report("due_time", err.Error(), `write it as "17:00"`)
	}
	if _, err := time.LoadLocation(s.TimeZone); s.TimeZone != "" && (err != nil || s.TimeZone == "Local") {
		report("time_zone", fmt.Sprintf("%q is not a time zone", s.TimeZone), "write its IANA name, as Europe/Brussels")
	}
	if s.Boards != nil && len(s.Boards) == 0 {
		report("boards", "is an empty list", "name at least one board; left out, all open ones take part")
	}
	s.checkFields(report)
	s.checkMembers(report)
	if _, err := parseSize(s.MaxSize); s.MaxSize != "" && err != nil {
		report("max_size", err.Error(), "")
	}
	return all
}

// checkFields finds names that cannot be a field's, and a field that is named twice.
func (s *Settings) checkFields(report func(path, problem, hint string)) {
	taken := map[string]string{}
	for _, f := range []struct{ key, name string }{
		{"start_field", s.StartField}, {"external_id_field", s.ExternalIDField}, {"url_field", s.URLField}, {"sync_date_field", s.SyncDateField},
	} {
		switch {
		case f.name == "":
		case !odooField.MatchString(f.name):
			report(f.key, fmt.Sprintf("%q is not the name of a field", f.name), "use the technical name that Odoo shows in developer mode, as x_trello_url")
		case taken[f.name] != "":
			report(f.key, fmt.Sprintf("the field %s is %s already", f.name, taken[f.name]), "name another field")
		default:
			taken[f.name] = f.key
		}
	}
}

// checkMembers finds entries that lack one side, and members that are named twice.
func (s *Settings) checkMembers(report func(path, problem, hint string)) {
	taken := map[string]int{}
	for i, l := range s.Members {
		if l.Trello == "" || l.Odoo == "" {
			report(fmt.Sprintf("members[%d]", i), "names a member of Trello without a user of Odoo, or the reverse",
				"give both, as {trello: annlee, odoo: ann@example.com}")
			continue
		}
		name := strings.ToLower(strings.TrimPrefix(strings.TrimSpace(l.Trello), "@"))
		if first, twice := taken[name]; twice {
			report(fmt.Sprintf("members[%d].trello", i), fmt.Sprintf("%q is named in members[%d] already", l.Trello, first), "")
			continue
		}
		taken[name] = i
	}
}
