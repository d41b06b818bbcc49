package explain

var stateCodes = []Entry{
	{
		Code: "CON-STATE-DIRECTORY", Exit: Environment,
		What:   "The directory of the state does not exist.",
		Causes: []string{"a wrong path in state:; a relative one starts at the configuration file", "a disk that is not mounted"},
		Do:     []string{"make the directory for the user who runs connector, or correct state:"},
		See:    []string{"config path"},
	},
	{
		Code: "CON-STATE-FILE", Exit: Usage,
		What:   "There is no state yet, and this command only reads.",
		Causes: []string{"no sync has run yet", "another configuration or path is in use than you think"},
		Do:     []string{"run a sync, which makes it"},
		See:    []string{"config path", "sync"},
	},
	{
		Code: "CON-STATE-DENIED", Exit: Environment,
		What:   "This user may not read or write the state or its directory.",
		Causes: []string{"it was made by another user, as root in a first try", "a file system that is mounted read-only"},
		Do:     []string{"run as the user who owns it, or give it away: `chown USER state.db*`", "SQLite needs to write into the directory, too"},
	},
	{
		Code: "CON-STATE-FULL", Exit: Environment,
		What:   "The disk is full; what was committed before is safe.",
		Causes: []string{"the disk of the state, or a quota of its user"},
		Do:     []string{"free some space: `df -h`", "run it again: it goes on where it stopped, and does nothing twice", "old jobs need not be kept: `connector jobs prune`"},
		See:    []string{"jobs prune --dry-run", "state check"},
	},
	{
		Code: "CON-STATE-LOCKED", Exit: Environment,
		What:   "Another program holds the state locked for longer than is waited for.",
		Causes: []string{"a database browser with an open change", "a backup program that locks files", "a network file system"},
		Do:     []string{"close that program: `fuser -v state.db`", "back it up with `connector state backup`, which locks nobody out"},
	},
	{
		Code: "CON-STATE-DISK", Exit: Environment,
		What:   "The disk or the file system failed.",
		Causes: []string{"a network file system, which cannot hold this file", "a read-only or broken disk"},
		Do:     []string{"look at the kernel's messages: `dmesg`", "move the state to a local disk, or to PostgreSQL: `connector state copy --to URL`"},
		See:    []string{"state check"},
	},
	{
		Code: "CON-STATE-OLDER", Exit: Environment,
		What:   "The state is of an older version of this program, and this command only reads.",
		Causes: []string{"the program was updated, and nothing has run since"},
		Do:     []string{"run a command that writes, such as sync: it brings the state up to date. Back it up before"},
		See:    []string{"state backup", "sync"},
	},
	{
		Code: "CON-STATE-NEWER", Exit: Internal,
		What:   "A newer version of this program wrote the state; this one would not understand it.",
		Causes: []string{"an older binary is in the PATH, or on another machine", "the program was set back to an older version"},
		Do:     []string{"use the newer version again", "or restore the copy from before the update"},
		See:    []string{"version"},
	},
	{
		Code: "CON-STATE-CORRUPT", Exit: Internal,
		What:   "The file is damaged, or no state of this program.",
		Causes: []string{"state: names another file", "a broken disk, a copy made while it was written, a file without its -wal"},
		Do: []string{
			"check the path of state:",
			"restore a backup; what happened since is found again, since both sides are compared",
			"without a backup, `sqlite3 state.db .recover` saves what can still be read",
		},
		See: []string{"state check"},
	},
	{
		Code: "CON-STATE-UNSOUND", Exit: Internal,
		What:   "state check found problems; they are printed.",
		Causes: []string{"a broken disk", "somebody changed the tables by hand"},
		Do:     []string{"restore a backup"},
		See:    []string{"state check"},
	},
}

var storeCodes = []Entry{
	{
		Code: "CON-STATE-URL", Exit: Usage,
		What:   "The URL of the state cannot be used.",
		Causes: []string{"a misspelt scheme, host or option", "a character of the password that needs %40 and the like"},
		Do:     []string{"write it as postgres://USER@HOST:5432/DATABASE, and the password apart"},
		See:    []string{"config path"},
	},
	{
		Code: "CON-STATE-401", Exit: Denied,
		What:   "PostgreSQL does not let the user in, or not write.",
		Causes: []string{"a wrong password", "pg_hba.conf has no line for this user, database and machine", "the user may not create tables in the schema"},
		Do:     []string{"try it with psql and the same URL", "grant the right: `GRANT CREATE ON SCHEMA public TO USER`"},
	},
	{
		Code: "CON-STATE-DATABASE", Exit: Environment,
		What:   "The PostgreSQL server has no such database.",
		Causes: []string{"the name is misspelt", "nobody made it yet"},
		Do:     []string{"make it: `createdb -O USER NAME`"},
	},
	{
		Code: "CON-STATE-NONE", Exit: Usage,
		What:   "There is no state yet, and this command only looks.",
		Causes: []string{"no sync has run yet", "another database or schema is in use than you think"},
		Do:     []string{"run a sync, which makes it"},
		See:    []string{"sync"},
	},
	{
		Code: "CON-STATE-UNREACHABLE", Exit: Environment,
		What:   "The PostgreSQL server cannot be reached, or is not ready.",
		Causes: []string{"it is stopped or starting", "a firewall, or listen_addresses of the server", "it has no connection left"},
		Do:     []string{"try again later; nothing was done"},
	},
	{
		Code: "CON-STATE-LOST", Exit: Environment,
		What:   "The connection to PostgreSQL broke in the middle.",
		Causes: []string{"the server was restarted", "the network"},
		Do:     []string{"run it again: it looks up what took effect, and does nothing twice"},
	},
	{
		Code: "CON-STATE-NOTEMPTY", Exit: Usage,
		What:   "What would be copied to holds something already.",
		Causes: []string{"it is the state of another connector", "the copy was made before"},
		Do:     []string{"name another target, or add --overwrite if what it holds may be thrown away"},
	},
	{
		Code: "CON-STATE-EXISTS", Exit: Usage,
		What:   "There is a file of that name already; it is not overwritten.",
		Causes: []string{"a backup of the same name"},
		Do:     []string{"name a new file, with the date in it"},
	},
}
