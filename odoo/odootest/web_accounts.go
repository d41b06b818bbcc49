package odootest

import (
	"fmt"
	"time"
)

// apiKey is one row of res.users.apikeys: what serves as a password, or as the
// bearer key of JSON-2.
type apiKey struct {
	id        int64
	uid       int64
	name, key string
	scope     string    // "rpc" for calls
	expires   time.Time // the zero time for never
	twoFactor bool      // the user's password opens no call
}

// forCalls reports whether the key's scope is calls.
func (k apiKey) forCalls() bool { return k.scope == "rpc" }

// addUsers makes the accounts: OdooBot, who cannot log in, the administrator, and
// those of the options.
func (s *Server) addUsers() {
	s.addUser(botUID, User{Login: "__system__", Name: "OdooBot", Groups: []string{groupSettings}})
	s.addUser(mainUID, User{
		Login: s.options.Username, Password: s.options.Password, APIKey: s.options.APIKey, Name: "Mitchell Admin", TZ: "Europe/Brussels",
		Groups: managerGroups,
	})
	for i, user := range s.options.Users {
		uid := user.UID
		if uid == 0 {
			uid = extraUID + int64(i)
		}
		if s.byUID(uid) != nil {
			panic(fmt.Sprintf("odootest: two users have the uid %d", uid))
		}
		s.addUser(uid, user)
	}
}

// addUser makes an account and its key.
func (s *Server) addUser(uid int64, user User) {
	s.users = append(s.users, newAccount(uid, user))
	if user.APIKey == "" && !user.TwoFactor {
		return
	}
	scope := user.KeyScope
	if scope == "" {
		scope = "rpc"
	}
	s.keys = append(s.keys, apiKey{
		id: int64(len(s.keys) + 1), uid: uid, name: "connector", key: user.APIKey, scope: scope, expires: user.KeyExpires, twoFactor: user.TwoFactor,
	})
}

// byUID finds an account, nil when there is none.
func (s *Server) byUID(uid int64) *account {
	s.usersMu.RLock()
	defer s.usersMu.RUnlock()
	for _, user := range s.users {
		if user.uid == uid {
			return user
		}
	}
	return nil
}

// login finds the account of a login and a password, nil when they do not match.
func (s *Server) login(login, password string) *account {
	for _, user := range s.accounts() {
		if user.login == login && s.accepts(user, password) {
			return user
		}
	}
	return nil
}

// accounts gives the accounts of now.
func (s *Server) accounts() []*account {
	s.usersMu.RLock()
	defer s.usersMu.RUnlock()
	return append([]*account(nil), s.users...)
}

// keysOf gives a user's keys.
func (s *Server) keysOf(uid int64) []apiKey {
	s.usersMu.RLock()
	defer s.usersMu.RUnlock()
	var own []apiKey
	for _, key := range s.keys {
		if key.uid == uid && key.key != "" {
			own = append(own, key)
		}
	}
	return own
}

// accepts reports whether a text is the password or an API key of an active user.
// A user with a second factor needs a key.
func (s *Server) accepts(user *account, password string) bool {
	if password == "" || !s.isActive(user.uid) {
		return false
	}
	s.usersMu.RLock()
	own, second := user.password, s.twoFactor(user.uid)
	s.usersMu.RUnlock()
	return (password == own && !second) || s.keyOpens(user.uid, password)
}

// twoFactor reports whether a user has a second factor. The caller holds usersMu.
func (s *Server) twoFactor(uid int64) bool {
	for _, key := range s.keys {
		if key.uid == uid && key.twoFactor {
			return true
		}
	}
	return false
}

// keyOpens reports whether a text is a living key of a user.
func (s *Server) keyOpens(uid int64, text string) bool {
	for _, key := range s.keysOf(uid) {
		if key.key == text && (key.expires.IsZero() || s.look().Before(key.expires)) && key.forCalls() {
			return true
		}
	}
	return false
}

// bearer finds the active user of an API key, nil when it opens nothing.
func (s *Server) bearer(key string) *account {
	for _, user := range s.accounts() {
		if s.keyOpens(user.uid, key) && s.isActive(user.uid) {
			return user
		}
	}
	return nil
}

// look gives the time for what is no transaction.
func (s *Server) look() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.time()
}

// isActive reports whether a user's record is neither archived nor deleted.
func (s *Server) isActive(uid int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tables["res.users"].rows[uid].flag("active")
}

// SetPassword changes a user's password from now on: who logged in before gets
// Access Denied at the next call. It panics when there is no such login.
func (s *Server) SetPassword(login, password string) {
	user := s.mustLogin(login)
	s.usersMu.Lock()
	defer s.usersMu.Unlock()
	user.password = password
}

// SetKey gives a user another API key, which ends at a time (the zero time for
// never), in place of all former ones; an empty key takes them away. It panics
// when there is no such login.
func (s *Server) SetKey(login, key string, expires time.Time) {
	user := s.mustLogin(login)
	s.usersMu.Lock()
	defer s.usersMu.Unlock()
	second := s.twoFactor(user.uid)
	kept := make([]apiKey, 0, len(s.keys)+1)
	last := int64(0)
	for _, other := range s.keys {
		last = max(last, other.id)
		if other.uid != user.uid {
			kept = append(kept, other)
		}
	}
	kept = append(kept, apiKey{id: last + 1, uid: user.uid, name: "connector", key: key, scope: "rpc", expires: expires, twoFactor: second})
	s.keys = kept
}

// RemakeUser deletes a user and makes one of the same login, password, groups and
// key: the uid that clients remember is stale. It gives the new uid, and panics
// when there is no such login.
func (s *Server) RemakeUser(login string) int64 {
	user := s.mustLogin(login)
	var uid int64
	s.direct("make "+login+" again", func(t *tx) error {
		m := t.model("res.users")
		uid = t.next(m)
		r := t.row(m.name, user.uid).clone()
		r["id"], r["create_date"], r["write_date"] = uid, t.now, t.now
		t.put(m, user.uid, nil)
		t.put(m, uid, r)
		return nil
	})
	s.usersMu.Lock()
	defer s.usersMu.Unlock()
	made := *user
	made.uid = uid
	for i, other := range s.users {
		if other == user {
			s.users[i] = &made
		}
	}
	for i := range s.keys {
		if s.keys[i].uid == user.uid {
			s.keys[i].uid = uid
		}
	}
	return uid
}

// mustLogin finds an account by its login alone.
func (s *Server) mustLogin(login string) *account {
	for _, user := range s.accounts() {
		if user.login == login {
			return user
		}
	}
	panic(fmt.Sprintf("odootest: no user has the login %q", login))
}
