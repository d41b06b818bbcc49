// Package odootest is a stateful Odoo for tests and for trying things out: an
// http.Handler that speaks the external API as Odoo 16 to 19 do, with the models
// that connectors of projects and shops meet.
//
// It plays what was measured on real servers, traps included: write_date is the
// time at which a transaction started, a many2one written as a pair is cleared,
// archiving a project archives its tasks, load creates or updates by external
// identifier and is all or nothing, a method that answers None is a fault after
// the work was committed. Where versions differ, [Options.Version] decides.
//
//	server := odootest.New(odootest.Options{})
//	client := &http.Client{Transport: server.RoundTripper()}
//
// Fields, access rights and groups are tables read from real servers (fields,
// rights); what a model does beside storing stands in the file of its module. A
// field without a column that this server cannot compute is empty; one that
// clients may write keeps what they wrote. Rights and rules can be changed for a
// test by [Server.Deny], [Server.Allow] and [Server.Rule], and a transaction held
// open by [Server.Hold].
//
// What is not played: messages that Odoo writes by itself (but those of tasks), pickings and invoices of
// orders, variants of attributes, price lists' rules, translated labels and faults,
// ir.model.fields' records; groups are made by one field, dates not by month.
//
// There is no goroutine and no socket unless [Server.Listen] is called; ids are
// counters, nothing depends on chance or on the order of a map. A server may be
// used by many clients at once; each call is one transaction, one after the
// other.
package odootest
