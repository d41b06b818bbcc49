package odoo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/record"
)

// Translated is a record with its values in several languages.
type Translated struct {
	// Record has all the fields that were asked for, in the session's own language.
	record.Record
	// Languages are the values of the translated fields by language, and then by field.
	Languages map[string]map[string]record.Value
}

// In is the value of a field in a language; a field that is not translated has one for all.
func (t Translated) In(language, field string) record.Value {
	if value, ok := t.Languages[language][field]; ok {
		return value
	}
	return t.Value(field)
}

// Languages are the codes of the languages that are active in this database, in order: "en_US", "fr_FR".
func (s *Session) Languages(ctx context.Context) ([]string, error) {
	rows, err := s.SearchRead(ctx, "res.lang", Cond("active", "=", true), []string{"code"}, SearchOptions{})
	if err != nil {
		return nil, err
	}
	codes := make([]string, len(rows))
	for i, r := range rows {
		codes[i] = r.Value("code").AsText()
	}
	slices.Sort(codes)
	return codes, nil
}

// ReadLanguages is Read in several languages: one reading of all the fields in the session's own, and one
// for each language of those that are translated. Odoo gives the source language's text where a translation is missing.
// A language that is not active is an *Error of the kind InvalidCall, for Odoo 16 and 17 would answer in
// the source language as if that were it.
//
// missing are the ids of the records that do not exist any more; one that goes between two readings is
// among them, not half among the found.
func (s *Session) ReadLanguages(ctx context.Context, model string, ids []int64, fields, languages []string) (found []Translated, missing []int64, err error) {
	if err := s.checkLanguages(ctx, model, languages); err != nil {
		return nil, nil, err
	}
	picked, err := s.named(ctx, model, "read", fields)
	if err != nil {
		return nil, nil, err
	}
	rows, missing, err := s.Read(ctx, model, ids, fields)
	if err != nil {
		return nil, nil, err
	}
	found = make([]Translated, len(rows))
	for i, r := range rows {
		found[i] = Translated{Record: r, Languages: map[string]map[string]record.Value{}}
	}
	translated := slices.DeleteFunc(slices.Clone(picked), func(f Field) bool { return !f.Translated })
	if len(translated) == 0 {
		return found, missing, nil
	}
	for _, language := range languages {
		gone, err := s.readIn(ctx, model, found, namesOf(translated), language)
		if err != nil {
			return nil, nil, err
		}
		missing = append(missing, gone...)
		found = slices.DeleteFunc(found, func(t Translated) bool { return slices.Contains(gone, idOf(t.Reference())) })
	}
	return found, missing, nil
}

// readIn reads the translated fields of the records in a language.
func (s *Session) readIn(ctx context.Context, model string, found []Translated, fields []string, language string) (gone []int64, err error) {
	ids := make([]int64, len(found))
	places := make(map[string]int, len(found))
	for i, t := range found {
		ids[i], places[t.ID] = idOf(t.Reference()), i
	}
	rows, gone, err := s.WithLanguage(language).Read(ctx, model, ids, fields)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		found[places[r.ID]].Languages[language] = r.Values()
	}
	return gone, nil
}

// checkLanguages refuses those that are not active.
func (s *Session) checkLanguages(ctx context.Context, model string, languages []string) error {
	if len(languages) == 0 {
		return nil
	}
	active, err := s.Languages(ctx)
	if err != nil {
		return err
	}
	for _, language := range languages {
		if !slices.Contains(active, language) {
			text := fmt.Sprintf("the language %q is not active, only %s are", cut(language), strings.Join(active, ", "))
			return s.fail(callOf(model, "read"), InvalidCall, text, "activate it in Odoo under Settings, Translations, Languages")
		}
	}
	return nil
}
