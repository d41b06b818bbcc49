package state

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// explain types what the server said, and what became of the connection to it.
func (e *postgresEngine) explain(err error) error {
	var corrupt *CorruptError
	var unavailable *UnavailableError
	if err == nil || errors.As(err, &corrupt) || errors.As(err, &unavailable) || errors.Is(err, context.Canceled) {
		return err
	}
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return e.explainAnswer(said, err)
	}
	var connecting *pgconn.ConnectError
	switch {
	case errors.As(err, &connecting):
		return e.trouble(Unreachable, "cannot be reached ("+causeOf(err)+")", hintStart, err)
	case isBroken(err):
		return e.trouble(ConnectionLost, "broke off the connection ("+causeOf(err)+")",
			"try again; whether the last transaction was committed is not known", err)
	default:
		return err
	}
}

const hintStart = "start the server or check the network, and check `state:`"

// explainAnswer sorts the server's errors by their SQLSTATE (PostgreSQL's manual, appendix A). What is no matter of the
// database as a whole, such as a broken constraint, stays as it is.
func (e *postgresEngine) explainAnswer(said *pgconn.PgError, err error) error {
	switch said.Code {
	case "28P01", "28000": // invalid_password, invalid_authorization_specification
		return e.trouble(Denied, "refused the user ("+said.Message+")", "check user and password of `state:`, PGPASSWORD or ~/.pgpass, and the server's pg_hba.conf", err)
	case "42501": // insufficient_privilege
		return e.trouble(Denied, "keeps this from its user ("+said.Message+")",
			"let its owner run GRANT CREATE ON DATABASE, or make the schema and give it to the user", err)
	case "25006": // read_only_sql_transaction
		return e.trouble(Denied, "may only be read", "name the primary server in `state:`, not a standby", err)
	case "3D000", "3F000": // invalid_catalog_name, invalid_schema_name
		return e.trouble(NoDatabase, "is not there ("+said.Message+")", "create it (createdb), or check `state:`", err)
	case "53100": // disk_full
		return e.trouble(DiskFull, "has a full disk", "free some space on the server and try again; what was committed before is safe", err)
	case "58030": // io_error
		return e.trouble(BadDisk, "has a failing disk ("+said.Message+")", "check the server's disk", err)
	case "55P03", "57014", "40P01", "40001": // lock_not_available, query_canceled, deadlock_detected, serialization_failure
		return e.trouble(Locked, "is held locked by another program, or too slow ("+said.Message+")",
			"see pg_stat_activity for who holds it, and try again", err)
	case "XX001", "XX002": // data_corrupted, index_corrupted
		return &CorruptError{Path: e.shown, Reason: "is damaged (" + said.Message + ")", Hint: "restore a copy of it", Err: err}
	}
	switch said.Code[:min(2, len(said.Code))] {
	case "53": // insufficient_resources: too many connections, out of memory
		return e.trouble(Unreachable, "cannot take more ("+said.Message+")", "raise max_connections, or run fewer programs", err)
	case "57", "08": // operator_intervention: shut down, starting up; connection_exception
		return e.trouble(Unreachable, "is not ready ("+said.Message+")", hintStart, err)
	case "25": // 25P03 idle_in_transaction_session_timeout
		if said.Code == "25P03" {
			return e.trouble(ConnectionLost, "ended a transaction that stood still", "try again; nothing of it was written", err)
		}
	}
	return err
}

func (e *postgresEngine) trouble(t Trouble, reason, hint string, err error) error {
	return &UnavailableError{Path: e.shown, Trouble: t, Reason: reason, Hint: hint, Err: err}
}

// isBroken tells whether a connection ended in the middle.
func isBroken(err error) bool {
	var network net.Error
	for _, broken := range []error{
		io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, pgconn.ErrConnClosed, driver.ErrBadConn, sql.ErrConnDone,
		syscall.EPIPE, syscall.ECONNRESET, context.DeadlineExceeded,
	} {
		if errors.Is(err, broken) {
			return true
		}
	}
	return errors.As(err, &network)
}

// causeOf gives the last words of the network, which hold no address and no name of a user.
func causeOf(err error) string {
	var dns *net.DNSError
	var number syscall.Errno
	switch {
	case errors.As(err, &dns):
		return "the name " + dns.Name + " is not known"
	case errors.As(err, &number):
		return number.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "it did not answer in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "unexpected end"
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// isPostgresUnique tells whether a statement would have made a second row of a key.
func isPostgresUnique(err error) bool {
	var said *pgconn.PgError
	return errors.As(err, &said) && said.Code == "23505" // unique_violation
}
