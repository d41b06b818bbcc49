package trello

import "time"

// The objects that come nested in boards and cards, cut to what is mapped. A pointer is a value that may be null.

// customField is the definition of a field that a board adds to its cards. Type is "text", "number", "date", "checkbox" or "list".
type customField struct {
	ID      string        `json:"id"`
	Name    string        `json:"name"`
	Type    string        `json:"type"`
	Options []fieldOption `json:"options"`
}

// fieldOption is one value of a field of the type list.
type fieldOption struct {
	ID    string `json:"id"`
	Value struct {
		Text string `json:"text"`
	} `json:"value"`
}

func (*customField) noun() string    { return "custom field" }
func (*customField) asked() []string { return []string{"name", "type"} }

// fieldItem is a card's value in a custom field: IDValue for a list, else Value with one key ("text", "number", "date" or "checked")
// whose value is a text even for numbers (captures of Trello, custom_field_item_save_2).
type fieldItem struct {
	ID            string            `json:"id"`
	IDCustomField string            `json:"idCustomField"`
	IDValue       string            `json:"idValue"`
	Value         map[string]string `json:"value"`
}

// checklist is a checklist of a card. Its items come in the order in which they were made: what people see is the order of Pos.
type checklist struct {
	ID         string      `json:"id"`
	Name       string      `json:"name"`
	IDCard     string      `json:"idCard"`
	Pos        float64     `json:"pos"`
	CheckItems []checkItem `json:"checkItems"`
}

// checkItem is a line of a checklist; State is "complete" or "incomplete".
type checkItem struct {
	ID          string     `json:"id"`
	IDChecklist string     `json:"idChecklist"`
	Name        string     `json:"name"`
	State       string     `json:"state"`
	Pos         float64    `json:"pos"`
	Due         *time.Time `json:"due"`
	IDMember    *string    `json:"idMember"`
}

// attachment is a file (IsUpload) or a link of a card. A link has no Bytes.
type attachment struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	FileName string     `json:"fileName"`
	MimeType string     `json:"mimeType"`
	URL      string     `json:"url"`
	Bytes    *int64     `json:"bytes"`
	Date     *time.Time `json:"date"`
	Pos      float64    `json:"pos"`
	IsUpload bool       `json:"isUpload"`
	IDMember string     `json:"idMember"`
}

// comment is an action of the type commentCard.
type comment struct {
	ID              string     `json:"id"`
	IDMemberCreator string     `json:"idMemberCreator"`
	Date            *time.Time `json:"date"`
	Data            struct {
		Text           string     `json:"text"`
		DateLastEdited *time.Time `json:"dateLastEdited"`
		Card           struct {
			ID        string `json:"id"`
			ShortLink string `json:"shortLink"`
		} `json:"card"`
	} `json:"data"`
	MemberCreator member `json:"memberCreator"`
}

func (*comment) noun() string    { return "comment" }
func (*comment) asked() []string { return []string{"idMemberCreator", "date", "data"} }
