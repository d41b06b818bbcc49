package odoo_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/transport"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// projectNeeds is what a backend with tasks needs.
func projectNeeds() odoo.Needs {
	return odoo.Needs{
		Groups: []odoo.GroupNeed{{Group: "project.group_project_manager", Name: "Project / Administrator", For: "trello"}},
		Models: []odoo.ModelNeed{
			{Model: "project.project", Operations: []string{"read", "write", "create"}, Fields: []string{"name", "active"}, For: "boards"},
			{Model: "project.task", Operations: []string{"read"}, Fields: []string{"id", "name"}, For: "cards",
				Domains: []odoo.Domain{odoo.Cond("project_id.name", "=", "Garden")}},
		},
	}
}

// spoken is one finding in short: "fail login".
func spoken(f odoo.Finding) string { return string(f.Level) + " " + f.Check }

// notOK are the findings that are not as they should be.
func notOK(all []odoo.Finding) []odoo.Finding {
	return slices.DeleteFunc(slices.Clone(all), func(f odoo.Finding) bool { return f.Level == odoo.LevelOK })
}

// wantOne checks that exactly one thing is wrong, and what a person reads of it.
func wantOne(t *testing.T, all []odoo.Finding, want string, denied bool, what, remedy string) {
	t.Helper()
	wrong := notOK(all)
	if len(wrong) != 1 {
		t.Fatalf("findings %+v, want %s alone", wrong, want)
	}
	f := wrong[0]
	if spoken(f) != want || f.Denied != denied || !strings.Contains(f.What, what) || !strings.Contains(f.Remedy, remedy) || f.Why == "" {
		t.Errorf("finding %+v\nwant %s, denied %v, %q, %q and a reason", f, want, denied, what, remedy)
	}
}

// over answers some calls in the place of a server, by "model method", and all others by the server.
type over struct {
	base    http.RoundTripper
	answers map[string]any
	change  func(*http.Response)
}

func (o over) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	if method, args, err := xmlrpc.DecodeCall(body); err == nil {
		key := method
		if method == "execute_kw" {
			key = args[3].(string) + " " + args[4].(string)
		}
		if answer, ok := o.answers[key]; ok {
			fault, _ := answer.(error)
			return reply(answer, fault)
		}
	}
	answer, err := o.base.RoundTrip(r)
	if err == nil && o.change != nil {
		o.change(answer)
	}
	return answer, err
}

// doctored are options whose server is changed by an over.
func doctored(base http.RoundTripper, answers map[string]any) odoo.Options {
	return odoo.Options{
		Name: "main", URL: "https://odoo.test", Database: "demo", Username: "admin", Password: "admin", Clock: stillClock{},
		Client: transport.New(transport.Options{System: "Odoo main", Base: over{base: base, answers: answers, change: tellNoTime}, Clock: stillClock{}}),
	}
}

func tellNoTime(r *http.Response) { r.Header.Del("Date") }

// timeless are the options of a fake whose answers don't tell the time, which is not that of the tests' clock.
func timeless(server *odootest.Server) odoo.Options { return doctored(server.RoundTripper(), nil) }

func TestExamineAGoodOdoo(t *testing.T) {
	for _, version := range []string{"16.0", "17.0", "18.0", "19.0"} {
		t.Run("Ensure all is well with Odoo "+version+", in order, and nothing is written", func(t *testing.T) {
			server := odootest.New(odootest.Options{Version: version, APIKey: "key"})
			o := timeless(server)
			o.Password, o.APIKey = "", "key"
			all := odoo.Examine(ctx, o, projectNeeds())
			if wrong := notOK(all); len(wrong) > 0 {
				t.Errorf("findings %+v", wrong)
			}
			var checks []string
			for _, f := range all {
				checks = append(checks, f.Check)
			}
			checks = slices.DeleteFunc(slices.Compact(checks), func(c string) bool { return c == odoo.CheckKey || c == odoo.CheckClock })
			want := []string{"connection", "version", "database", "protocol", "login", "user", "companies", "rights", "fields"}
			if !slices.Equal(checks, want) {
				t.Errorf("checks %q, want %q", checks, want)
			}
			for _, r := range server.Requests() {
				if r.Writes {
					t.Errorf("it writes: %+v", r)
				}
			}
		})
	}
	t.Run("Ensure XML-RPC with Odoo 19 is warned of, since it goes away", func(t *testing.T) {
		o := timeless(odootest.New(odootest.Options{Version: "19.0"}))
		wantOne(t, odoo.Examine(ctx, o, projectNeeds()), "warn protocol", false, "JSON-2 is possible", "give it as api_key")
	})
	t.Run("Ensure XML-RPC by choice is warned of too", func(t *testing.T) {
		o := timeless(odootest.New(odootest.Options{Version: "19.0", APIKey: "key"}))
		o.Password, o.APIKey, o.Protocol = "", "key", odoo.ProtocolXMLRPC
		wantOne(t, odoo.Examine(ctx, o, projectNeeds()), "warn protocol", false, "JSON-2 is possible", "leave protocol out")
	})
	t.Run("Ensure JSON-2 with Odoo 18 is told before the login is tried", func(t *testing.T) {
		o := timeless(odootest.New(odootest.Options{APIKey: "key"}))
		o.Password, o.APIKey, o.Protocol = "", "key", odoo.ProtocolJSON2
		wantOne(t, odoo.Examine(ctx, o, projectNeeds()), "fail protocol", false, "Odoo 18 has no JSON-2", "leave protocol out")
	})
}

func TestExamineAnUnknownVersion(t *testing.T) {
	t.Run("Ensure a version that was not tried is warned of, and the rest is looked at", func(t *testing.T) {
		answer := map[string]any{"server_version": "15.0", "server_version_info": []any{int64(15), int64(0), int64(0), "final", int64(0), ""}}
		o := doctored(odootest.New(odootest.Options{}).RoundTripper(), map[string]any{"version": answer})
		all := odoo.Examine(ctx, o, projectNeeds())
		wantOne(t, all, "warn version", false, "Odoo 15.0", "copy of the database")
		if len(all) < 10 {
			t.Errorf("findings %+v", all)
		}
	})
}

func TestExamineTheLogin(t *testing.T) {
	server := odootest.New(odootest.Options{Users: []odootest.User{
		{Login: "gate", Password: "gate", Groups: []string{"base.group_portal"}},
		{Login: "two", Password: "two", APIKey: "key-two", TwoFactor: true, Groups: []string{"project.group_project_manager"}},
		{Login: "worker", Password: "worker", Groups: []string{"project.group_project_user"}},
	}})
	as := func(login, password string) []odoo.Finding {
		o := timeless(server)
		o.Username, o.Password = login, password
		return odoo.Examine(ctx, o, projectNeeds())
	}
	t.Run("Ensure a wrong password is a matter of credentials, and is not shown", func(t *testing.T) {
		all := as("admin", "wr0ng-password")
		wantOne(t, all, "fail login", true, "Odoo refuses the password of admin", "two-factor login needs an API key")
		for _, f := range all {
			if strings.Contains(f.What+f.Why+f.Remedy, "wr0ng") {
				t.Errorf("the password is shown: %+v", f)
			}
		}
	})
	t.Run("Ensure the password of a user with two-factor login leads to an API key, which works", func(t *testing.T) {
		wantOne(t, as("two", "two"), "fail login", true, "Odoo refuses the password of two", "two-factor login needs an API key")
		o := timeless(server)
		o.Username, o.Password, o.APIKey = "two", "", "key-two"
		if wrong := notOK(odoo.Examine(ctx, o, projectNeeds())); len(wrong) > 0 {
			t.Errorf("findings %+v", wrong)
		}
	})
	t.Run("Ensure a wrong key is told apart from a wrong password", func(t *testing.T) {
		o := timeless(server)
		o.Password, o.APIKey = "", "wr0ng-key"
		wantOne(t, odoo.Examine(ctx, o, projectNeeds()), "fail login", true, "Odoo refuses the API key", "a password is no key")
	})
	t.Run("Ensure a key of another user is told", func(t *testing.T) {
		o := timeless(odootest.New(odootest.Options{Version: "19.0", APIKey: "key"}))
		o.Username, o.Password, o.APIKey = "somebody.else", "", "key"
		wantOne(t, odoo.Examine(ctx, o, projectNeeds()), "fail login", true, "of another user than somebody.else", "that user's key")
	})
	t.Run("Ensure a portal user is told, and nothing that follows from it", func(t *testing.T) {
		field := func(kind string) map[string]any { return map[string]any{"type": kind, "string": "x"} }
		// What Odoo 18 answers to a portal user about itself.
		row := map[string]any{
			"id": int64(6), "login": "gate", "name": "Gate", "lang": "en_US", "tz": false, "share": true, "company_id": int64(1), "company_ids": []any{int64(1)},
		}
		o := doctored(server.RoundTripper(), map[string]any{
			"res.users fields_get": map[string]any{
				"login": field("char"), "name": field("char"), "lang": field("selection"), "tz": field("selection"), "share": field("boolean"),
				"company_id": field("many2one"), "company_ids": field("many2many"),
			},
			"res.users read": []any{row},
		})
		o.Username, o.Password = "gate", "gate"
		wantOne(t, odoo.Examine(ctx, o, projectNeeds()), "fail user", true, "Gate (gate) is a portal or public user", "internal user")
	})
	t.Run("Ensure each missing right is told by group, model and operation", func(t *testing.T) {
		wrong := notOK(as("worker", "worker"))
		if len(wrong) != 2 || !wrong[0].Denied || !wrong[1].Denied ||
			wrong[0].What != "not in the group Project / Administrator" || wrong[0].Why != "trello needs it" ||
			wrong[1].What != "the user may not write, create project.project" || wrong[1].Why != "boards needs it" {
			t.Errorf("findings %+v", wrong)
		}
	})
	t.Run("Ensure a user who is not named is told", func(t *testing.T) {
		wantOne(t, as("", "x"), "fail login", false, "the user is not named", "name it")
	})
}

func TestExamineTheDatabase(t *testing.T) {
	t.Run("Ensure a wrong database is told with those that the server shows", func(t *testing.T) {
		o := timeless(odootest.New(odootest.Options{}))
		o.Database = "dem"
		wantOne(t, odoo.Examine(ctx, o, projectNeeds()), "fail database", false, "dem", "the server shows: demo")
	})
	t.Run("Ensure a wrong database of a server that hides its own is told", func(t *testing.T) {
		o := timeless(odootest.New(odootest.Options{NoDatabaseList: true}))
		o.Database = "dem"
		wantOne(t, odoo.Examine(ctx, o, projectNeeds()), "fail database", false, "dem", "check the name of the database")
	})
	t.Run("Ensure a database that is not named is found where there is one", func(t *testing.T) {
		o := timeless(odootest.New(odootest.Options{}))
		o.Database = ""
		if wrong := notOK(odoo.Examine(ctx, o, projectNeeds())); len(wrong) > 0 {
			t.Errorf("findings %+v", wrong)
		}
	})
}

func TestExamineSeveralDatabases(t *testing.T) {
	t.Run("Ensure a database that is not named among several is told with their names", func(t *testing.T) {
		host := odootest.NewHost(odootest.New(odootest.Options{}), odootest.New(odootest.Options{Database: "staging"}))
		o := doctored(host.RoundTripper(), nil)
		o.Database = ""
		wantOne(t, odoo.Examine(ctx, o, projectNeeds()), "fail database", false, "the server has several: demo, staging", "demo, staging")
	})
}

func TestExamineWhatIsNeeded(t *testing.T) {
	with := func(change func(*odoo.Needs)) []odoo.Finding {
		needs := projectNeeds()
		change(&needs)
		return odoo.Examine(ctx, timeless(odootest.New(odootest.Options{})), needs)
	}
	t.Run("Ensure a missing model is told with the module that brings it, and the rest is looked at", func(t *testing.T) {
		all := with(func(n *odoo.Needs) {
			n.Models = slices.Insert(n.Models, 0, odoo.ModelNeed{Model: "crm.lead", Operations: []string{"read"}, For: "leads of shop"})
		})
		wantOne(t, all, "fail modules", false, "there is no model crm.lead", "install the module crm in Odoo")
		if all[len(all)-1].What != "project.task: all 2" {
			t.Errorf("findings %+v", all)
		}
	})
	t.Run("Ensure a missing model of an unknown module is told", func(t *testing.T) {
		wantOne(t, with(func(n *odoo.Needs) { n.Models[0] = odoo.ModelNeed{Model: "x_own.model", For: "own"} }),
			"fail modules", false, "there is no model x_own.model", "install the module that brings it")
	})
	t.Run("Ensure missing fields are told together", func(t *testing.T) {
		wantOne(t, with(func(n *odoo.Needs) { n.Models[1].Fields = []string{"zeal", "name", "colour", "zeal"} }),
			"fail fields", false, "project.task has no colour, zeal", "install the module that brings them")
	})
	t.Run("Ensure a filter by a field that is not there is told", func(t *testing.T) {
		wantOne(t, with(func(n *odoo.Needs) { n.Models[1].Domains = []odoo.Domain{odoo.Cond("project_id.nam", "=", "x")} }),
			"fail fields", false, "a filter of project.task is wrong", "correct domain: in the configuration")
	})
	t.Run("Ensure a company that the user may not choose is told with those that it may", func(t *testing.T) {
		wantOne(t, with(func(n *odoo.Needs) { n.Companies = []odoo.Company{{Name: "My Company"}, {ID: 77}} }),
			"fail companies", true, "the company 77", "use one of My Company (1)")
	})
	t.Run("Ensure companies are chosen by name and by id", func(t *testing.T) {
		for _, c := range []odoo.Company{{Name: "My Company"}, {ID: 1}} {
			all := with(func(n *odoo.Needs) { n.Companies = []odoo.Company{c} })
			if wrong := notOK(all); len(wrong) > 0 || !slices.ContainsFunc(all, func(f odoo.Finding) bool { return f.What == "works in My Company (1)" }) {
				t.Errorf("findings %+v", all)
			}
		}
	})
}

func TestExamineTheLanguage(t *testing.T) {
	fields := map[string]any{"code": map[string]any{"type": "char", "string": "Locale Code", "store": true, "searchable": true}}
	// What Odoo 18 answers where English and French are active.
	rows := []any{map[string]any{"id": int64(1), "code": "en_US"}, map[string]any{"id": int64(27), "code": "fr_FR"}}
	examined := func(code string) []odoo.Finding {
		o := doctored(odootest.New(odootest.Options{}).RoundTripper(), map[string]any{"res.lang fields_get": fields, "res.lang search_read": rows})
		o.Context = map[string]any{"lang": code}
		return odoo.Examine(ctx, o, odoo.Needs{})
	}
	t.Run("Ensure an active language is fine", func(t *testing.T) {
		if wrong := notOK(examined("fr_FR")); len(wrong) > 0 {
			t.Errorf("findings %+v", wrong)
		}
	})
	t.Run("Ensure one that is not active is told with those that are", func(t *testing.T) {
		wantOne(t, examined("de_DE"), "fail language", false, "de_DE is not active", "use one of en_US, fr_FR")
	})
}

// keysThatEnd answers for res.users.apikeys as Odoo 19 does.
func keysThatEnd(ends ...any) map[string]any {
	attributes := func(kind string) map[string]any {
		return map[string]any{"type": kind, "string": "x", "store": true, "searchable": true}
	}
	var rows []any
	for i, end := range ends {
		rows = append(rows, map[string]any{"id": int64(i + 1), "name": "key " + string(rune('A'+i)), "scope": "rpc", "expiration_date": end})
	}
	user := attributes("many2one")
	user["relation"] = "res.users"
	return map[string]any{
		"res.users.apikeys fields_get": map[string]any{
			"name": attributes("char"), "scope": attributes("char"), "expiration_date": attributes("datetime"), "user_id": user,
		},
		"res.users.apikeys search_read": rows,
	}
}

func TestExamineTheKeys(t *testing.T) {
	now := stillClock{}.Now().UTC()
	at := func(d time.Duration) string { return now.Add(d).Format(time.DateTime) }
	examined := func(ends ...any) []odoo.Finding {
		o := doctored(odootest.New(odootest.Options{APIKey: "key"}).RoundTripper(), keysThatEnd(ends...))
		o.Password, o.APIKey = "", "key"
		return odoo.Examine(ctx, o, odoo.Needs{})
	}
	day := 24 * time.Hour
	t.Run("Ensure a key that ends within two weeks is warned of", func(t *testing.T) {
		wantOne(t, examined(at(13*day)), "warn key", false, `the user's API key "key A" ends on `+at(13*day), "make a new key")
	})
	t.Run("Ensure of several keys the one that ends is named", func(t *testing.T) {
		wantOne(t, examined(false, at(day), at(90*day)), "warn key", false, `one of the user's API keys, "key B" ends on `, "make a new key")
	})
	t.Run("Ensure a key that is over is warned of", func(t *testing.T) {
		wantOne(t, examined(false, at(-day)), "warn key", false, `"key B" ended on `, "make a new key")
	})
	for name, c := range map[string]struct {
		ends []any
		want string
	}{
		"a key that lasts is fine":                {[]any{false}, "holds without an end"},
		"keys that end later are fine until then": {[]any{at(90 * day), false, at(80 * day)}, "holds until " + now.Add(80*day).Format(time.DateOnly) + " at least"},
	} {
		t.Run("Ensure "+name, func(t *testing.T) {
			all := examined(c.ends...)
			if wrong := notOK(all); len(wrong) > 0 || !slices.ContainsFunc(all, func(f odoo.Finding) bool { return f.Check == odoo.CheckKey && f.What == c.want }) {
				t.Errorf("findings %+v", all)
			}
		})
	}
}

func TestExamineTheClock(t *testing.T) {
	for name, c := range map[string]struct {
		off  time.Duration
		want string // "" where all is well
	}{
		"20 seconds off are fine": {20 * time.Second, ""},
		"five minutes ahead":      {5 * time.Minute, "the server's clock is 5m0s ahead of this machine's"},
		"an hour behind":          {-time.Hour, "the server's clock is 59m59s behind this machine's"},
	} {
		t.Run("Ensure a server's clock is compared: "+name, func(t *testing.T) {
			o := doctored(nil, nil)
			date := stillClock{}.Now().Add(c.off).UTC().Format(http.TimeFormat)
			base := over{base: odootest.New(odootest.Options{}).RoundTripper(), change: func(r *http.Response) { r.Header.Set("Date", date) }}
			o.Client = transport.New(transport.Options{System: "Odoo main", Base: base, Clock: stillClock{}})
			all := odoo.Examine(ctx, o, odoo.Needs{})
			if c.want != "" {
				wantOne(t, all, "warn clock", false, c.want, "time server")
				return
			}
			if wrong := notOK(all); len(wrong) > 0 || !slices.ContainsFunc(all, func(f odoo.Finding) bool { return f.Check == odoo.CheckClock }) {
				t.Errorf("findings %+v", all)
			}
		})
	}
}

// fixed answers every request alike.
type fixed func() (*http.Response, error)

func (f fixed) RoundTrip(*http.Request) (*http.Response, error) { return f() }

func webPage(status int) fixed {
	return func() (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
			Body: io.NopCloser(strings.NewReader("<!doctype html><html><h1>Not for you</h1></html>")),
		}, nil
	}
}

func TestExamineWhatIsNoOdoo(t *testing.T) {
	at := func(url string, base http.RoundTripper) []odoo.Finding {
		o := doctored(base, nil)
		o.URL = url
		return odoo.Examine(ctx, o, projectNeeds())
	}
	t.Run("Ensure a page for people is told", func(t *testing.T) {
		wantOne(t, at("https://odoo.test", webPage(200)), "fail connection", false, "a web page came instead of an answer", "check the URL")
	})
	for _, status := range []int{200, 403, 404} {
		t.Run("Ensure a closed API of Odoo Online is a matter of the plan, with a page of status "+http.StatusText(status), func(t *testing.T) {
			wantOne(t, at("https://example.odoo.com", webPage(status)), "fail plan", true, "closed at https://example.odoo.com", "change the plan")
		})
	}
	t.Run("Ensure Odoo Online that is down is no matter of the plan", func(t *testing.T) {
		wantOne(t, at("https://example.odoo.com", webPage(503)), "fail connection", false, "HTTP 503", "try again later")
	})
	t.Run("Ensure a server that wants a pause is given the one that it asked for", func(t *testing.T) {
		busy := fixed(func() (*http.Response, error) {
			r, err := webPage(503)()
			r.Header.Set("Retry-After", "600")
			return r, err
		})
		wantOne(t, at("https://odoo.test", busy), "fail connection", false, "HTTP 503", "try again after 10m0s")
	})
	t.Run("Ensure a proxy's 407 is no matter of Odoo's rights", func(t *testing.T) {
		wantOne(t, at("https://odoo.test", webPage(407)), "fail connection", false, "the proxy refuses", "HTTPS_PROXY")
	})
	t.Run("Ensure a proxy's 403 is a matter of rights", func(t *testing.T) {
		wantOne(t, at("https://odoo.test", webPage(403)), "fail connection", true, "HTTP 403", "check the credentials")
	})
	t.Run("Ensure a server that is down is told, and nothing else", func(t *testing.T) {
		refused := fixed(func() (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		})
		all := at("https://odoo.test", refused)
		wantOne(t, all, "fail connection", false, "connection refused", "check that the server runs")
		if len(all) != 1 {
			t.Errorf("findings %+v", all)
		}
	})
	t.Run("Ensure a URL that is none is told", func(t *testing.T) {
		wantOne(t, at("odoo.test", webPage(200)), "fail connection", false, "does not begin with https://", "write the URL")
	})
}

// onlyJSON2 is a proxy that lets nothing but JSON-2 pass.
type onlyJSON2 struct {
	base   http.RoundTripper
	status int // of its own page
}

func (p onlyJSON2) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, "/json/2/") {
		return p.base.RoundTrip(r)
	}
	return webPage(p.status)()
}

func TestExamineBehindAProxyThatLetsJSON2AlonePass(t *testing.T) {
	examine := func(server *odootest.Server, status int, key string) []odoo.Finding {
		o := doctored(onlyJSON2{server.RoundTripper(), status}, nil)
		o.Password, o.APIKey, o.Protocol = "", key, odoo.ProtocolJSON2
		return odoo.Examine(ctx, o, projectNeeds())
	}
	for _, status := range []int{403, 404} {
		t.Run("Ensure all but the version is looked at, with the proxy's "+http.StatusText(status), func(t *testing.T) {
			all := examine(odootest.New(odootest.Options{Version: "19.0", APIKey: "key"}), status, "key")
			wantOne(t, all, "warn version", false, "of all paths only /json/2 answers", "let what stands before Odoo pass /web/version too")
			if last := all[len(all)-1]; all[0].Check != odoo.CheckConnection || last.Check != odoo.CheckFields {
				t.Errorf("findings %+v", all)
			}
		})
	}
	t.Run("Ensure a key that is refused is told, for that is Odoo's answer", func(t *testing.T) {
		all := examine(odootest.New(odootest.Options{Version: "19.0", APIKey: "key"}), 404, "wr0ng")
		var wrong []string
		for _, f := range notOK(all) {
			wrong = append(wrong, spoken(f))
		}
		if !slices.Equal(wrong, []string{"warn version", "fail login"}) || !all[len(all)-1].Denied {
			t.Errorf("findings %+v", all)
		}
	})
	t.Run("Ensure a proxy that lets nothing pass is told", func(t *testing.T) {
		wantOne(t, examine(odootest.New(odootest.Options{APIKey: "key"}), 404, "key"), "fail connection", false, "HTTP 404", "check the URL")
	})
}

func TestExamineWhatOdooRefuses(t *testing.T) {
	t.Run("Ensure a question that Odoo does not answer is told, and the rest is looked at", func(t *testing.T) {
		server := odootest.New(odootest.Options{})
		server.Fail(func(r odootest.Request) error {
			if r.Model == "res.company" || r.Method == "has_group" {
				return errors.New("the connection breaks")
			}
			return nil
		})
		all := odoo.Examine(ctx, timeless(server), projectNeeds())
		var wrong []string
		for _, f := range notOK(all) {
			wrong = append(wrong, spoken(f))
		}
		if !slices.Equal(wrong, []string{"fail companies", "fail rights"}) || all[len(all)-1].Check != odoo.CheckFields {
			t.Errorf("findings %+v", all)
		}
	})
}

// silence never answers.
type silence struct{}

func (silence) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// tardy answers when it is too late.
type tardy struct{ base http.RoundTripper }

func (t tardy) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := t.base.RoundTrip(r)
	<-r.Context().Done()
	return answer, err
}

func TestExamineIsPatient(t *testing.T) {
	t.Run("Ensure what was found just before the patience ended is told, too", func(t *testing.T) {
		needs := projectNeeds()
		needs.Patience = time.Millisecond
		all := odoo.Examine(t.Context(), doctored(tardy{odootest.New(odootest.Options{Version: "19.0"}).RoundTripper()}, nil), needs)
		if len(all) < 2 || spoken(all[0]) != "ok connection" || spoken(all[len(all)-1]) != "fail version" || !strings.Contains(all[len(all)-1].What, "no answer within 1ms") {
			t.Errorf("findings %+v", all)
		}
	})
	t.Run("Ensure a server that says nothing is given up after a while, and nothing else is tried", func(t *testing.T) {
		needs := projectNeeds()
		needs.Patience = 20 * time.Millisecond
		client := transport.New(transport.Options{System: "Odoo main", Base: silence{}})
		all := odoo.Examine(t.Context(), odoo.Options{Name: "main", URL: "http://odoo.test", Username: "a", Password: "b", Client: client}, needs)
		wantOne(t, all, "fail connection", false, "no answer within 20ms", "see what keeps the server")
	})
}
