// Package conformance is the one suite that says what an Odoo must do for the connector to work
// with it. Its cases are data, in testdata; README.md tells how to run it and how to add a case.
//
// The tests of this folder run it against odootest in every version, and against a real server
// where the environment names one. Where the two differ, the real server is right.
//
// It stands beside odootest and not inside it, for it needs the session of package odoo, which
// odootest must not know; and it is a folder of its own because its cases say nothing about the
// session's insides.
package conformance
