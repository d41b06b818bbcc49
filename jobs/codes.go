package jobs

// Code is that of a job which there is none of.
func (*NotFoundError) Code() string { return "CON-JOBS-UNKNOWN" }

// Code is that of something that a job's state doesn't allow.
func (*RefusedError) Code() string { return "CON-JOBS-STATE" }

// Code is that of something that a job's state doesn't allow.
func (*TransitionError) Code() string { return "CON-JOBS-STATE" }

// Code is that of something that a job's state doesn't allow.
func (*TwinError) Code() string { return "CON-JOBS-STATE" }

// Code is that of a job which others depend on.
func (*DependentsError) Code() string { return "CON-JOBS-DEPENDENTS" }

// Code is that of a filter which cannot be used.
func (*FilterError) Code() string { return "CON-USAGE-VALUE" }

// Code is that of channels which cannot be read.
func (*ChannelsError) Code() string { return "CON-USAGE-VALUE" }

// Code is that of a retry pattern which cannot be read.
func (*RetryPatternError) Code() string { return "CON-USAGE-VALUE" }

// Code is that of arguments which don't fit the function.
func (*ArgsError) Code() string { return "CON-JOBS-ARGS" }

// Code is that of a function which this program doesn't have.
func (*NoHandlerError) Code() string { return "CON-JOBS-FUNCTION" }

// Code is that of jobs which would wait for each other.
func (*CycleError) Code() string { return "CON-JOBS-CYCLE" }

// Code is that of a job which waiting doesn't help.
func (*WaitError) Code() string { return "CON-JOBS-WAIT" }

// Code is that of a job which ran too long.
func (*TimeLimitError) Code() string { return "CON-JOBS-TIME" }

// Code is that of a job whose worker died.
func (*KilledWorkerError) Code() string { return "CON-JOBS-KILLED" }

// Code is that of a job which another worker has now.
func (*LostError) Code() string { return "CON-JOBS-LOST" }

// Code is that of a worker which was taken for dead.
func (*LeaseError) Code() string { return "CON-JOBS-LOST" }

// Code is that of a mistake of the program.
func (*PanicError) Code() string { return "CON-INTERNAL-PANIC" }

// codeDependency is the kind of failure of a job that waits for one that failed.
const codeDependency = "CON-JOBS-DEPENDENCY"
