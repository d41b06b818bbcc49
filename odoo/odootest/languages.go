package odootest

import "strings"

// sourceLanguage is the language of texts without a language in the context.
const sourceLanguage = "en_US"

// languages are some of the languages that a database lists; only the source
// language is active in a new one.
var languages = [][2]string{
	{sourceLanguage, "English (US)"}, {"de_DE", "German / Deutsch"}, {"en_GB", "English (UK)"}, {"es_ES", "Spanish / Español"},
	{"fr_BE", "French (BE) / Français (BE)"}, {"fr_FR", "French / Français"}, {"it_IT", "Italian / Italiano"},
	{"nl_BE", "Dutch (BE) / Nederlands (BE)"}, {"nl_NL", "Dutch / Nederlands"}, {"pt_BR", "Portuguese (BR) / Português (BR)"},
}

// labels are the few labels of fields that are translated here, by language.
var labels = map[string]map[string]string{"fr_FR": {"Name": "Nom"}}

// languageModel is res.lang.
func languageModel(version int) *model {
	m := newModel(version, "res.lang", "Languages", "active desc, name",
		on("active").starts(false),
		on("direction").starts("ltr"),
		on("date_format").starts("%m/%d/%Y"),
		on("time_format").starts("%H:%M:%S"),
		on("short_time_format").starts("%H:%M"),
		on("week_start").starts("7"),
		on("grouping").starts("[3,0]"),
		on("decimal_point").starts("."),
		on("thousands_sep").starts(","),
		on("url_code").filled(),
	)
	m.unique = map[string]string{"code": "The code of the language must be unique!", "name": "The name of the language must be unique!"}
	return m
}

// language is the context's language where the database has it active, or else
// the source's.
func (t *tx) language() string {
	lang, _ := t.context["lang"].(string)
	if lang == "" || lang == sourceLanguage || !t.s.activeLanguage(lang) {
		return sourceLanguage
	}
	return lang
}

// activeLanguage reports whether a language may be used.
func (s *Server) activeLanguage(code string) bool {
	langs := s.tables["res.lang"]
	for _, id := range langs.lookup("code", code) {
		return langs.rows[id].flag("active")
	}
	return false
}

// checkLanguage refuses a context's language that is unknown or inactive on 18
// and 19 (captures/odoo19/fault_unknown_lang); 16 and 17 ignore it.
func (t *tx) checkLanguage() error {
	lang, ok := t.context["lang"].(string)
	if ok && lang != "" && t.s.major >= 18 && !t.s.activeLanguage(lang) {
		return warning("Invalid language code: %s", lang)
	}
	return nil
}

// translated gives a text in the context's language, or else in the source's.
func (t *tx) translated(f *field, r row) any {
	if lang := t.language(); lang != sourceLanguage {
		if text, ok := r[f.name+"@"+lang]; ok {
			return text
		}
	}
	return r[f.name]
}

// translate stores a text in the context's language only; the first text that a
// field gets is also the source's, and an empty one empties all languages.
func (t *tx) translate(f *field, r row, value any) {
	lang := t.language()
	switch {
	case value == nil:
		for name := range r {
			if base, _, other := strings.Cut(name, "@"); other && base == f.name {
				delete(r, name)
			}
		}
		delete(r, f.name)
	case lang == sourceLanguage:
		r[f.name] = value
	default:
		r[f.name+"@"+lang] = value
		if r[f.name] == nil {
			r[f.name] = value
		}
	}
}
