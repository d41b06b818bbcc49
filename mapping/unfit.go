package mapping

// UnfitError is what a Field's ToExternal returns for a value that the external side cannot take as it
// is: a text that is too long for it, a record that only its author may change. The field waits for a
// person; the record's other fields go on.
type UnfitError struct {
	Field  string // filled in by the mapper
	Reason string // one sentence for people, with what to do
	// Optional says that a record can be created outside without the field; else it is not created.
	Optional bool
}

// Error is the reason.
func (e *UnfitError) Error() string { return e.Reason }
