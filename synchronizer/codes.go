package synchronizer

// Code is that of a group which the Odoo user is not in.
func (*DeniedError) Code() string { return "CON-ODOO-GROUP" }

// Code is that of bindings to another database.
func (*MovedError) Code() string { return "CON-ODOO-MOVED" }

// Code is that of a domain which fits no model of this Odoo.
func (*DomainError) Code() string { return "CON-CONFIG-DOMAIN" }

// Code is that of two records which cannot be bound.
func (*PairError) Code() string { return "CON-BINDING-PAIR" }

// Code is that of a decision which doesn't fit its review.
func (*DecisionError) Code() string { return "CON-REVIEW-DECISION" }

// Code is that of several records which may be the one that was made.
func (*severalError) Code() string { return "CON-REVIEW-SEVERAL" }
