package explain

var netCodes = []Entry{
	{
		Code: "CON-NET-REFUSED", Exit: Environment,
		What:   "The machine answers, but nothing listens on the port.",
		Causes: []string{"the server is stopped or starting", "the URL names another port, or none", "a firewall refuses"},
		Do:     []string{"check that the server runs and that the URL names its port", "then try again; no job lost an attempt"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-NET-NAME", Exit: Environment,
		What:   "The name of the host has no address.",
		Causes: []string{"the URL is misspelt", "this machine's name server does not answer", "the name is known inside another network only"},
		Do:     []string{"check the spelling of the URL", "look it up on this machine: `getent hosts NAME`"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-NET-UNREACHABLE", Exit: Environment,
		What:   "There is no way to the server.",
		Causes: []string{"the network is down", "a firewall drops what is sent", "the server hangs"},
		Do:     []string{"check the network, the proxy and the firewall from this machine: `curl -v URL`", "then try again; no job lost an attempt"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-NET-TIMEOUT", Exit: Environment,
		What:   "The server took the request and did not answer in time.",
		Causes: []string{"it is overloaded, or its database is", "very many records are asked for at once", "a proxy holds the answer back"},
		Do: []string{
			"try again later: whether a write took effect is looked up before it is repeated",
			"raise timeout: of this Odoo or backend in the configuration",
		},
		See: []string{"doctor", "jobs list --state pending"},
	},
	{
		Code: "CON-NET-DROPPED", Exit: Environment,
		What:   "The connection broke after the request was sent.",
		Causes: []string{"the server was restarted, or its worker was killed for its memory or time limit", "a proxy or firewall cut the connection"},
		Do:     []string{"try again: whether a write took effect is looked up before it is repeated", "look into the server's log at that time"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-NET-CERTIFICATE", Exit: Environment,
		What: "The server's certificate is not trusted, so nothing was sent, no password either.",
		Causes: []string{
			"it is signed by the server itself, or by an authority of your own",
			"it ended, or this machine's clock is wrong",
			"it is for another host name than the one in the URL",
			"somebody stands between here and the server",
		},
		Do: []string{
			"look at it: `openssl s_client -connect HOST:443 -servername HOST </dev/null | openssl x509 -noout -subject -issuer -dates`",
			"give the authority's PEM file as ca_file, renew the certificate, or write the host as the certificate names it",
		},
		See: []string{"doctor"},
	},
	{
		Code: "CON-NET-TLS", Exit: Environment,
		What:   "One side speaks HTTPS on this port and the other does not, or not in a version that is safe.",
		Causes: []string{"http:// in the URL of a port that speaks HTTPS, or the reverse", "an old server that knows no TLS 1.2"},
		Do:     []string{"correct the scheme or the port of the URL"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-NET-PROXY", Exit: Environment,
		What:   "The proxy that the environment names cannot be reached, or does not let us pass.",
		Causes: []string{"HTTPS_PROXY or HTTP_PROXY names a wrong address, user or password", "the server needs no proxy"},
		Do:     []string{"correct HTTPS_PROXY and HTTP_PROXY, or name the server in NO_PROXY"},
		See:    []string{"doctor"},
	},
}

var httpCodes = []Entry{
	{
		Code: "CON-HTTP-400", Exit: Environment,
		What:   "The server rejects the request.",
		Causes: []string{"a value of the record that it does not take", "the URL leads to another server or version than expected"},
		Do:     []string{"correct the record, or what the configuration says; the line repeats the server's words"},
		See:    []string{"jobs list --state failed"},
	},
	{
		Code: "CON-HTTP-401", Exit: Denied,
		What:   "The server, or a proxy before it, does not accept the credentials.",
		Causes: []string{"a wrong or ended password, key or token", "a proxy or the web server asks for a password of its own (basic authentication)"},
		Do:     []string{"correct the credentials, or let the proxy pass the paths of the API"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-HTTP-403", Exit: Denied,
		What:   "The server, or a proxy before it, does not allow the request.",
		Causes: []string{"the user lacks a right", "a proxy, firewall or filter of addresses refuses"},
		Do:     []string{"give the user the right, or let this machine through"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-HTTP-404", Exit: Usage,
		What:   "The server knows no such path.",
		Causes: []string{"the URL names another server, or holds a path too many", "a proxy does not pass the paths of the API"},
		Do:     []string{"give the address of the server alone, as https://HOST"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-HTTP-429", Exit: Environment,
		What:   "The server asks to be left alone for a while.",
		Causes: []string{"too many requests in a short time", "other programs use the same account"},
		Do:     []string{"nothing: the jobs wait, lost no attempt, and go on with the next run"},
		See:    []string{"jobs list --state pending"},
	},
	{
		Code: "CON-HTTP-500", Exit: Environment,
		What:   "The server failed.",
		Causes: []string{"a mistake in the server, or in a module of it"},
		Do:     []string{"try again later", "look into the server's log at that time"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-HTTP-503", Exit: Environment,
		What:   "The server, or the proxy before it, is not ready.",
		Causes: []string{"it is restarted, updated or overloaded", "the proxy does not reach the server behind it"},
		Do:     []string{"try again later; no job lost an attempt"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-HTTP-ANSWER", Exit: Environment,
		What:   "Something else answered than the API: a web page, a redirect, half an answer.",
		Causes: []string{"the URL leads to a web site, a login page or another server", "a proxy answers in the server's place"},
		Do:     []string{"check the URL: `curl -i URL`"},
		See:    []string{"doctor"},
	},
	{
		Code: "CON-HTTP-SIZE", Exit: Environment,
		What:   "The answer is larger than is taken into memory.",
		Causes: []string{"very large records", "something else answered than the API"},
		Do:     []string{"leave large fields out of the mapping", "check the URL"},
	},
}
