package config

import "strconv"

var (
	topBlock = []Key{
		{Name: "state", Type: TypeState, Default: defaultState, Example: "postgres://connector@db.example.com/connector", Keys: stateBlock,
			Doc: "Where bindings and jobs are kept: the path of an SQLite file, or the URL of a PostgreSQL database. A URL whose " +
				"password comes from elsewhere is written as a block."},
		{Name: "odoo", Type: TypeBlock, List: true, Required: true, Keys: odooBlock,
			Doc: "The Odoo databases, at least one, each with the user that the connector works as."},
		{Name: "backends", Type: TypeBlock, List: true, Required: true, Keys: backendBlock,
			Doc: "The external systems, at least one. Each is kept in step with one Odoo database. To the keys of every backend " +
				"come those of its kind."},
		{Name: "jobs", Type: TypeBlock, Keys: jobsBlock, Doc: "The job queue. Everything in it may be left out."},
		{Name: "schedule", Type: TypeBlock, List: true, Keys: scheduledBlock,
			Doc: "What `connector watch` runs at certain times; `connector schedule list` shows it."},
		{Name: "notify", Type: TypeBlock, List: true, Keys: notifyBlock,
			Doc: "Who is told of troubles; `connector notify test NAME` tries it. An entry has one way of telling: `command`, " +
				"`webhook`, `email` or `ping`."},
	}

	stateBlock = []Key{
		{Name: "url", Type: TypeText, Required: true, Example: "postgres://connector@db.example.com/connector",
			Doc: "The URL of the PostgreSQL database. Parameters such as `search_path` follow after a question mark."},
		{Name: "password", Type: TypeSecret, Example: "{file: state.password}", Doc: "The password of the URL's user.",
			Otherwise: "PGPASSWORD or ~/.pgpass, where there is one"},
	}

	odooBlock = []Key{
		{Name: "name", Type: TypeName, Required: true, Example: "main", Doc: "What a backend's `odoo` refers to."},
		{Name: "url", Type: TypeURL, Required: true, Example: "https://example.odoo.com",
			Doc: "The address of the server. `sandbox://NAME` is a demo Odoo inside the program."},
		{Name: "database", Type: TypeText, Example: "example", Otherwise: "the only one that the server shows", Doc: "The name of the database."},
		{Name: "username", Type: TypeText, Required: true, SandboxFills: true, Example: "connector@example.com",
			Doc: "The login of the user that the connector works as. With protocol `json2` it is not needed: the key tells."},
		{Name: "password", Type: TypeSecret, SandboxFills: true, Example: "{env: ODOO_PASSWORD}", Doc: "The user's password. Give it or `api_key`."},
		{Name: "api_key", Type: TypeSecret, SandboxFills: true, Example: "{file: odoo.key}",
			Doc: "An API key, made in Odoo under Preferences, Account Security. It is needed for a user with two-factor login."},
		{Name: "protocol", Type: TypeText, Enum: protocols, Default: string(ProtocolAuto),
			Doc: "How Odoo is spoken to. `auto` is `json2` for an API key on Odoo 19 and later, else `xmlrpc`."},
		{Name: "ca_file", Type: TypePath, Example: "certs/our-authority.pem",
			Doc: "A PEM file with certificates of authorities that are trusted beside the system's."},
		{Name: "timeout", Type: TypeSpan, Default: short(DefaultTimeout), Min: short(minTimeout), Max: short(maxTimeout),
			Doc: "How long one request may take."},
		{Name: "calls_at_once", Type: TypeWhole, Default: strconv.Itoa(defaultCallsAtOnce), Min: "1", Max: strconv.Itoa(maxCallsAtOnce),
			Doc: "How many calls may be under way at a time, counted for the server as a whole."},
		{Name: "calls_per_second", Type: TypeNumber, Min: "0.01", Max: "1000", Example: "5", Otherwise: "no bound; 1 under odoo.com",
			Doc: "How many calls may begin in a second, counted for the server as a whole."},
		{Name: "language", Type: TypeText, Example: "fr_FR", Otherwise: "the source language, English",
			Doc: "The code of the language in which translated texts are read and written."},
		{Name: "companies", Type: TypeIDName, List: true, Example: "[1, My Other Company]", Otherwise: "the user's own company",
			Doc: "The companies in which the connector works, by id or name; new records belong to the first."},
		{Name: "tracking_disable", Type: TypeTruth, Default: "false",
			Doc: "Whether Odoo posts no message about each change, which makes writes about three times quicker."},
	}

	backendBlock = []Key{
		{Name: "name", Type: TypeName, Required: true, Example: "trello", Doc: "What the command line calls it, as in `connector sync trello`."},
		{Name: "kind", Type: TypeText, Required: true, Example: "trello", Doc: "The system."},
		{Name: "version", Type: TypeVersion, Otherwise: "the kind's first", Doc: "The version of the system's mappings."},
		{Name: "odoo", Type: TypeText, Otherwise: "the only one, where there is one", Example: "main", Doc: "The name of an entry of `odoo`."},
		{Name: "url", Type: TypeURL, Otherwise: "the kind's own",
			Doc: "The address of the system's server. `sandbox://NAME` is a demo server inside the program."},
		{Name: "timeout", Type: TypeSpan, Default: short(DefaultTimeout), Min: short(minTimeout), Max: short(maxTimeout),
			Doc: "How long one request may take."},
		{Name: "outcome_window", Type: TypeSpan, Otherwise: "timeout and 30s", Min: short(minTimeout), Max: short(maxTimeout), Example: "60s",
			Doc: "How long after its begin a creation whose answer was lost may still take effect. It is repeated only then."},
		{Name: "models", Type: TypeBlock, List: true, Keys: modelBlock, Otherwise: "all models of the kind, both ways",
			Doc: "Changes the defaults of the binding models that it names; the others stay as they are."},
	}

	modelBlock = []Key{
		{Name: "model", Type: TypeText, Required: true, Example: "trello.card", Doc: "The binding model."},
		{Name: "direction", Type: TypeText, Enum: directions, Default: string(DirectionBoth),
			Doc: "Which way records cross: `import` into Odoo only, `export` to the backend only, `off` for neither."},
		{Name: "domain", Type: TypeDomain, Example: `[["priority", "=", "1"]]`, Otherwise: "all records",
			Doc: "Which Odoo records may be created outside: an Odoo domain as lists."},
		{Name: "conflict", Type: TypeText, Enum: conflicts, Default: string(ConflictAsk),
			Doc: "Which side wins where both changed the same field. `ask` writes nothing until a person decides; see `connector review`. " +
				"`newest` goes by when each record as a whole was last changed; where the backend does not tell, or both say the same, Odoo wins."},
		{Name: "on_leave", Type: TypeText, Enum: leaves, Default: string(LeaveKeep),
			Doc: "What becomes of a bound record that leaves the domain: `keep` keeps it in step, `retire` leaves it alone until it comes back."},
		{Name: "fields", Type: TypeBlock, List: true, Keys: fieldBlock,
			Doc: "Pairs of fields beside those that the system maps by itself; `connector fields MODEL` lists what there is."},
	}

	fieldBlock = []Key{
		{Name: "odoo", Type: TypeText, Required: true, Example: "allocated_hours",
			Doc: "The technical name of the Odoo field. A pair of this field that the system has is replaced."},
		{Name: "external", Type: TypeText, Example: `"custom:Effort"`, Otherwise: "made by `import`", Doc: "The external field."},
		{Name: "direction", Type: TypeText, Enum: directions, Otherwise: "the model's",
			Doc: "Which way the field crosses; `off` takes the system's own pair out."},
		{Name: "modifiers", Type: TypeText, List: true, Example: "[trimmed, upper]", Doc: "What is done to both sides' values, in this order."},
		{Name: "values", Type: TypeBlock, List: true, Keys: translationBlock, Example: `[{odoo: "1", external: High}]`,
			Doc: "A table that translates values both ways."},
		{Name: "default", Type: TypePlain, Example: "Normal", Doc: "What an empty external field stands for in Odoo."},
		{Name: "only_create", Type: TypeTruth, Default: "false",
			Doc: "Whether the field is written when a record is created, and left alone afterwards."},
		{Name: "import", Type: TypeText, Example: "upper(value)", Doc: "An expression that converts the external value; see [Trello](trello.md)."},
		{Name: "export", Type: TypeText, Example: "lower(value)", Doc: "An expression that converts Odoo's value."},
		{Name: "create_options", Type: TypeTruth, Default: "false", Doc: "Whether an option that the external field lacks may be added to it."},
	}

	translationBlock = []Key{
		{Name: "odoo", Type: TypePlain, Required: true, Example: `"1"`, Doc: "The value in Odoo."},
		{Name: "external", Type: TypePlain, Required: true, Example: "High", Doc: "The value outside."},
	}

	jobsBlock = []Key{
		{Name: "channels", Type: TypeLines, Otherwise: "no bound but the backends' own", Example: "[root:4, root.trello:2]",
			Doc: "How many slices of jobs run at a time in each channel, as OCA's queue_job writes it. A backend's own channel, `root.NAME`, has room for one."},
		{Name: "retry_pattern", Type: TypeRetry, Example: "{1: 10s, 5: 1m, 10: [5m, 15m]}", Otherwise: "that of the queue",
			Doc: "From which attempt on a failed one is repeated after how long; of two times, after some time between them."},
		{Name: "functions", Type: TypeBlock, List: true, Keys: functionBlock, Doc: "The defaults of job functions."},
		{Name: "retention", Type: TypeBlock, List: true, Keys: retentionBlock,
			Doc: "How long finished jobs are kept where that differs from the default."},
	}

	functionBlock = []Key{
		{Name: "name", Type: TypeText, Required: true, Example: "export_record", Doc: "The job function."},
		{Name: "channel", Type: TypeText, Example: "root.trello", Otherwise: "the backend's own",
			Doc: "A channel of `channels`, or a backend's own."},
		{Name: "retry_pattern", Type: TypeRetry, Example: "{1: 1m}", Otherwise: "the queue's", Doc: "As the queue's `retry_pattern`."},
		{Name: "time_limit", Type: TypeSpan, Min: short(minTimeout), Max: short(maxTimeLimit), Example: "5m", Otherwise: "none",
			Doc: "How long a run may take."},
		{Name: "max_retries", Type: TypeWhole, Min: "0", Max: strconv.Itoa(maxRetries), Example: "10", Otherwise: "the function's own",
			Doc: "How many attempts may be spent; 0 for any number."},
		{Name: "priority", Type: TypeWhole, Min: "1", Max: strconv.Itoa(maxPriority), Example: "5", Otherwise: "the function's own",
			Doc: "A low number is early."},
	}

	retentionBlock = []Key{
		{Name: "state", Type: TypeText, Required: true, Enum: endStates, Doc: "The state in which the jobs ended."},
		{Name: "channel", Type: TypeText, Example: "root.trello", Otherwise: "every channel", Doc: "The channel, with those below it."},
		{Name: "keep", Type: TypeKeep, Required: true, Max: short(maxKeepDays * day), Example: "30d", Doc: "How long after their end the jobs stay."},
	}

	scheduledBlock = []Key{
		{Name: "name", Type: TypeName, Required: true, Example: "night", Doc: "What `connector schedule run NAME` calls it."},
		{Name: "run", Type: TypeText, Required: true, Example: "sync", Doc: "What it does."},
		{Name: "backends", Type: TypeText, List: true, Example: "[trello]", Otherwise: "all backends", Doc: "The backends that it works on."},
		{Name: "at", Type: TypeText, Example: `"0 3 * * *"`,
			Doc: "When it runs: minute, hour, day, month, weekday, as cron has them, or `@daily` and the like. Give it or `every`."},
		{Name: "every", Type: TypeSpan, Min: short(minEvery), Max: short(maxEvery), Example: "5m", Doc: "The interval in which it runs."},
		{Name: "time_zone", Type: TypeText, Example: "Europe/Brussels", Otherwise: "the machine's own", Doc: "The time zone of `at`."},
		{Name: "jitter", Type: TypeSpan, Min: "0s", Max: short(maxJitter), Default: "0s", Example: "10m",
			Doc: "How much later it may run, so that not all machines call at once."},
		{Name: "models", Type: TypeText, List: true, Example: "[trello.card]", Otherwise: "all models",
			Doc: "The binding models that a sync looks at, as `connector sync --model` does. This and the keys below are for `run: sync` alone."},
		{Name: "direction", Type: TypeText, Enum: oneWay, Example: "import", Otherwise: "both",
			Doc: "The one way that a sync goes, as `--direction` does: into Odoo or out of it."},
		{Name: "limit", Type: TypeWhole, Min: "1", Example: "100", Otherwise: "as many as there are",
			Doc: "How many records of each backend a sync writes at most, as `--limit` does."},
		{Name: "full", Type: TypeTruth, Default: "false", Example: "true",
			Doc: "Whether a sync reads everything, whenever it was written, and compares every pair anew, as `--full` does: once a night, say."},
	}

	notifyBlock = []Key{
		{Name: "name", Type: TypeName, Required: true, Example: "ops", Doc: "What `connector notify test NAME` calls it."},
		{Name: "on", Type: TypeText, List: true, Enum: NotifyEvents(), Default: "[failed, schedule, outage, stuck]",
			Doc: "The events that it is told of."},
		{Name: "digest", Type: TypeSpan, Min: "0s", Max: short(maxDigest), Default: short(DefaultDigest),
			Doc: "What comes within this time of a message is gathered for the next one."},
		{Name: "command", Type: TypeText, List: true, Example: "[/usr/local/bin/page, connector]",
			Doc: "A program with its arguments; it reads the message on its standard input."},
		{Name: "webhook", Type: TypeSecret, Example: "{env: CHAT_URL}", Doc: "A URL that the message is posted to as JSON."},
		{Name: "email", Type: TypeBlock, Keys: emailBlock, Doc: "A letter."},
		{Name: "ping", Type: TypeSecret, Example: "{file: ping.url}",
			Doc: "The URL of a dead man's switch, as healthchecks.io has them: it is told when a run begins and how it ends."},
		{Name: "runs", Type: TypeText, List: true, Enum: NotifyRuns(), Otherwise: "[sync], for a ping", Example: "[sync, poll]",
			Doc: "The commands whose runs `ping` is told of."},
	}

	emailBlock = []Key{
		{Name: "to", Type: TypeText, List: true, Required: true, Example: "[ops@example.com]", Doc: "The addresses."},
		{Name: "from", Type: TypeText, Required: true, Example: "connector@example.com", Doc: "The address that letters come from."},
		{Name: "server", Type: TypeText, Required: true, Example: `"smtp.example.com:587"`, Doc: "HOST:PORT of the server that takes letters."},
		{Name: "security", Type: TypeText, Enum: securities, Default: "starttls", Doc: "How the server is spoken to."},
		{Name: "username", Type: TypeText, Example: "connector", Otherwise: "nobody logs in", Doc: "Who logs in to the server."},
		{Name: "password", Type: TypeSecret, Example: "{env: SMTP_PASSWORD}", Doc: "The password of `username`."},
	}

	secretBlock = []Key{
		{Name: "env", Type: TypeText, Example: "ODOO_PASSWORD", Doc: "The environment variable that holds it."},
		{Name: "file", Type: TypePath, Example: "odoo.key",
			Doc: "The file that holds it, relative to the configuration. Nobody but the connector's user should be able to read it (mode 0600)."},
		{Name: "command", Type: TypeText, List: true, Example: "[pass, show, odoo]",
			Doc: "A program, with its arguments, that prints it. No shell is used."},
		{Name: "credential", Type: TypeText, Example: "odoo",
			Doc: "The name of a credential that systemd hands to the service (`LoadCredential=`, `SetCredentialEncrypted=`), " +
				"a file in $CREDENTIALS_DIRECTORY."},
	}
)

var (
	topKeys         = namesOf(topBlock)
	stateKeys       = namesOf(stateBlock)
	odooKeys        = namesOf(odooBlock)
	backendKeys     = namesOf(backendBlock)
	modelKeys       = namesOf(modelBlock)
	fieldKeys       = namesOf(fieldBlock)
	translationKeys = namesOf(translationBlock)
	jobsKeys        = namesOf(jobsBlock)
	functionKeys    = namesOf(functionBlock)
	retentionKeys   = namesOf(retentionBlock)
	scheduledKeys   = namesOf(scheduledBlock)
	narrowingKeys   = []string{"models", "direction", "limit", "full"} // of an entry of the schedule
	notifyKeys      = namesOf(notifyBlock)
	emailKeys       = namesOf(emailBlock)
	secretKeys      = namesOf(secretBlock)
)
