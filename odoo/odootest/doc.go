// Package odootest is a stateful Odoo for tests and for trying things out: an
// http.Handler that speaks XML-RPC as Odoo 16 to 19 do, with the models that a
// connector of projects meets.
//
// It plays what was measured on real servers, traps included: write_date is the
// time at which a transaction started, a many2one written as a pair is cleared,
// archiving a project archives its tasks, load creates or updates by external
// identifier and is all or nothing. Where versions differ, [Options.Version]
// decides.
//
//	server := odootest.New(odootest.Options{})
//	client := &http.Client{Transport: server.RoundTripper()}
//
// There is no goroutine and no socket unless [Server.Listen] is called; ids are
// counters, nothing depends on chance or on the order of a map. A server may be
// used by many clients at once; each call is one transaction, one after the
// other.
package odootest
