package trello

import "github.com/odoo-connector/connector/explain"

// The codes of Trello's own; explained tells what each means.
const (
	codeDenied     = "CON-TRELLO-401"
	codeRight      = "CON-TRELLO-403"
	codeLimit      = "CON-TRELLO-429"
	codeSettings   = "CON-TRELLO-SETTINGS"
	codeFile       = "CON-TRELLO-FILE"
	codeUnreadable = "CON-TRELLO-ANSWER"
)

// ownCodes stand in the place of transport's, where Trello's words or limits are special.
var ownCodes = map[string]string{"CON-HTTP-401": codeDenied, "CON-HTTP-403": codeRight, "CON-HTTP-429": codeLimit}

// Code is that of a right which the token's member lacks.
func (*PermissionError) Code() string { return codeRight }

// Code is that of a value of the configuration which doesn't fit what Trello has.
func (*SettingsError) Code() string { return codeSettings }

// Code is that of a file which could not be downloaded.
func (*FileError) Code() string { return codeFile }

// Code is that of an object which cannot be read.
func (*UnreadableError) Code() string { return codeUnreadable }

// explained is what is known of the codes above.
var explained = []explain.Entry{
	{
		Code: codeDenied, Exit: explain.Denied,
		What: "Trello does not accept the key or the token.",
		Causes: []string{
			"the token ended or was revoked (Trello: Settings, Account, Applications), or its member left",
			"the token was made with another key, or with a key that was made anew since",
			"key and token are exchanged, or one was copied without its end",
		},
		Do: []string{
			"compare key: with the API key of your Power-Up at https://trello.com/power-ups/admin",
			"make a new token with it (the link Token beside the key; scope read,write, expiration never) and put it where token: points",
			"run the sync again: nothing was lost, and no job lost an attempt",
		},
		See: []string{"doctor"},
	},
	{
		Code: codeRight, Exit: explain.Denied,
		What: "Trello lets the token's member not do this on this board, list, label or card.",
		Causes: []string{
			"the member is an observer of the board, or was removed from it",
			"the token has the scope read alone",
			"the board's workspace restricts who may do it",
		},
		Do: []string{
			"make the token's member a normal member of the board",
			"make a new token with the scope read,write",
			"then put the failed jobs back: `connector jobs retry --state failed`",
		},
		See: []string{"doctor", "jobs list --state failed"},
	},
	{
		Code: codeLimit, Exit: explain.Environment,
		What: "Trello asks to be left alone for a while: too many requests came within 10 seconds or 15 minutes.",
		Causes: []string{
			"another program uses the same token or key",
			"the first sync of very many boards",
		},
		Do: []string{
			"nothing: the jobs wait, lost no attempt, and go on with the next run",
			"give this program a token of its own, or lower requests_per_10s:",
		},
		See: []string{"jobs list --state pending"},
	},
	{
		Code: codeSettings, Exit: explain.Usage,
		What: "The configuration names something that Trello has not, as a board or a custom field.",
		Causes: []string{
			"a board was renamed or closed, or is not shared with the token's member",
			"a name stands for two boards",
		},
		Do: []string{
			"write the board's address or id instead of its name",
			"share the board with the token's member",
		},
		See: []string{"doctor"},
	},
	{
		Code: codeFile, Exit: explain.Environment,
		What: "A file that hangs on a card could not be downloaded; all else of Trello can be reached.",
		Causes: []string{
			"the file was deleted meanwhile, or is larger than max_size: allows",
			"a proxy lets trello.com pass, but not the storage to which Trello redirects",
		},
		Do: []string{
			"open the file in Trello",
			"put the job back into the line: `connector jobs retry N`",
		},
		See: []string{"jobs show N"},
	},
	{
		Code: codeUnreadable, Exit: explain.Environment,
		What: "Trello sent one object in a form that nobody told us of; nothing is done with it.",
		Causes: []string{
			"Trello changed its API",
			"something between here and Trello changes its answers",
		},
		Do:  []string{"report it with the line of the error; everything else goes on"},
		See: []string{"jobs list --state failed"},
	},
}
