package mapping

// UnfitError is what a Field returns for a value that the other side cannot take as it is: a text that is too
// long for it or no number, a record that only its author may change. The field waits for a person; the
// record's other fields go on.
type UnfitError struct {
	Field  string // filled in by the mapper
	Reason string // one sentence for people, with what to do
	// Optional says that a record can be created outside without the field; else it is not created.
	Optional bool
	// Passing says that it may fit later though the record stays as it is, once something else changes outside.
	Passing bool
}

// Error is the reason.
func (e *UnfitError) Error() string { return e.Reason }

// Code is that of a value which the other side cannot take.
func (*UnfitError) Code() string { return "CON-MAPPING-UNFIT" }
