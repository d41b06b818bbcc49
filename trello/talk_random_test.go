package trello_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// chatter are people on both sides who comment, edit, delete and attach by chance, while runs come and die.
type chatter struct {
	*world
	chance *rand.Rand
	cards  []trellotest.Card
	tasks  []int64
	member string
	said   int
}

func newChatter(t *testing.T, seed uint64) *chatter {
	c := &chatter{world: newWorld(t), chance: rand.New(rand.NewPCG(seed, 1))}
	board := c.trello.AddBoard("Workshop")
	list := c.trello.AddList(board.ID, "To do")
	for _, name := range []string{"One", "Two"} {
		c.cards = append(c.cards, c.trello.AddCard(list.ID, name))
	}
	c.member = c.trello.AddMember("ada", "Ada Lovelace").ID
	c.model(trello.CommentModel, func(m *config.Model) { m.Conflict = config.ConflictOdoo })
	c.mustSync()
	for _, card := range c.cards {
		c.tasks = append(c.tasks, c.odooID("project.task", card.Name))
	}
	c.clock.Advance(time.Hour)
	return c
}

// words are what somebody says; some say the same.
func (c *chatter) words() string {
	c.said++
	return []string{"OK", "*Yes*, " + fmt.Sprint(c.said), "- one\n- two\n\n" + fmt.Sprint(c.said), "1 < 2 & " + fmt.Sprint(c.said)}[c.chance.IntN(4)]
}

func (c *chatter) html() string {
	c.said++
	return []string{"<p>OK</p>", fmt.Sprintf("<p>No <b>%d</b></p>", c.said), fmt.Sprintf("<p>a &lt; b</p><ul><li>%d</li></ul>", c.said)}[c.chance.IntN(3)]
}

// ownMessages are the messages of a task that were written in Odoo and are still there.
func (c *chatter) ownMessages(task int64) []int64 {
	ids := c.odoo.Search("mail.message", []any{[]any{"model", "=", "project.task"}, []any{"res_id", "=", task}, []any{"message_type", "=", "comment"}})
	ids = slices.DeleteFunc(ids, func(id int64) bool {
		mark, _ := c.value("mail.message", id, "message_id").(string)
		return strings.Contains(mark, "__connector__")
	})
	slices.Sort(ids)
	return ids
}

func oneOf[T any](c *chatter, all []T) (one T, ok bool) {
	if len(all) == 0 {
		return one, false
	}
	return all[c.chance.IntN(len(all))], true
}

// act lets somebody do something.
func (c *chatter) act() {
	i := c.chance.IntN(len(c.cards))
	card, task := c.cards[i].ID, c.tasks[i]
	comment, commented := oneOf(c, c.trello.CommentsOf(card))
	message, written := oneOf(c, c.ownMessages(task))
	own := comment.IDMember != c.member
	switch what := c.chance.IntN(11); {
	case what == 0:
		c.trello.AddCommentBy(card, c.member, c.words())
	case what == 1:
		c.trello.AddComment(card, c.words())
	case what <= 3:
		c.say(task, "Bob Baker", c.html())
	case what == 4 && commented && own && strings.HasPrefix(comment.Text, "**Bob"):
		c.trello.EditComment(comment.ID, "**Bob Baker (Odoo):** "+c.words())
	case what == 5 && commented && !own:
		c.trello.EditComment(comment.ID, c.words())
	case what == 6 && written:
		c.set("mail.message", message, "body", c.html())
	case what == 7 && commented:
		c.trello.DeleteComment(comment.ID)
	case what == 8 && written:
		c.odoo.Unlink("mail.message", message)
	case what == 9:
		c.trello.AddFile(card, fmt.Sprintf("t%d.txt", c.said), "text/plain", []byte(fmt.Sprint(c.chance.IntN(4))))
	case what == 10:
		c.hang("project.task", task, fmt.Sprintf("o%d.txt", c.said), fmt.Sprint(c.chance.IntN(4)))
	}
	c.clock.Advance(time.Duration(c.chance.IntN(90)) * time.Second)
}

// agree demands that both sides of every card hold the same, as far as nobody deleted the original of what is left.
func (c *chatter) agree() {
	c.t.Helper()
	for i, card := range c.cards {
		var files, hung []string
		for _, f := range c.files(c.tasks[i]) {
			_, content, _ := strings.Cut(f, ": ")
			files = append(files, content)
		}
		for _, f := range c.hung(card.ID) {
			_, content, _ := strings.Cut(f, ": ")
			hung = append(hung, content)
		}
		slices.Sort(files)
		slices.Sort(hung)
		if !slices.Equal(files, hung) {
			c.t.Errorf("task %s has the files %q, its card %q", card.Name, files, hung)
		}
		gone := 0
		for _, rv := range c.reviews(trello.CommentModel) {
			if rv.Parent == card.ID && rv.Kind == "deleted" {
				gone++ // the original stays where its copy was deleted
			}
		}
		if o, x := len(c.messages(c.tasks[i])), len(c.trello.Comments(card.ID)); max(o, x)-min(o, x) > gone {
			c.t.Errorf("task %s has %d messages, its card %d comments, and %d were deleted on one side alone:\n%q\n%q",
				card.Name, o, x, gone, c.messages(c.tasks[i]), c.trello.Comments(card.ID))
		}
	}
}

func TestTalkByChance(t *testing.T) {
	for seed := range uint64(12) {
		if left(int(seed)) {
			continue
		}
		t.Run(fmt.Sprintf("Ensure both sides agree in the end, draw %d", seed), func(t *testing.T) {
			t.Parallel()
			c := newChatter(t, seed)
			for range 8 {
				for range 1 + c.chance.IntN(6) {
					c.act()
				}
				if c.chance.IntN(3) == 0 {
					c.mayDie(1 + c.chance.IntN(120))
				} else if _, err := c.sync(); err != nil {
					t.Fatal(err)
				}
			}
			c.again()
			c.again()
			c.agree()
			c.jobsEnded()
			c.quiet()
		})
	}
}
