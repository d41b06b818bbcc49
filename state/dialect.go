package state

import "strings"

// Dialect is the kind of database that a state lives in, with the few expressions that SQLite and PostgreSQL write
// differently. All other SQL stays in what they share: `?` marks an argument on both, instants are integers, JSON is
// text, and true and false are 1 and 0.
type Dialect string

// The dialects.
const (
	SQLite     Dialect = "SQLite"
	PostgreSQL Dialect = "PostgreSQL"
)

// Greatest gives the expression for the greatest of the expressions, none of which may be NULL.
func (d Dialect) Greatest(expressions ...string) string {
	return d.pick("MAX", "GREATEST") + "(" + strings.Join(expressions, ", ") + ")"
}

// Least gives the expression for the least of the expressions, none of which may be NULL.
func (d Dialect) Least(expressions ...string) string {
	return d.pick("MIN", "LEAST") + "(" + strings.Join(expressions, ", ") + ")"
}

// TextsOf gives a query of one column, value, with the texts of a JSON array: `external_id IN (` + d.TextsOf("?") + `)`
// takes any number of them as one argument.
func (d Dialect) TextsOf(array string) string {
	return d.pick(
		"SELECT value FROM json_each("+array+")",
		"SELECT value FROM json_array_elements_text(CAST("+array+" AS json)) AS element (value)",
	)
}

// IntegersOf is [Dialect.TextsOf] for an array of integers.
func (d Dialect) IntegersOf(array string) string {
	return d.pick(
		"SELECT value FROM json_each("+array+")",
		"SELECT CAST(value AS BIGINT) AS value FROM json_array_elements_text(CAST("+array+" AS json)) AS element (value)",
	)
}

// Unnest gives, on PostgreSQL alone, a table of rows that come as one argument for each column, a []string or an []int64: one short
// statement serves any number of them, and stays prepared. SQLite, where nothing is sent, takes rows of marks.
func (d Dialect) Unnest(table string, columns ...string) string {
	return "unnest(" + strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ") + ") AS " + table + " (" + strings.Join(columns, ", ") + ")"
}

// JSONText gives the expression for the text or number under a key of a JSON object, as text; NULL where it is absent.
// The key is a plain word.
func (d Dialect) JSONText(object, key string) string {
	return d.pick("CAST(json_extract("+object+", '$."+key+"') AS TEXT)", "(CAST("+object+" AS json) ->> '"+key+"')")
}

func (d Dialect) pick(sqlite, postgres string) string {
	if d == PostgreSQL {
		return postgres
	}
	return sqlite
}
