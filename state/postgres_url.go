package state

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// connectPatience is how long one server may take to accept a connection.
const connectPatience = 5 * time.Second

// IsURL tells whether a location is the URL of a PostgreSQL database, as postgres://USER@HOST:5432/DATABASE; any other
// is the path of a file.
func IsURL(location string) bool {
	return strings.HasPrefix(location, "postgres://") || strings.HasPrefix(location, "postgresql://")
}

// LocationError says that a URL cannot be that of a state. It doesn't repeat the URL, which may hold a password.
type LocationError struct {
	Reason string // what is wrong with it
	Hint   string // what to do next
}

// Error says what is wrong and what to do.
func (e *LocationError) Error() string { return "the URL of the state " + e.Reason + "; " + e.Hint }

// Usage tells that whoever wrote the URL can mend it.
func (*LocationError) Usage() bool { return true }

var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// newPostgres reads a URL, and what it leaves out from the environment as libpq does.
func newPostgres(location string) (*postgresEngine, error) {
	config, err := pgx.ParseConfig(location)
	if err != nil { // its text may hold a part of the password
		return nil, &LocationError{Reason: "cannot be understood",
			Hint: "write postgres://USER@HOST:5432/DATABASE?search_path=SCHEMA, with %40 and the like for what a URL cannot hold in USER, " +
				"and check that the files exist which it names, as sslrootcert"}
	}
	schema := cmp.Or(config.RuntimeParams["search_path"], defaultSchema)
	if !plainName.MatchString(schema) {
		return nil, &LocationError{Reason: fmt.Sprintf("has the search_path %q", schema),
			Hint: "name one schema, in small letters, digits and _"}
	}
	config.RuntimeParams["search_path"] = schema
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = programName()
	}
	if config.ConnectTimeout == 0 || config.ConnectTimeout > 2*time.Minute { // pgx's own default is as good as none
		config.ConnectTimeout = connectPatience
	}
	config.DefaultQueryExecMode = possibleMode(config)
	return &postgresEngine{config: config, schema: schema, shown: shownURL(config, schema)}, nil
}

// possibleMode gives the way of sending statements that the URL asks for, or where it leaves no room to keep what that takes, the next
// one that takes less: pgx would refuse every statement. Nothing stays prepared on the server in the second, nor the third.
func possibleMode(config *pgx.ConnConfig) pgx.QueryExecMode {
	mode := config.DefaultQueryExecMode
	if mode == pgx.QueryExecModeCacheStatement && config.StatementCacheCapacity <= 0 {
		mode = pgx.QueryExecModeCacheDescribe
	}
	if mode == pgx.QueryExecModeCacheDescribe && config.DescriptionCacheCapacity <= 0 {
		mode = pgx.QueryExecModeDescribeExec
	}
	return mode
}

// programName tells in the server's lists which process of which machine a session belongs to; whoever comes second to
// a lock reads it there.
func programName() string {
	host, _ := os.Hostname() // without a name there is still the number
	if len(host) > 40 {
		host = host[:40] // PostgreSQL keeps 63 bytes
	}
	return fmt.Sprintf("connector %d %s", os.Getpid(), host)
}

// readProgramName gives back what programName wrote.
func readProgramName(name string) (pid int, host string) {
	fields := strings.SplitN(name, " ", 3)
	if len(fields) < 2 || fields[0] != "connector" {
		return 0, ""
	}
	pid, _ = strconv.Atoi(fields[1]) // 0 where it isn't ours
	if len(fields) == 3 {
		host = fields[2]
	}
	return pid, host
}

// shownURL names the database for people, without a password.
func shownURL(config *pgx.ConnConfig, schema string) string {
	u := url.URL{Scheme: "postgres", User: url.User(config.User), Path: "/" + config.Database}
	query := url.Values{"search_path": {schema}}
	if strings.HasPrefix(config.Host, "/") {
		query.Set("host", config.Host)
	} else {
		u.Host = net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
	}
	u.RawQuery = strings.ReplaceAll(query.Encode(), "%2F", "/")
	return u.String()
}
