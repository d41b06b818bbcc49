package explain

import "slices"

// Framework is what is known of the codes that the program has whatever systems it connects.
func Framework() []Entry {
	return slices.Concat(configCodes, usageCodes, netCodes, httpCodes, odooCodes, odooCallCodes, stateCodes, storeCodes, jobsCodes,
		queueCodes, recordCodes, sideCodes, runCodes)
}

var configCodes = []Entry{
	{
		Code: "CON-CONFIG-FILE", Exit: Usage,
		What: "The configuration file cannot be read.",
		Causes: []string{
			"it is at another place than where it was looked for",
			"the name is that of a directory",
			"this user may not read it",
		},
		Do: []string{
			"name the file with --config, or in the environment variable CONNECTOR_CONFIG",
			"make one: `connector config init` asks for all that it needs",
		},
		See: []string{"config path"},
	},
	{
		Code: "CON-CONFIG-YAML", Exit: Usage,
		What: "The configuration file is not YAML that can be understood.",
		Causes: []string{
			"a tab in the indentation",
			"a text that holds a colon, a comma, a bracket or # without quotes",
			"a bracket or a quote that is not closed",
		},
		Do: []string{
			"look at the line that is named, and at the one before it",
			"indent with spaces, and put texts with such characters in quotes",
		},
	},
	{
		Code: "CON-CONFIG-KEY", Exit: Usage,
		What:   "The configuration has a key that nothing reads; it would have no effect, so it is refused.",
		Causes: []string{"it is misspelt", "it stands at another place than where it belongs", "it is of a newer version of this program"},
		Do:     []string{"take the name that the line offers, or take the key out"},
	},
	{
		Code: "CON-CONFIG-INVALID", Exit: Usage,
		What:   "config validate found errors; they are printed.",
		Causes: []string{"each error says its own, with file, line and path"},
		Do:     []string{"correct them from the top down: one may bring others along"},
		See:    []string{"config validate"},
	},
	{
		Code: "CON-CONFIG-REQUIRED", Exit: Usage,
		What:   "The configuration lacks a key that is needed, or gives it no value.",
		Causes: []string{"the key was forgotten", "the value stands on the next line and is not indented"},
		Do:     []string{"add the key below the one that the line names"},
	},
	{
		Code: "CON-CONFIG-VALUE", Exit: Usage,
		What: "The configuration gives a value that cannot be used.",
		Causes: []string{
			"it is of another type: a number where a text is expected, one value where a list is",
			"a name that there is none of, or that is there twice",
			"a time span without its unit",
		},
		Do: []string{"correct the value at the line and path that are named; the line says what is expected"},
	},
	{
		Code: "CON-CONFIG-SECRET", Exit: Usage,
		What: "A password, key or token could not be fetched from where the configuration points.",
		Causes: []string{
			"the environment variable is not set in this environment: cron and systemd have one of their own",
			"the file is missing, empty, or not readable by this user",
			"the command failed, printed nothing, or asked a question",
		},
		Do: []string{
			"run the command by hand as the user who runs connector, or look at the file as that user",
			"in a systemd unit use LoadCredential= or EnvironmentFile=; in a crontab use {file: …}",
		},
	},
	{
		Code: "CON-CONFIG-CERTIFICATE", Exit: Usage,
		What:   "The file of ca_file cannot be used.",
		Causes: []string{"the path is wrong, or this user may not read it", "it is a key, or in DER form, not a certificate in PEM form"},
		Do: []string{
			"look at it: `openssl x509 -in FILE -noout -subject`",
			"turn DER into PEM: `openssl x509 -inform der -in FILE -out FILE.pem`",
		},
		See: []string{"doctor"},
	},
	{
		Code: "CON-CONFIG-DOMAIN", Exit: Usage,
		What:   "A domain: of the configuration does not fit the model in this Odoo.",
		Causes: []string{"the field is of another version of Odoo, or of a module that is not installed", "the value is of another type than the field"},
		Do:     []string{"correct the condition that is named; Odoo shows technical names in developer mode"},
		See:    []string{"doctor"},
	},
}

var usageCodes = []Entry{
	{
		Code: "CON-USAGE-COMMAND", Exit: Usage,
		What:   "The command line cannot be understood, or asks for something that cannot be done.",
		Causes: []string{"a flag or command is misspelt, or of another version", "flags exclude each other, or one is missing", "there is no state yet"},
		Do:     []string{"look at the command's help, with --help"},
	},
	{
		Code: "CON-USAGE-NAME", Exit: Usage,
		What:   "A name of the command line is not in the configuration.",
		Causes: []string{"it is misspelt", "another configuration file is in use than you think"},
		Do:     []string{"take one of the names that the line offers"},
		See:    []string{"config path", "schedule list"},
	},
	{
		Code: "CON-USAGE-VALUE", Exit: Usage,
		What:   "A value of the command line cannot be used.",
		Causes: []string{"it is misspelt, or in another form than expected"},
		Do:     []string{"write it as the line says; the command's help has examples"},
	},
	{
		Code: "CON-USAGE-ADDRESS", Exit: Usage,
		What:   "Nothing can be served at this address.",
		Causes: []string{"it is not HOST:PORT", "it can be reached from other machines, and nobody is asked for a password there"},
		Do:     []string{"use 127.0.0.1:PORT, or 127.0.0.1:0 for any free port"},
	},
}

var runCodes = []Entry{
	{
		Code: "CON-RUN-STOPPED", Exit: Interrupted,
		What:   "A signal stopped the command: 130 for SIGINT (Ctrl-C), 143 for SIGTERM.",
		Causes: []string{"somebody pressed Ctrl-C", "systemd or a script stopped it, or a time limit of theirs ended"},
		Do:     []string{"nothing is lost: the record in hand was finished, and the next run takes the rest"},
		See:    []string{"sync"},
	},
	{
		Code: "CON-LOCK-HELD", Exit: Locked,
		What:   "Another run works on the same backend; two at once would do the same work twice.",
		Causes: []string{"cron started the next run while the one before goes on", "connector work or watch runs as a service"},
		Do: []string{
			"wait for its end; --wait 5m does it for you",
			"if that process hangs, end it with SIGTERM; nothing is lost. The lock ends with its process, so no file needs to be deleted",
		},
		See: []string{"jobs workers", "schedule list"},
	},
	{
		Code: "CON-LOCK-LOST", Exit: Environment,
		What:   "The connection broke that held the lock of a backend in PostgreSQL, and the run stopped itself.",
		Causes: []string{"the PostgreSQL server was restarted", "a firewall cuts connections that are idle"},
		Do:     []string{"run it again: it goes on where this one stopped"},
		See:    []string{"jobs list --state pending"},
	},
	{
		Code: "CON-STATUS-ATTENTION", Exit: FailedJobs,
		What:   "status --check found a backend that needs attention: 3 paused, stale, out or never run, 4 let in no more, 5 failed jobs.",
		Causes: []string{"the table says which backend and why"},
		Do:     []string{"run the command that stands at the end of the line"},
		See:    []string{"status"},
	},
	{
		Code: "CON-DOCTOR-FAILED", Exit: Environment,
		What:   "Checks of doctor failed; with credentials or rights among them it ends with 4.",
		Causes: []string{"each failed check says its own"},
		Do:     []string{"do what stands behind `do:` of the failed checks, from the top down, and run doctor again"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-MACHINE-FAILED", Exit: Environment,
		What:   "This machine refused something: a directory, a file or a port.",
		Causes: []string{"the user has no right to it", "the port is taken by another program", "the disk is full"},
		Do:     []string{"mend what the line names and try again"},
	},
	{
		Code: "CON-INTERNAL-PANIC", Exit: Internal,
		What:   "A mistake of the program; in a job it fails that job alone.",
		Causes: []string{"a case that nobody thought of"},
		Do: []string{
			"report it, with the stack: the line names its file, `connector jobs show N` has a job's",
			"everything that was committed is safe; run it again, and put a failed job back with `connector jobs retry N`",
		},
		See: []string{"jobs list --state failed", "version"},
	},
	{
		Code: "CON-INTERNAL-ERROR", Exit: Internal,
		What:   "An error that the program has no better name for.",
		Causes: []string{"a case that nobody thought of"},
		Do:     []string{"read the line; with --log-level debug it comes with all its causes. Please report it"},
		See:    []string{"version"},
	},
}
