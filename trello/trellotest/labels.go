package trellotest

import (
	"net/http"
	"slices"
)

// usualLabels is how many labels of a board come when no limit is given (facts/trello.md, "surprises").
const usualLabels = 50

// maxLabels is how many labels a board takes (captures/trello/can_get_boards_of_organization, "limits").
const maxLabels = 1000

func (st *state) addLabel(b *board, name, color string) *Label {
	l := &Label{ID: st.newID(), IDBoard: b.ID, Name: name, Color: color}
	b.labels = append(b.labels, l)
	st.labels[l.ID] = l
	return l
}

// removeLabel takes a label off its board and off every card. The cards' dateLastActivity stays: nobody changed them.
func (st *state) removeLabel(l *Label) {
	b := st.boardsByID[l.IDBoard]
	b.labels = without(b.labels, l)
	for _, c := range b.cards {
		c.IDLabels = without(c.IDLabels, l.ID)
	}
	delete(st.labels, l.ID)
}

// baseColors are the colours of captures/trello/board_find_with_id_and_get_all_fields; each also exists with _dark and _light.
func baseColors() []string {
	return []string{"green", "yellow", "orange", "red", "purple", "blue", "sky", "lime", "pink", "black"}
}

func colors() []string {
	all := make([]string, 0, 30)
	for _, suffix := range []string{"", "_dark", "_light"} {
		for _, base := range baseColors() {
			all = append(all, base+suffix)
		}
	}
	return all
}

// labelNames are a board's names by colour: what was set, else the first label's.
func labelNames(b *board) object {
	names := object{}
	for _, color := range colors() {
		name := b.labelNames[color]
		for _, l := range b.labels {
			if name == "" && l.Color == color {
				name = l.Name
			}
		}
		names = names.with(color, name)
	}
	return names
}

func labelTable() []field[*Label] {
	return []field[*Label]{
		{"id", func(l *Label) any { return l.ID }},
		{"idBoard", func(l *Label) any { return l.IDBoard }},
		{"name", func(l *Label) any { return l.Name }},
		{"color", func(l *Label) any { return orNull(l.Color) }},
	}
}

func (c *call) renderLabels(fields string, all []*Label, limit int) []object {
	return renderAll(choose(c, labelTable(), fields, everything), all[:min(limit, len(all))])
}

func (st *state) labelsOf(c *card) []object {
	table := labelTable()
	objects := make([]object, len(c.IDLabels))
	for i, id := range c.IDLabels {
		objects[i] = render(table, st.labels[id])
	}
	return objects
}

func (c *call) boardLabels() (any, error) {
	b, err := c.findBoard(c.arg(0))
	if err != nil {
		return nil, err
	}
	limit := c.p.number("limit", usualLabels)
	if limit > maxPage {
		return nil, invalid("limit")
	}
	return c.renderLabels(c.p["fields"], b.labels, limit), nil
}

func (c *call) postLabel() (any, error) {
	b, err := c.findBoard(c.p["idBoard"])
	if err != nil {
		return nil, badRequestFor(err, "idBoard")
	}
	return c.newLabel(b)
}

func (c *call) postBoardLabel() (any, error) {
	b, err := c.findBoard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.newLabel(b)
}

// newLabel needs a name, which may be empty, and a colour, which may be "null" or empty for none.
func (c *call) newLabel(b *board) (any, error) {
	color, err := c.color()
	if err != nil {
		return nil, err
	}
	if !c.p.has("name") || tooLong(c.p["name"]) {
		return nil, invalid("name")
	}
	if !c.p.has("color") {
		return nil, invalid("color")
	}
	if len(b.labels) >= maxLabels {
		return nil, &apiError{status: http.StatusForbidden, text: "LABELS_PER_BOARD_LIMIT_EXCEEDED"} // the text is a choice
	}
	l := c.addLabel(b, c.p["name"], color)
	return render(labelTable(), l).with("limits", object{}), nil
}

func (c *call) color() (string, error) {
	color, given := c.p.given("color")
	if given && !slices.Contains(colors(), color) {
		return "", invalid("color")
	}
	if !given {
		return "", nil
	}
	return color, nil
}

func (c *call) getLabel() (any, error) {
	l, err := find(c.labels, c.arg(0))
	if err != nil {
		return nil, err
	}
	return render(choose(c, labelTable(), c.p["fields"], everything), l), nil
}

func (c *call) putLabel() (any, error) {
	l, err := find(c.labels, c.arg(0))
	if err != nil {
		return nil, err
	}
	color, err := c.color()
	if err != nil {
		return nil, err
	}
	if err := c.checkTexts("name"); err != nil {
		return nil, err
	}
	if name, given := c.p["name"]; given {
		l.Name = name
	}
	if c.p.has("color") {
		l.Color = color
	}
	return render(labelTable(), l), nil
}

// deleteLabel answers as captures/trello/label_delete.
func (c *call) deleteLabel() (any, error) {
	l, err := find(c.labels, c.arg(0))
	if err != nil {
		return nil, err
	}
	c.removeLabel(l)
	return object{{"limits", object{}}}, nil
}

// postCardLabel answers with the card's label ids (captures/trello/can_add_label_on_a_card).
func (c *call) postCardLabel() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	idLabel := c.p["value"]
	if l := c.labels[idLabel]; l == nil || l.IDBoard != k.IDBoard {
		return nil, invalid("value")
	}
	if slices.Contains(k.IDLabels, idLabel) {
		return nil, bad("that label is already on the card")
	}
	c.putOn(k, idLabel)
	return k.IDLabels, nil
}

func (c *call) putOn(k *card, idLabel string) {
	want := k.Card
	want.IDLabels = append(slices.Clone(want.IDLabels), idLabel)
	c.changeCard(k, want)
}

// deleteCardLabel answers as captures/trello/can_remove_label_on_a_card.
func (c *call) deleteCardLabel() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	if !slices.Contains(k.IDLabels, c.arg(1)) {
		return nil, bad("that label is not on the card")
	}
	want := k.Card
	want.IDLabels = without(want.IDLabels, c.arg(1))
	c.changeCard(k, want)
	return object{{"_value", nil}}, nil
}

// postCardNewLabel makes a label and puts it on the card.
func (c *call) postCardNewLabel() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	color, err := c.color()
	if err != nil {
		return nil, err
	}
	if err := c.checkTexts("name"); err != nil {
		return nil, err
	}
	l := c.addLabel(c.boardsByID[k.IDBoard], c.p["name"], color)
	c.putOn(k, l.ID)
	return render(labelTable(), l), nil
}

func (c *call) cardLabels() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.labelsOf(k), nil
}
