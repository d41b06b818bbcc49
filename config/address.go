package config

import (
	"net/url"
	"strings"
)

// url gives a web address without credentials, or that of a sandbox. What it holds is never shown: it may be a password.
func (v value) url() string {
	raw, ok := v.text()
	if !ok {
		return ""
	}
	address, err := url.Parse(raw)
	if err != nil || address.Host == "" && !strings.Contains(raw, "://") {
		v.fail("is not a URL", "write it as https://HOST or sandbox://NAME")
		return ""
	}
	if problem, hint := urlProblem(raw, address); problem != "" {
		v.fail(problem, hint)
	}
	return raw
}

func urlProblem(raw string, address *url.URL) (problem, hint string) {
	switch {
	case address.User != nil:
		return "a URL with credentials is refused", "give them under keys of their own"
	case address.RawQuery != "" || address.ForceQuery:
		return "a URL with a query (?…) is refused", "end it before the question mark"
	case strings.Contains(raw, "#"):
		return "a URL with a fragment (#…) is refused", "end it before the #"
	case address.Scheme == sandboxScheme && (!plainName.MatchString(address.Host) || address.Path != ""):
		return "is not a sandbox", "write it as sandbox://NAME, with a name of letters, digits, dots, - and _"
	case address.Scheme == sandboxScheme:
		return "", ""
	case address.Scheme != "http" && address.Scheme != "https":
		return "a URL begins with https://, http:// or sandbox://", "write it as https://HOST or sandbox://NAME"
	case address.Hostname() == "":
		return "a URL without a host is refused", "write it as https://HOST"
	}
	return "", ""
}
