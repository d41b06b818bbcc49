package trello

import (
	"net/url"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
)

// website is where people see what the API at DefaultURL tells. It takes full ids in the place of its short links.
const website = "https://trello.com"

// pageOf is the page of an external record. What has none of its own is shown where it lives: a list and a label on their board, a check
// item and an attachment on their card. A server that isn't Trello itself has no pages.
func pageOf(c config.Backend, of binding.Binding) string {
	u, err := url.Parse(c.URL)
	if def, _ := url.Parse(DefaultURL); err != nil || u.Host != def.Host || of.ExternalID == "" {
		return ""
	}
	board, card := website+"/b/", website+"/c/"
	switch of.Model {
	case BoardModel:
		return board + url.PathEscape(of.ExternalID)
	case ListModel, LabelModel:
		return under(board, of.Parent, "")
	case CardModel:
		return card + url.PathEscape(of.ExternalID)
	case CheckItemModel, AttachmentModel:
		return under(card, of.Parent, "")
	case CommentModel:
		return under(card, of.Parent, "#comment-"+url.PathEscape(of.ExternalID))
	default:
		return ""
	}
}

func under(path, parent, at string) string {
	if parent == "" {
		return ""
	}
	return path + url.PathEscape(parent) + at
}
