package explain

var jobsCodes = []Entry{
	{
		Code: "CON-JOBS-FAILED", Exit: FailedJobs,
		What:   "The run did what it could, and some jobs failed; each record fails alone.",
		Causes: []string{"each failed job says its own"},
		Do: []string{
			"see what they have in common: `connector jobs errors`",
			"mend the cause and put them back: `connector jobs retry --state failed`",
		},
		See: []string{"jobs errors", "jobs list --state failed"},
	},
	{
		Code: "CON-JOBS-LEFTALONE", Exit: FailedJobs,
		What:   "Some of the chosen jobs could not be changed; with not a single one changed it ends with 2.",
		Causes: []string{"a job runs, or is in a state that does not allow it"},
		Do:     []string{"look at the jobs that are named"},
		See:    []string{"jobs list"},
	},
	{
		Code: "CON-JOBS-UNKNOWN", Exit: Usage,
		What:   "There is no job of this number.",
		Causes: []string{"it ended long ago and was deleted (keep: of the configuration, jobs prune)", "another state is in use than you think"},
		Do:     []string{"look for it by its record"},
		See:    []string{"jobs list", "config path"},
	},
	{
		Code: "CON-JOBS-STATE", Exit: Usage,
		What:   "The job is in a state that does not allow this.",
		Causes: []string{"it runs right now", "it is done already", "another job for the same record waits already"},
		Do:     []string{"wait for its end, or look at it"},
		See:    []string{"jobs show N"},
	},
	{
		Code: "CON-JOBS-DEPENDENTS", Exit: Usage,
		What:   "Other jobs depend on this one, so it cannot be deleted alone.",
		Causes: []string{"a card's job waits for the job of its list or board"},
		Do:     []string{"delete them along: `connector jobs delete N --cascade`"},
		See:    []string{"jobs graph N"},
	},
	{
		Code: "CON-JOBS-DEPENDENCY", Exit: FailedJobs,
		What:   "The job waits for one that failed.",
		Causes: []string{"the record that this one needs (a board, a list) could not be synchronized"},
		Do:     []string{"mend the one that failed and put it back; this one goes on by itself"},
		See:    []string{"jobs show N", "jobs graph N"},
	},
}

var queueCodes = []Entry{
	{
		Code: "CON-JOBS-FUNCTION", Exit: FailedJobs,
		What:   "This program has no function of the job's name.",
		Causes: []string{"the job was enqueued by another version, or by a program with a system that this one lacks"},
		Do:     []string{"run it with that program, or delete the job: the next sync finds the change again"},
		See:    []string{"jobs show N", "version"},
	},
	{
		Code: "CON-JOBS-ARGS", Exit: FailedJobs,
		What:   "The job's arguments do not fit its function.",
		Causes: []string{"the job was enqueued by another version of this program"},
		Do:     []string{"run it with that version, or delete the job: the next sync finds the change again"},
		See:    []string{"jobs show N", "version"},
	},
	{
		Code: "CON-JOBS-CYCLE", Exit: FailedJobs,
		What:   "Jobs would wait for each other in a circle.",
		Causes: []string{"records that refer to each other, such as two tasks that are each other's parent"},
		Do:     []string{"take one of the references out, and put the job back: `connector jobs retry N`"},
		See:    []string{"jobs graph N"},
	},
	{
		Code: "CON-JOBS-WAIT", Exit: FailedJobs,
		What:   "The job waited for others again and again, which were done, and still misses something.",
		Causes: []string{"the record that it needs is left out: by a domain, a board that is not named, a missing right"},
		Do:     []string{"let the other record take part, and put the job back: `connector jobs retry N`"},
		See:    []string{"jobs show N", "jobs graph N"},
	},
	{
		Code: "CON-JOBS-TIME", Exit: FailedJobs,
		What:   "The job ran longer than its time limit.",
		Causes: []string{"a server that answers very slowly", "a very large file"},
		Do:     []string{"raise the time limit under jobs: of the configuration, and put the job back: `connector jobs retry N`"},
		See:    []string{"jobs show N"},
	},
	{
		Code: "CON-JOBS-KILLED", Exit: FailedJobs,
		What:   "The process died several times with only this job in hand.",
		Causes: []string{"the job needs more memory than there is, and the kernel ended the process", "a mistake of the program"},
		Do:     []string{"look at the kernel's messages: `dmesg`", "put it back: `connector jobs retry N`; report it if it happens again"},
		See:    []string{"jobs show N"},
	},
	{
		Code: "CON-JOBS-LOST", Exit: Internal,
		What:   "A worker was taken for dead, and its jobs were given to others; nothing is lost and nothing done twice.",
		Causes: []string{"the machine or virtual machine stood still for a while", "a clock that jumped", "a state that hung for long"},
		Do:     []string{"nothing, if it happens once; start the worker again"},
		See:    []string{"jobs workers"},
	},
}

var recordCodes = []Entry{
	{
		Code: "CON-MAPPING-UNFIT", Exit: FailedJobs,
		What:   "The other side cannot take the value as it is; the record's other fields went on.",
		Causes: []string{"a text that is too long, a number that is none, a record that only its author may change"},
		Do:     []string{"correct the value, or decide the review"},
		See:    []string{"review list"},
	},
	{
		Code: "CON-MAPPING-MISSING", Exit: FailedJobs,
		What:   "A field needs a record that is not bound.",
		Causes: []string{"the other record does not take part: another board, a domain, a missing right", "a field is empty that the other side demands"},
		Do:     []string{"let the other record take part, or fill the field in"},
		See:    []string{"jobs show N", "bindings list"},
	},
	{
		Code: "CON-MAPPING-FIELD", Exit: FailedJobs,
		What:   "A field of the record could not be mapped.",
		Causes: []string{"a value that the mapper does not know", "a mapper of your own that fails"},
		Do:     []string{"correct the value, or the mapping under fields: of the configuration"},
		See:    []string{"jobs show N"},
	},
	{
		Code: "CON-BINDING-DUPLICATE", Exit: Internal,
		What:   "One of two records is bound to a third one already.",
		Causes: []string{"the same record was bound by hand, or by another program, meanwhile"},
		Do:     []string{"look at both bindings"},
		See:    []string{"bindings list"},
	},
	{
		Code: "CON-BINDING-PAIR", Exit: Usage,
		What:   "Two records cannot be bound to each other by hand.",
		Causes: []string{"one of the two does not exist, or is bound already", "they are of another model than the binding model pairs"},
		Do:     []string{"look at the bindings that there are; `connector bindings unlink` takes one away"},
		See:    []string{"bindings list"},
	},
	{
		Code: "CON-REVIEW-DECISION", Exit: Usage,
		What:   "The review cannot be decided in this way.",
		Causes: []string{"it was decided meanwhile", "the record exists on one side only"},
		Do:     []string{"look at it: the line says what is possible"},
		See:    []string{"review list"},
	},
	{
		Code: "CON-REVIEW-SEVERAL", Exit: FailedJobs,
		What:   "A request's answer was lost, and more than one record may be what it made; nothing is created once more.",
		Causes: []string{"a connection that broke during a creation, and records of the same name"},
		Do:     []string{"choose the right one in the review"},
		See:    []string{"review list"},
	},
	{
		Code: "CON-BACKEND-MODEL", Exit: FailedJobs,
		What:   "A job names a binding model that the backend's version does not have.",
		Causes: []string{"another version of this program enqueued it, or the backend's version: was changed"},
		Do:     []string{"run it with that version, or cancel it: a sync finds by itself what it was for, where the model is still there under another name"},
		See:    []string{"jobs show N", "jobs cancel N"},
	},
	{
		Code: "CON-BACKEND-UNIT", Exit: Internal,
		What:   "The system has no unit that a binding model needs.",
		Causes: []string{"a version of a system of your own that is not complete"},
		Do:     []string{"register the unit that the line names"},
	},
}

var sideCodes = []Entry{
	{
		Code: "CON-METRICS-FILE", Exit: Environment,
		What:   "The file with the metrics could not be written; the run itself was done.",
		Causes: []string{"the directory does not exist, or this user may not write into it"},
		Do:     []string{"name a file in a directory that this user may write to"},
		See:    []string{"metrics"},
	},
	{
		Code: "CON-METRICS-BUSY", Exit: Environment,
		What:   "Another program listens on the address of the metrics.",
		Causes: []string{"another worker on this machine", "a port that another program has"},
		Do:     []string{"name another port with --listen"},
	},
	{
		Code: "CON-NOTIFY-SEND", Exit: Environment,
		What:   "Somebody could not be notified; the run itself was done.",
		Causes: []string{"the receiver's server does not answer or refuses", "the command of the receiver failed"},
		Do:     []string{"try it: `connector notify test NAME`"},
		See:    []string{"notify list"},
	},
	{
		Code: "CON-SERVICE-EDITED", Exit: Usage,
		What:   "A unit of systemd was edited since it was written, or is somebody else's; it is not overwritten.",
		Causes: []string{"somebody changed the file by hand"},
		Do:     []string{"put the changes into a drop-in (systemctl edit), or use --force"},
		See:    []string{"service status"},
	},
	{
		Code: "CON-SERVICE-ABSENT", Exit: Usage,
		What: "The service is not installed, so that there is no status of it.",
		Causes: []string{
			"it was installed for the user and is looked for on the machine, or the reverse (--user)",
			"it was installed for another command or configuration",
		},
		Do:  []string{"install it: `connector service install`"},
		See: []string{"service install"},
	},
	{
		Code: "CON-SANDBOX-JOURNAL", Exit: Internal,
		What:   "The sandbox's journal cannot be read.",
		Causes: []string{"it is of another version of this program", "it was edited"},
		Do:     []string{"delete the sandbox's folder, which the line names, and the state that belongs to it"},
	},
	{
		Code: "CON-SANDBOX-NOTEMPTY", Exit: Usage,
		What:   "The sandbox was begun with demo data and cannot be opened as an empty one.",
		Causes: []string{"the same folder was used before"},
		Do:     []string{"choose another folder, or delete this one"},
	},
}
