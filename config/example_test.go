package config_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/odoo-connector/connector/config"
)

// A system declares the struct of its own keys; the package reads a backend's block into it.
func Example() {
	type settings struct {
		Token config.Secret `yaml:"token" config:"required"`
		Lists []string      `yaml:"lists"`
	}
	kind := config.Kind{
		Name:       "todo",
		Versions:   []string{"generic"},
		Models:     []string{"todo.item"},
		DefaultURL: "https://todo.example.com",
		Settings:   func() any { return &settings{} },
	}
	file := `
odoo:
  - {name: main, url: https://example.odoo.com, database: example, username: bot, password: {env: ODOO_PASSWORD}}
backends:
  - {name: todo, kind: todo, token: abc, lists: [Home]}
`
	c, err := config.LoadBytes("config.yaml", []byte(file), []config.Kind{kind})
	if err != nil {
		fmt.Println(err)
		return
	}
	own, _ := c.Backends[0].Settings.(*settings)
	token, _ := own.Token.Reveal(context.Background())
	fmt.Println(c.Backends[0].URL, own.Lists, own.Token, len(token))
	// Output: https://todo.example.com [Home] ****** 3
}

// All problems of a file come at once, each with its place and what to do.
func ExampleErrors() {
	_, err := config.LoadBytes("config.yaml", []byte("odoo: []\nbackend: []\n"), nil)
	var all config.Errors
	if errors.As(err, &all) {
		fmt.Println(len(all), "problems")
		fmt.Println(all[2])
	}
	// Output:
	// 3 problems
	// config.yaml:2: backend: unknown key "backend"; did you mean "backends"? (state, odoo, backends, jobs, schedule, notify)
}
