package odoo

// codes of the kinds of Error; connector explain tells what each means.
var codes = map[Kind]string{
	AccessDenied:     "CON-ODOO-401",
	AccessError:      "CON-ODOO-403",
	UserError:        "CON-ODOO-REFUSED",
	ValidationError:  "CON-ODOO-REFUSED",
	MissingError:     "CON-ODOO-RECORD",
	UnknownModel:     "CON-ODOO-MODEL",
	UnknownField:     "CON-ODOO-FIELD",
	UnknownMethod:    "CON-ODOO-METHOD",
	UnknownDatabase:  "CON-ODOO-DATABASE",
	DatabaseDown:     "CON-ODOO-503",
	Serialization:    "CON-ODOO-BUSY",
	ValueError:       "CON-ODOO-VALUE",
	InvalidValue:     "CON-ODOO-VALUE",
	NoneResult:       "CON-ODOO-RESULT",
	LargeResult:      "CON-ODOO-RESULT",
	ServerError:      "CON-ODOO-500",
	InvalidCall:      "CON-ODOO-CALL",
	NotOdoo:          "CON-ODOO-API",
	UnexpectedAnswer: "CON-ODOO-ANSWER",
	TooLarge:         "CON-ODOO-SIZE",
	Connection:       "", // of the *transport.Error underneath
}

// Code is the code of the error's kind; "" for Connection, whose cause has one.
func (e *Error) Code() string { return codes[e.Kind] }
