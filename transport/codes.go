package transport

import "net/http"

// codes of the kinds of Error, as far as the kind says enough.
var codes = map[Kind]string{
	Unreachable: "CON-NET-UNREACHABLE",
	Timeout:     "CON-NET-TIMEOUT",
	Cancelled:   "CON-RUN-STOPPED",
	Dropped:     "CON-NET-DROPPED",
	RateLimited: "CON-HTTP-429",
	Unavailable: "CON-HTTP-503",
	Denied:      "CON-HTTP-403",
	NotFound:    "CON-HTTP-404",
	Rejected:    "CON-HTTP-400",
	ServerError: "CON-HTTP-500",
	Protocol:    "CON-HTTP-ANSWER",
	TooLarge:    "CON-HTTP-SIZE",
}

// The codes of why a server could not be reached.
const (
	codeRefused     = "CON-NET-REFUSED"
	codeName        = "CON-NET-NAME"
	codeCertificate = "CON-NET-CERTIFICATE"
	codeTLS         = "CON-NET-TLS"
	codeProxy       = "CON-NET-PROXY"
)

// Code is the code of why it failed, or the system's own for it (Options.Codes); connector explain tells what it means.
func (e *Error) Code() string {
	code := e.code
	switch {
	case code != "":
	case e.Kind == Denied && e.Status == http.StatusUnauthorized:
		code = "CON-HTTP-401"
	default:
		code = codes[e.Kind]
	}
	if own := e.own[code]; own != "" {
		return own
	}
	return code
}

// Code is the code of a certificate's file that cannot be used.
func (*CertificateError) Code() string { return "CON-CONFIG-CERTIFICATE" }
