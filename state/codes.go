package state

// codes of the troubles of an UnavailableError; connector explain tells what each means.
var codes = map[Trouble]string{
	NoDirectory:    "CON-STATE-DIRECTORY",
	NoFile:         "CON-STATE-FILE",
	Denied:         "CON-STATE-DENIED",
	DiskFull:       "CON-STATE-FULL",
	Locked:         "CON-STATE-LOCKED",
	BadDisk:        "CON-STATE-DISK",
	OlderSchema:    "CON-STATE-OLDER",
	NoDatabase:     "CON-STATE-DATABASE",
	NoState:        "CON-STATE-NONE",
	Unreachable:    "CON-STATE-UNREACHABLE",
	ConnectionLost: "CON-STATE-LOST",
}

// Code is the code of the trouble.
func (e *UnavailableError) Code() string {
	if e.Refused() {
		return "CON-STATE-401"
	}
	return codes[e.Trouble]
}

// Code is that of a state which a newer program wrote.
func (*NewerSchemaError) Code() string { return "CON-STATE-NEWER" }

// Code is that of a state which cannot be used as it is.
func (*CorruptError) Code() string { return "CON-STATE-CORRUPT" }

// Code is that of a URL which cannot be a state's.
func (*LocationError) Code() string { return "CON-STATE-URL" }

// Code is that of a target which holds something.
func (*NotEmptyError) Code() string { return "CON-STATE-NOTEMPTY" }

// Code is that of a file which is there already.
func (*FileExistsError) Code() string { return "CON-STATE-EXISTS" }

// Code is that of a lock which another has.
func (*LockedError) Code() string { return "CON-LOCK-HELD" }
