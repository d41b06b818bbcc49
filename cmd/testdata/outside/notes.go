package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

const wordModel = "notes.word"

// settings are what the configuration says of our notes.
type settings struct {
	File string `yaml:"file" config:"required"`
}

// notes is a system of ours: the words of a text file, one a line, are tags in Odoo. Nothing is written into it.
func notes() *backend.Backend {
	b := backend.New("notes", "1").
		Configure("https://notes.example.com", func() any { return new(settings) }).
		Connects(func(_ context.Context, s backend.Setup) (any, error) { return s.Config.Settings, nil }).
		Declare(backend.Model{
			Name: wordModel, OdooModel: "project.tags", Noun: "word", OdooNoun: "tag",
			NameField: "text", OdooNameField: "name", ByName: true,
		})
	name := mapping.Direct("text", "name", mapping.Trimmed)
	name.Match = true
	b.Adapter(wordModel, words).Mapper(wordModel, mapping.New(name))
	return b
}

// file reads the words. A word is known by the number of its line.
type file struct{ path string }

func words(env *backend.Environment) (backend.Adapter, error) {
	s, ok := env.Client.(*settings)
	if !ok {
		return nil, fmt.Errorf("backend %s has no settings of notes", env.Config.Name)
	}
	return file{s.File}, nil
}

func (f file) List(context.Context) (backend.Listing, error) {
	text, err := os.ReadFile(f.path)
	listing := backend.Listing{Parents: []string{""}}
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		listing.Records = append(listing.Records, record.New(wordModel, fmt.Sprint(i+1), map[string]record.Value{"text": record.Text(line)}))
	}
	return listing, err
}

func (f file) Read(ctx context.Context, keys []backend.Key) ([]backend.Result, error) {
	listing, err := f.List(ctx)
	if err != nil {
		return nil, err
	}
	results := make([]backend.Result, len(keys))
	for i, key := range keys {
		results[i].Err = backend.ErrNotFound
		for _, r := range listing.Records {
			if r.ID == key.ID {
				results[i] = backend.Result{Record: r}
			}
		}
	}
	return results, nil
}
