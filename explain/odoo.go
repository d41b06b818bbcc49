package explain

var odooCodes = []Entry{
	{
		Code: "CON-ODOO-401", Exit: Denied,
		What: "Odoo does not accept the user, the password or the API key.",
		Causes: []string{
			"a wrong password, or that of another database",
			"a user with two-factor login: it needs an API key in the place of the password",
			"an API key that ended, was deleted, or lacks the scope rpc",
			"the user was archived",
		},
		Do: []string{
			"log in to Odoo in a browser as that user, with the same database",
			"make an API key (Preferences, Account Security, New API Key) and give it as api_key:",
			"run it again: no job lost an attempt",
		},
		See: []string{"doctor"},
	},
	{
		Code: "CON-ODOO-403", Exit: Denied,
		What: "The Odoo user lacks a right: to the model, to the field, or to this very record.",
		Causes: []string{
			"the user is not in the group that the line names",
			"a record rule: a private project, or one of another company",
			"a multi-company record and a user without that company",
		},
		Do: []string{
			"give the user the group in Odoo (Settings, Users), or share the project with them",
			"name the companies under companies: of this Odoo",
			"then put the failed jobs back: `connector jobs retry --state failed`",
		},
		See: []string{"doctor", "jobs list --state failed"},
	},
	{
		Code: "CON-ODOO-GROUP", Exit: Denied,
		What:   "The Odoo user is not in a group that the backend needs; nothing was read or written.",
		Causes: []string{"the user was made with fewer rights", "the user's rights were changed"},
		Do:     []string{"give the user the group that the line names, in Odoo under Settings, Users"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-ODOO-DATABASE", Exit: Usage,
		What:   "The server has no database of this name.",
		Causes: []string{"the name is misspelt; it is case-sensitive", "it was renamed or dropped", "a filter (dbfilter) hides it under this host name"},
		Do:     []string{"look at the names: the login page's list, or /web/database/manager", "correct database: in the configuration"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-ODOO-API", Exit: Usage,
		What: "Something answers at the URL, but not Odoo's external API.",
		Causes: []string{
			"the URL leads to a web site, a login page or another program",
			"a plan of odoo.com without the external API", "a proxy does not let /xmlrpc or /json pass",
		},
		Do:  []string{"give the address of the server alone, as https://odoo.example.com", "ask it: `curl -i URL/web/version` or `curl -i URL/xmlrpc/2/common`"},
		See: []string{"doctor"},
	},
	{
		Code: "CON-ODOO-503", Exit: Environment,
		What:   "Odoo answers, but cannot reach its own database.",
		Causes: []string{"PostgreSQL is stopped, full, or has no connection left", "the database is being restored or upgraded"},
		Do:     []string{"try again later; no job lost an attempt", "look into Odoo's log"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-ODOO-500", Exit: Environment,
		What:   "An exception in Odoo that it has no better words for.",
		Causes: []string{"a mistake in a module, often in an override of create or write", "an automated action that fails"},
		Do:     []string{"look into Odoo's log at that time; `connector jobs show N` has the traceback of a failed job", "put the job back when it is mended: `connector jobs retry N`"},
		See:    []string{"jobs list --state failed"},
	},
	{
		Code: "CON-ODOO-ANSWER", Exit: Environment,
		What:   "Odoo answered in another shape than the method has.",
		Causes: []string{"a module changes the method", "a proxy changes or cuts answers"},
		Do:     []string{"report it, with the version of Odoo and its modules"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-ODOO-MOVED", Exit: Usage,
		What:   "The bindings belong to another Odoo database than the one that is configured; nothing was read or written.",
		Causes: []string{"the server has a new address", "the database was copied, for a test or an upgrade", "the configuration names a test server"},
		Do: []string{
			"if it is the same database, moved: `connector bindings rebase BACKEND`",
			"if it is a copy for tests: give it a state: and boards of its own, or both will write to the same ones",
		},
		See: []string{"bindings list", "doctor"},
	},
}

var odooCallCodes = []Entry{
	{
		Code: "CON-ODOO-REFUSED", Exit: Internal,
		What:   "Odoo refuses the record for a reason that it tells its users.",
		Causes: []string{"a required field is empty", "a rule of the company or of a module", "the record is still in use"},
		Do:     []string{"read Odoo's words in the line, and correct the record or the rule", "put the job back: `connector jobs retry N`"},
		See:    []string{"jobs list --state failed", "jobs errors"},
	},
	{
		Code: "CON-ODOO-RECORD", Exit: Internal,
		What:   "A record does not exist any more.",
		Causes: []string{"it was deleted in Odoo between two requests"},
		Do:     []string{"run a sync: it sees the deletion and follows it"},
		See:    []string{"jobs show N"},
	},
	{
		Code: "CON-ODOO-MODEL", Exit: Usage,
		What:   "This Odoo has no such model.",
		Causes: []string{"the module that brings it is not installed (Project for tasks)", "the model has another name in this version of Odoo"},
		Do:     []string{"install the module in Odoo (Apps), or switch the binding model off: direction: off"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-ODOO-FIELD", Exit: Usage,
		What:   "The model has no such field, or the user may not see it.",
		Causes: []string{"it is misspelt in fields: of the configuration", "the module that brings it is not installed", "the field is for other groups"},
		Do:     []string{"look at the fields that there are, and correct the configuration"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-ODOO-METHOD", Exit: Internal,
		What:   "The model has no such method.",
		Causes: []string{"a version of Odoo that is not supported", "a module that replaces the model"},
		Do:     []string{"check the version of Odoo: 16 to 19 are supported", "report it"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-ODOO-BUSY", Exit: Environment,
		What:   "Other writers were faster; Odoo undid the call.",
		Causes: []string{"users, imports or scheduled actions change the same records"},
		Do:     []string{"nothing: the job comes again by itself. If it goes on for hours, run the sync at another time"},
		See:    []string{"jobs list --state pending"},
	},
	{
		Code: "CON-ODOO-VALUE", Exit: Internal,
		What:   "A value does not fit the field of Odoo.",
		Causes: []string{"a choice that the field does not have", "a text with characters that Odoo cannot keep", "a field that another module changed"},
		Do:     []string{"correct the value on the other side, or the mapping of the field", "put the job back: `connector jobs retry N`"},
		See:    []string{"jobs list --state failed"},
	},
	{
		Code: "CON-ODOO-RESULT", Exit: Internal,
		What:   "Odoo did the work, but could not send its result over XML-RPC.",
		Causes: []string{"a module makes a method give nothing back", "a number beyond 32 bits"},
		Do:     []string{"use protocol: json2 (Odoo 19), or leave the field out of the mapping"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-ODOO-CALL", Exit: Usage,
		What:   "A call that makes no sense; nothing was sent.",
		Causes: []string{"a domain, a URL or a language of the configuration that this Odoo does not take"},
		Do:     []string{"correct what the line names in the configuration"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-ODOO-SIZE", Exit: Environment,
		What:   "A request or its answer is too large.",
		Causes: []string{"a very large file or text", "a proxy that limits the size of requests"},
		Do:     []string{"make the record smaller, or raise the limit of the proxy (client_max_body_size of nginx)"},
		See:    []string{"jobs list --state failed"},
	},
}
