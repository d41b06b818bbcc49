package trellotest

import (
	"strings"
	"time"
)

// The demo data are the boards of a small joinery: its workshop, its new web site and its move to another office. They are made to meet
// the demo Odoo of the sandbox: the first two boards have a project of the same name there, the third has none. What is on both sides is
// written down on both, in the same words.

// demoBoard is a board of the demo.
type demoBoard struct {
	name   string
	lists  []string // from left to right
	closed string   // the list that is closed in the end
	labels []demoLabel
	cards  []demoCard
}

// demoLabel is a label. Cards name it by its key, as a label may lack a name and share one.
type demoLabel struct{ key, name, color string }

// demoCard is a card.
type demoCard struct {
	list, name string
	desc       string
	labels     []string
	due        int // days after the day on which the demo begins; 0 is none
	archived   bool
}

// Demo fills a new server with demo data: 3 boards with 12 lists, one of them closed with an open card, 14 labels, of which some have no
// name and two of one board the same, and 39 cards, of which 4 are archived. At the same time of the server's clock the data are the
// same, ids included; due dates are counted from its day in UTC.
func Demo(s *Server) {
	day := s.options.Clock().UTC().Truncate(24 * time.Hour)
	for _, b := range []demoBoard{workshopBoard(), websiteBoard(), officeBoard()} {
		b.addTo(s, day)
	}
}

// addTo makes the board.
func (b demoBoard) addTo(s *Server, day time.Time) {
	board := s.AddBoard(b.name)
	lists, labels := map[string]string{}, map[string]string{}
	for _, name := range b.lists {
		lists[name] = s.AddList(board.ID, name).ID
	}
	for _, l := range b.labels {
		labels[l.key] = s.AddLabel(board.ID, l.name, l.color).ID
	}
	for _, c := range b.cards {
		s.AddCard(lists[c.list], c.name, c.options(labels, day)...)
	}
	if b.closed != "" {
		s.CloseList(lists[b.closed])
	}
}

// options are the card's data beside its name.
func (c demoCard) options(labels map[string]string, day time.Time) []CardOption {
	options := []CardOption{WithDesc(c.desc)}
	var ids []string
	for _, key := range c.labels {
		ids = append(ids, labels[key])
	}
	if len(ids) > 0 {
		options = append(options, WithLabels(ids...))
	}
	if c.due != 0 {
		options = append(options, WithDue(day.AddDate(0, 0, c.due).Add(15*time.Hour)))
	}
	if c.archived {
		options = append(options, Archived())
	}
	return options
}

// paragraphs joins paragraphs to a text.
func paragraphs(texts ...string) string { return strings.Join(texts, "\n\n") }

// workshopBoard has 16 cards, of which 5 are tasks of the project too.
func workshopBoard() demoBoard {
	return demoBoard{
		name:  "Workshop",
		lists: []string{"To do", "Doing", "Waiting for parts", "Done"},
		labels: []demoLabel{
			{"urgent", "Urgent", "red"},
			{"oak", "Oak", "orange"},
			{"oak again", "Oak", "lime"},
			{"kitchen", "Küche", "blue"},
			{"green", "", "green"},
			{"yellow", "", "yellow"},
		},
		cards: append(workshopCards(), workshopCardsOfBoth()...),
	}
}

// workshopCards exist in Trello only.
func workshopCards() []demoCard {
	return []demoCard{
		{list: "To do", name: "Paint the door", labels: []string{"urgent"}, due: 3, desc: paragraphs(
			"The door of the showroom: sand it, prime it, two coats of RAL 6005.",
			"Not before the hinges are off.")},
		{list: "To do", name: "Order 40 m² of oak veneer", labels: []string{"oak", "oak again"}, desc: "0.9 mm, quarter-sawn, A/B."},
		{list: "To do", name: "Kücheninsel für Familie Öztürk", labels: []string{"kitchen", "green"}, due: 14, desc: paragraphs(
			"Maße: 2,40 m × 1,10 m × 0,92 m.\nPlatte: Nussbaum, geölt.",
			"Die Kochfeldaussparung kommt vom Küchenstudio, bitte erst danach fräsen.",
			"Rückfragen an Frau Öztürk, nachmittags.")},
		{list: "To do", name: "Quote for <Müller & Söhne>: shelves", desc: "12 shelves, load > 40 kg each & adjustable.\nDepth < 35 cm."},
		{list: "To do", name: "Fire extinguishers: yearly check", due: 21},
		{list: "Doing", name: "Repair the band saw 🪚", labels: []string{"yellow"}, desc: "The lower guide is worn. Part no. 4711-B."},
		{list: "Doing", name: "Staircase, Gasse 7: sand the treads", labels: []string{"oak again"}},
		{list: "Waiting for parts", name: "Drawer slides for the Lehmann wardrobe", due: 9, desc: "Six pairs, 500 mm, full extension."},
		{list: "Done", name: "Sharpen all planes & chisels"},
		{list: "Done", name: "Workbench for the apprentice 👷‍♀️", desc: "Height 86 cm."},
		{list: "Done", name: "Clarify invoice 2023-118", archived: true, desc: "Paid twice; the second payment was sent back."},
	}
}

// workshopCardsOfBoth exist in Odoo as well, with the same values.
func workshopCardsOfBoth() []demoCard {
	return []demoCard{
		{list: "Doing", name: "Wall panels for the dentist's waiting room", labels: []string{"urgent"}, due: 5, desc: paragraphs(
			"Eight panels, ash, with the recess for the fish tank.",
			"Mount them on a Wednesday afternoon, when the practice is closed.")},
		{list: "To do", name: "Bookshelf, 2.40 m, beech"},
		{list: "Waiting for parts", name: "Bench for the Grüner Markt", desc: "The cast feet come from Gießerei Böhm."},
		{list: "Done", name: "Maintain the dust extraction", archived: true, desc: "Filters changed, hose mended."},
		{list: "Doing", name: "Table top for Café Zoë ☕", labels: []string{"oak"}, desc: "Round, 70 cm, edges broken."},
	}
}

// websiteBoard has 13 cards, of which 3 are tasks of the project too and one is a task with other values.
func websiteBoard() demoBoard {
	return demoBoard{
		name:   "Website launch",
		lists:  []string{"To do", "Doing", "Done", "Old ideas"},
		closed: "Old ideas",
		labels: []demoLabel{
			{"urgent", "Urgent", "red"},
			{"texts", "Texts & pictures", "sky"},
			{"bug", "Bug", "purple"},
			{"blue", "", "blue"},
		},
		cards: append(websiteCards(), websiteCardsOfBoth()...),
	}
}

// websiteCards exist in Trello only.
func websiteCards() []demoCard {
	return []demoCard{
		{list: "To do", name: "Write the page “About us”", labels: []string{"texts"}, due: 7, desc: paragraphs(
			"Who we are, since when, what we love to build.",
			"Not longer than a screen.",
			"Oma Jäger wants to read it first.")},
		{list: "To do", name: "Photos of the new workshop 📷", labels: []string{"texts", "blue"}},
		{list: "To do", name: "Imprint & privacy: have them checked", labels: []string{"urgent"}, due: 12},
		{list: "To do", name: "Redirect the old addresses (301)", desc: "/shop.php?id=… → /furniture/…"},
		{list: "To do", name: "sitemap.xml & robots.txt", desc: "<urlset> with the pages only, no pictures."},
		{list: "Doing", name: "Colours: no more than three greens", labels: []string{"texts"}, desc: "#0b3d2e, #3a7d44 and one to be chosen."},
		{list: "Done", name: "Buy the domain jäger-möbel.example", desc: "And its form without umlauts."},
		{list: "Old ideas", name: "A blog with a tip every week", desc: "Who writes it in summer?"},
		{list: "Old ideas", name: "Chat bot", archived: true, labels: []string{"bug"}},
	}
}

// websiteCardsOfBoth exist in Odoo as well; the last one has other values there.
func websiteCardsOfBoth() []demoCard {
	return []demoCard{
		{list: "Done", name: "Choose a host", desc: paragraphs("One in the country, with backups.", "Decided: the small one.")},
		{list: "Doing", name: "Contact form: <name> & <e-mail>", labels: []string{"bug"}, desc: "The form must not send <script> on & must keep line ends."},
		{list: "To do", name: "Launch day 🎉", labels: []string{"urgent"}, due: 30},
		{list: "To do", name: "Translate the pages into English", due: 10, desc: "All but the imprint."},
	}
}

// officeBoard has 10 cards. Odoo knows nothing of it.
func officeBoard() demoBoard {
	return demoBoard{
		name:  "Office move",
		lists: []string{"To do", "Doing", "Boxes & <bags>", "Done"},
		labels: []demoLabel{
			{"it", "IT", "blue"},
			{"fragile", "Fragile <glass>", "pink"},
			{"green", "", "green"},
			{"red", "", "red"},
		},
		cards: []demoCard{
			{list: "To do", name: "Measure the new rooms", due: 2, desc: "Doors & windows too; the archive needs 6 m of wall."},
			{list: "To do", name: "Cancel the old lease 🏢", labels: []string{"red"}, due: 6, desc: paragraphs(
				"Three months to the end of a quarter, in writing.",
				"Ask for the deposit back:\n2 400 € since 2011.")},
			{list: "To do", name: "Change of address: bank, insurers, tax office"},
			{list: "To do", name: "Internet & telephone at the new place", labels: []string{"it"}, due: 28},
			{list: "Doing", name: "Sort the archive: what may go?", labels: []string{"green"}, desc: "Ten years for invoices, six for letters."},
			{list: "Boxes & <bags>", name: "Kitchen: cups and the Kaffeemaschine ☕", labels: []string{"fragile"}},
			{list: "Boxes & <bags>", name: "Server cabinet", labels: []string{"it", "fragile"}, desc: "Shut down on Friday at 18:00, photograph the cables."},
			{list: "Boxes & <bags>", name: "Glass doors of the showcase", labels: []string{"fragile"}},
			{list: "Done", name: "Hire a van", desc: "7.5 t, with a tail lift."},
			{list: "Done", name: "Ask three movers for a price", archived: true},
		},
	}
}
