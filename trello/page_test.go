package trello_test

import (
	"testing"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
)

func TestPages(t *testing.T) {
	of := func(model, url string) string {
		b := binding.Binding{Model: model, ExternalID: "65f1a0c00000000000000007", Parent: "65f1a0c00000000000000001"}
		return trello.Backend().PageOf(config.Backend{URL: url}, b)
	}
	for model, want := range map[string]string{
		trello.BoardModel:      "https://trello.com/b/65f1a0c00000000000000007",
		trello.ListModel:       "https://trello.com/b/65f1a0c00000000000000001",
		trello.CardModel:       "https://trello.com/c/65f1a0c00000000000000007",
		trello.CheckItemModel:  "https://trello.com/c/65f1a0c00000000000000001",
		trello.CommentModel:    "https://trello.com/c/65f1a0c00000000000000001#comment-65f1a0c00000000000000007",
		trello.AttachmentModel: "https://trello.com/c/65f1a0c00000000000000001",
		trello.MemberModel:     "",
	} {
		t.Run("Ensure people are led to where they see a "+model, func(t *testing.T) {
			if got := of(model, trello.DefaultURL); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
	t.Run("Ensure that a server which isn't Trello has no pages", func(t *testing.T) {
		if got := of(trello.CardModel, "http://127.0.0.1:8080/1"); got != "" {
			t.Errorf("%q", got)
		}
	})
}
