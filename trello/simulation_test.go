package trello_test

import (
	"context"
	"fmt"
	"html"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// The simulation lets people edit both sides at random while syncs run, crash and lose answers. From
// time to time it lets syncs come to rest and looks whether both sides are as they must be. A story
// is a list of moves, each with a seed of its own, so that one that fails can be made shorter.

// move is one step of a story.
type move struct {
	kind string
	seed uint64
}

// doings are all that can happen, and how often.
var doings = []struct {
	kind   string
	weight int
	do     func(*simulation)
}{
	{"rest", 0, (*simulation).rest},
	{"sync", 6, (*simulation).justSync},
	{"crash", 5, (*simulation).crashSync},
	{"loss", 4, (*simulation).lossySync},
	{"busy", 3, (*simulation).busySync},
	{"narrow", 6, (*simulation).narrowSync},
	{"time", 4, (*simulation).timePasses},

	{"card new", 5, (*simulation).newCard},
	{"card name", 4, (*simulation).renameCard},
	{"card desc", 4, (*simulation).describeCard},
	{"card list", 5, (*simulation).moveCard},
	{"card board", 3, (*simulation).moveCardAway},
	{"card due", 3, (*simulation).scheduleCard},
	{"card label", 5, (*simulation).labelCard},
	{"card archive", 5, (*simulation).archiveCard},
	{"card delete", 1, (*simulation).deleteCard},
	{"board new", 1, (*simulation).newBoard},
	{"board close", 2, (*simulation).closeBoard},
	{"board name", 1, (*simulation).renameBoard},
	{"list new", 2, (*simulation).newList},
	{"list name", 2, (*simulation).renameList},
	{"list close", 1, (*simulation).closeList},
	{"label new", 2, (*simulation).newLabel},
	{"label name", 2, (*simulation).renameLabel},

	{"task new", 5, (*simulation).newTask},
	{"task name", 4, (*simulation).renameTask},
	{"task description", 4, (*simulation).describeTask},
	{"task stage", 5, (*simulation).moveTask},
	{"task project", 3, (*simulation).moveTaskAway},
	{"task deadline", 3, (*simulation).scheduleTask},
	{"task tag", 5, (*simulation).tagTask},
	{"task archive", 5, (*simulation).archiveTask},
	{"task delete", 1, (*simulation).deleteTask},
	{"project archive", 2, (*simulation).archiveProject},
	{"project name", 1, (*simulation).renameProject},
	{"stage new", 2, (*simulation).newStage},
	{"stage name", 2, (*simulation).renameStage},
	{"tag new", 1, (*simulation).newTag},
	{"tag name", 2, (*simulation).renameTag},
	{"touch", 1, (*simulation).touch},
}

// tell draws a story: some moves, then a rest, a few times over.
func tell(chance *rand.Rand) (story []move) {
	total := 0
	for _, d := range doings {
		total += d.weight
	}
	for range 5 {
		for range 4 + chance.IntN(14) {
			at, i := chance.IntN(total), 0
			for ; at >= doings[i].weight; i++ {
				at -= doings[i].weight
			}
			story = append(story, move{doings[i].kind, chance.Uint64()})
		}
		story = append(story, move{"rest", chance.Uint64()})
	}
	return story
}

// TestSimulation plays stories drawn by chance. CONNECTOR_SEED plays the one of that seed,
// CONNECTOR_LONG=1 many; a story that fails is made as short as it gets and printed.
func TestSimulation(t *testing.T) {
	first, count := uint64(1), uint64(20)
	if raced {
		count = 2
	}
	if os.Getenv("CONNECTOR_LONG") != "" {
		count = 1000
	}
	if text := os.Getenv("CONNECTOR_SEEDS"); text != "" { // "1000+500": that many from there on
		from, many, _ := strings.Cut(text, "+")
		first, count = number(t, from), number(t, many)
	}
	if text := os.Getenv("CONNECTOR_SEED"); text != "" {
		first, count = number(t, text), 1
	}
	for seed := first; seed < first+count; seed++ {
		t.Run(fmt.Sprintf("Ensure all comes to rest in the story of seed %d", seed), func(t *testing.T) {
			t.Parallel()
			story := tell(rand.New(rand.NewPCG(seed, 0)))
			failures, _ := play(t, seed, story)
			if len(failures) == 0 {
				return
			}
			story = shorten(t, seed, story, failures[0])
			failures, told := play(t, seed, story)
			t.Errorf("CONNECTOR_SEED=%d, made shorter:\n%s\n\n%s", seed, strings.Join(told, "\n"), strings.Join(failures, "\n"))
		})
	}
}

func number(t *testing.T, text string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%q is no seed", text)
	}
	return n
}

// shorten leaves out every move without which the story still fails in the same way.
func shorten(t *testing.T, seed uint64, story []move, failure string) []move {
	t.Helper()
	for part := len(story) / 2; part > 0; {
		shorter := false
		for at := 0; at+part <= len(story); {
			without := slices.Concat(story[:at], story[at+part:])
			if failures, _ := play(t, seed, without); len(failures) > 0 && kindOf(failures[0]) == kindOf(failure) {
				story, shorter = without, true
			} else {
				at += part
			}
		}
		if !shorter {
			part /= 2
		}
	}
	return story
}

// kindOf is a failure without its particulars: what comes before the colon.
func kindOf(failure string) string {
	kind, _, _ := strings.Cut(failure, ":")
	return kind
}

// ear hears what goes wrong in a story, instead of the test.
type ear struct {
	testing.TB
	heard []string
}

// enough is what ends a story at once.
type enough struct{}

func (*ear) Helper()                     {}
func (*ear) Logf(string, ...any)         {}
func (*ear) Log(...any)                  {}
func (e *ear) Errorf(f string, a ...any) { e.heard = append(e.heard, fmt.Sprintf(f, a...)) }
func (e *ear) Error(a ...any)            { e.heard = append(e.heard, fmt.Sprint(a...)) }
func (e *ear) Fatalf(f string, a ...any) { e.Errorf(f, a...); panic(enough{}) }
func (e *ear) Fatal(a ...any)            { e.Error(a...); panic(enough{}) }
func (e *ear) FailNow()                  { panic(enough{}) }

// play tells a story in a world of its own, until its end or the first failure.
func play(t *testing.T, seed uint64, story []move) (failures, told []string) {
	t.Helper()
	e := &ear{TB: t}
	s := newSimulation(e, seed)
	if os.Getenv("CONNECTOR_EXPLAIN") != "" {
		s.explain = func(line string) { s.tell("    %s", line) }
	}
	defer func() {
		failures, told = e.heard, s.told
		if v := recover(); v != nil {
			if _, ok := v.(enough); !ok {
				failures = append(failures, fmt.Sprintf("panic: %v", v))
			}
		}
	}()
	for _, m := range story {
		i := slices.IndexFunc(doings, func(d struct {
			kind   string
			weight int
			do     func(*simulation)
		},
		) bool {
			return d.kind == m.kind
		})
		s.chance = rand.New(rand.NewPCG(m.seed, 0))
		s.clock.Advance(time.Duration(2+s.chance.IntN(5)) * time.Second)
		doings[i].do(s)
		if len(e.heard) > 0 {
			break
		}
	}
	return nil, nil
}

// simulation is a world and what people did in it.
type simulation struct {
	*world
	chance    *rand.Rand
	told      []string
	names     int             // how many were given
	runs      int             // how many syncs have begun
	mine      map[string]bool // what people made, by "card <id>" and "task <id>"
	known     map[string]bool // external records that are bound, and projects
	edits     map[editKey]edit
	elsewhere int64               // a project without a board
	rehearses bool                // every sync comes after a dry run
	probe     *synchronizer.Probe // syncs follow from its looks, and look only at what was found; nil: they look at everything
	cascade   bool                // a project was archived or restored since the last rest, and Odoo took its tasks along
}

// editKey names one field of one record of one side.
type editKey struct{ record, field string }

// edit is the last one that people made of it.
type edit struct {
	was, want string
	run       int  // how many syncs had begun
	old       bool // a rest lies between
}

func newSimulation(t testing.TB, seed uint64) *simulation {
	s := &simulation{
		world: newWorld(t), mine: map[string]bool{}, known: map[string]bool{}, edits: map[editKey]edit{},
		chance: rand.New(rand.NewPCG(seed, 1)),
	}
	s.rehearses = seed%5 == 1
	if seed%2 == 0 {
		s.probe = synchronizer.NewProbe()
	}
	policies := []config.Conflict{config.ConflictAsk, config.ConflictAsk, config.ConflictAsk, config.ConflictOdoo, config.ConflictBackend, config.ConflictNewest}
	policy := policies[seed%uint64(len(policies))]
	for _, m := range allModels() {
		s.model(m, func(c *config.Model) { c.Conflict = policy })
	}
	s.tell("the policy is %s", policy)
	workshop(s.world)
	garden := s.trello.AddBoard("Garden")
	s.trello.AddCard(s.trello.AddList(garden.ID, "To do").ID, "Dig")
	s.trello.AddList(garden.ID, "Watered")
	s.trello.AddLabel(garden.ID, "Urgent", "red")
	project := s.odoo.Create("project.project", map[string]any{"name": "Garden"})
	stage := s.odoo.Create("project.task.type", map[string]any{"name": "To do", "project_ids": links(project)})
	s.odoo.Create("project.task", map[string]any{"name": "Sow", "project_id": project, "stage_id": stage})
	s.elsewhere = s.odoo.Create("project.project", map[string]any{"name": "Elsewhere"})
	s.odoo.Create("project.task.type", map[string]any{"name": "Some day", "project_ids": links(s.elsewhere)})
	for _, b := range s.trello.Boards() {
		for _, c := range s.trello.Cards(b.ID) {
			s.mine["card "+c.ID] = true
		}
	}
	for _, id := range s.odoo.Search("project.task", nil) {
		s.mine[task(id)] = true
	}
	return s
}

func task(id int64) string { return fmt.Sprint("task ", id) }

// tell puts down what happens.
func (s *simulation) tell(format string, args ...any) {
	s.told = append(s.told, fmt.Sprintf(format, args...))
}

// name is one that nothing has yet.
func (s *simulation) name(of string) string {
	s.names++
	return fmt.Sprintf("%s %d", of, s.names)
}

// did notes a person's edit of one field. One that leads back before any sync ran is none.
func (s *simulation) did(record, field, was, want string) {
	k := editKey{record, field}
	e, again := s.edits[k]
	if !again || e.old || e.run != s.runs {
		e = edit{was: was}
	}
	e.want, e.run = want, s.runs
	if s.edits[k] = e; e.was == want {
		delete(s.edits, k)
	}
}

// forget drops edits that are none any more.
func (s *simulation) forget(record, field string) {
	for k := range s.edits {
		if k.record == record && (k.field == field || strings.HasPrefix(k.field, field+" ")) {
			delete(s.edits, k)
		}
	}
}

// pick draws one of several, if there are any.
func pick[T any](s *simulation, all []T) (one T, ok bool) {
	if len(all) == 0 {
		return one, false
	}
	return all[s.chance.IntN(len(all))], true
}

func (s *simulation) coin() bool { return s.chance.IntN(2) == 0 }

// begin counts a sync that is about to run.
func (s *simulation) begins(format string, args ...any) {
	s.runs++
	s.tell(format, args...)
}

func (s *simulation) justSync() {
	if s.probe != nil {
		s.follow()
		return
	}
	if s.rehearses {
		s.rehearse()
	}
	s.begins("a sync")
	if _, err := s.sync(); err != nil {
		s.t.Errorf("sync reports: %v", err)
	}
	s.learn()
}

// follow is a look, and a sync of what it found.
func (s *simulation) follow() {
	s.begins("a look, and a sync of what it found")
	s.withProbe(func(ctx context.Context, r *run, news synchronizer.News) {
		if !news.Any() {
			return
		}
		all := []*synchronizer.Synchronizer{r.Synchronizer}
		if err := synchronizer.SyncFound(ctx, all, news, synchronizer.RunOptions{Owner: "test", Repanic: isCrash})[0]; err != nil {
			s.t.Errorf("sync reports: %v", err)
		}
	})
	s.learn()
}

// withProbe looks at both sides and hands on what was found.
func (s *simulation) withProbe(do func(context.Context, *run, synchronizer.News)) {
	ctx := context.Background()
	r, err := s.begin(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = r.db.Close() }()
	if err := s.probe.Aim(ctx, []*synchronizer.Synchronizer{r.Synchronizer}); err != nil {
		s.t.Fatal(err)
	}
	news := s.probe.LookOutside(ctx)
	news.Add(s.probe.LookAtOdoo(ctx, 0))
	for _, err := range news.Errs {
		s.t.Fatalf("a look fails: %v", err)
	}
	do(ctx, r, news)
}

// rehearse compares a dry run with the sync after it. Where either server puts a moved record by itself, nobody can foretell.
func (s *simulation) rehearse() {
	f := s.forecast()
	s.begins("a sync after a dry run")
	r, err := s.sync()
	if err != nil {
		s.t.Errorf("sync reports: %v", err)
		return
	}
	differences := slices.DeleteFunc(foretold(f, r), func(d string) bool { return strings.Contains(d, " moved: ") })
	if len(listed(f, synchronizer.WouldWait)) == 0 && len(differences) > 0 {
		s.t.Errorf("a dry run said otherwise: %s", strings.Join(differences, "\n"))
	}
}

// crashSync is a sync that stops dead, if it comes that far.
func (s *simulation) crashSync() {
	at := 1 + s.chance.IntN(60)
	s.begins("a sync that dies")
	s.mayDie(at)
	s.learn()
}

// lossySync is a sync in which a request that writes goes wrong.
func (s *simulation) lossySync() {
	number, l := 1+s.chance.IntN(4), losses[s.chance.IntN(len(losses))]
	s.begins("a sync whose write %d %s", number, l.name)
	s.lose(number, l)
	_, err := s.sync()
	s.mend()
	if err != nil && !isOutage(err) {
		s.t.Errorf("sync reports what is no outage: %v", err)
	}
	s.learn()
}

// busySync is a sync in the middle of which a person edits something.
func (s *simulation) busySync() {
	edits := []func(*simulation){
		(*simulation).renameCard, (*simulation).describeCard, (*simulation).scheduleCard, (*simulation).newCard,
		(*simulation).renameTask, (*simulation).describeTask, (*simulation).scheduleTask, (*simulation).newTask,
	}
	at, edit, n := 1+s.chance.IntN(60), edits[s.chance.IntN(len(edits))], 0
	s.begins("a sync in the middle of which, if it comes so far,")
	s.hook = func(context.Context, string) {
		if n++; n == at {
			s.runs++
			edit(s)
			s.runs++
		}
	}
	_, err := s.sync()
	s.hook = nil
	if err != nil {
		s.t.Errorf("sync reports: %v", err)
	}
	s.learn()
}

// narrowSync is a sync that is narrowed by chance, and may stop dead.
func (s *simulation) narrowSync() {
	var l synchronizer.Limits
	if s.coin() {
		l.Direction, _ = pick(s, []config.Direction{config.DirectionImport, config.DirectionExport})
	}
	if s.chance.IntN(3) == 0 {
		m, _ := pick(s, allModels())
		l.Models = []string{m}
	}
	if s.coin() {
		l.Records = 1 + s.chance.IntN(4)
	}
	l.Full = s.chance.IntN(4) == 0
	at := 0
	if s.coin() {
		at = 1 + s.chance.IntN(60)
	}
	s.begins("a sync of %v %q, %d records, full %v, that may die at %d", l.Models, l.Direction, l.Records, l.Full, at)
	s.limits = l
	s.mayDie(at)
	s.limits = synchronizer.Limits{}
	s.learn()
}

func (s *simulation) timePasses() {
	d := time.Duration(1+s.chance.IntN(90)) * time.Minute
	s.tell("%s pass", d)
	s.clock.Advance(d)
}

// learn notes which cards are bound, so that people may edit them.
func (s *simulation) learn() {
	s.look(func(ctx context.Context, binder *binding.Binder, _ *jobs.Queue) {
		for _, m := range allModels() {
			all, err := binder.Lean().All(ctx, m)
			if err != nil {
				s.t.Fatal(err)
			}
			for _, b := range all {
				s.known[b.ExternalID] = b.Bound()
				if m == trello.BoardModel {
					s.known[fmt.Sprint("project ", b.OdooID)] = b.Bound()
				}
			}
		}
	})
}

// rest lets syncs run until one has nothing to do, at most four, and looks at both sides.
func (s *simulation) rest() {
	if s.probe != nil {
		s.follow()
		defer s.withProbe(func(context.Context, *run, synchronizer.News) {})
	}
	for range 4 {
		s.begins("a sync that ends well")
		s.resetRequests()
		r, err := s.sync()
		if err != nil {
			s.t.Fatalf("sync reports: %v", err)
		}
		o, x := s.writes()
		if o+x == 0 && r.Jobs == (synchronizer.JobCounts{}) {
			break
		}
	}
	s.learn()
	s.clock.Advance(time.Hour)
	s.resetRequests()
	r, err := s.sync()
	if err != nil {
		s.t.Fatalf("sync reports: %v", err)
	}
	if o, x := s.writes(); o+x != 0 || r.Jobs != (synchronizer.JobCounts{}) {
		s.t.Fatalf("no rest: after four syncs one more wrote %d times into Odoo and %d times into Trello, with the jobs %+v: %s", o, x, r.Jobs, s.sent())
	}
	s.jobsEnded()
	s.inspect()
}

var tags = regexp.MustCompile(`<[^>]*>`)

// plain are the words of a description.
func plain(description any) string {
	text, _ := description.(string)
	marked := strings.NewReplacer("</p><p>", "\n\n", "<b>", "**", "</b>", "**", "<strong>", "**", "</strong>", "**").Replace(text)
	return html.UnescapeString(tags.ReplaceAllString(marked, ""))
}

// inspection is a look at both sides and the bindings between them.
type inspection struct {
	*simulation
	bindings map[string][]binding.Binding // by model
	external map[string]binding.Binding   // by model and external id
	odoo     map[string][]binding.Binding // by model and Odoo id
	reviews  map[string]binding.Review    // by model, external id and field, or by model, Odoo id
	used     map[editKey]bool             // edits that are to be kept, for they may have a counterpart still
}

func (s *simulation) inspect() {
	in := &inspection{
		simulation: s, bindings: map[string][]binding.Binding{}, external: map[string]binding.Binding{},
		odoo: map[string][]binding.Binding{}, reviews: map[string]binding.Review{}, used: map[editKey]bool{},
	}
	s.look(func(ctx context.Context, binder *binding.Binder, _ *jobs.Queue) {
		for _, m := range allModels() {
			all, err := binder.All(ctx, m)
			reviews, more := binder.Reviews(ctx, m)
			if err != nil || more != nil {
				s.t.Fatalf("bindings cannot be read: %v %v", err, more)
			}
			in.load(m, all, reviews)
		}
	})
	in.wholeness()
	in.boards()
	in.lists()
	in.labels()
	for _, b := range in.bindings[trello.CardModel] {
		if !b.Gone() { // the half that is left stays as it is
			in.pair(b)
		}
	}
	in.strangers()
	in.settle()
}

func (in *inspection) load(model string, all []binding.Binding, reviews []binding.Review) {
	in.bindings[model] = all
	for _, b := range all {
		if b.Intent != "" || !b.Bound() || (b.Gone() && model != trello.CardModel) {
			in.t.Errorf("open binding: %s %q %+v", b, b.Intent, b)
		}
		in.external[model+" "+b.ExternalID] = b
		key := fmt.Sprint(model, " ", b.OdooID)
		in.odoo[key] = append(in.odoo[key], b)
	}
	for _, r := range reviews {
		key := fmt.Sprint(model, " ", r.ExternalID, " ", r.Field)
		if r.ExternalID == "" {
			key = fmt.Sprint(model, " ", r.OdooID)
		}
		in.reviews[key] = r
	}
}

// wholeness looks for records that are there twice, or bound twice or not at all.
func (in *inspection) wholeness() {
	for _, b := range in.bindings[trello.CardModel] {
		if len(in.odoo[fmt.Sprint(trello.CardModel, " ", b.OdooID)]) != 1 {
			in.t.Errorf("bound twice: task %d", b.OdooID)
		}
		if in.mine["card "+b.ExternalID] == in.mine[task(b.OdooID)] {
			in.t.Errorf("double: the pair %s %q has not one half that a person made", b, b.Name)
		}
		_, there := in.trello.Card(b.ExternalID)
		if outside, inOdoo := !there, in.odooRow(b) == nil; b.Gone() != (outside || inOdoo) {
			in.t.Errorf("dead binding: %s is marked %v, and deleted outside %v, in Odoo %v", b, b.Gone(), outside, inOdoo)
		}
	}
	names := map[string]int{}
	for _, b := range in.bindings[trello.ListModel] {
		names[fmt.Sprint(b.OdooID, "@", b.Scope)]++
	}
	for at, n := range names {
		if n != 1 {
			in.t.Errorf("bound twice: stage %s", at)
		}
	}
}

func (in *inspection) odooRow(b binding.Binding) row {
	r := in.simulation.odoo.Read(b.OdooModel, b.OdooID)
	if r == nil {
		return nil
	}
	return r
}

// boards compares the boards with their projects.
func (in *inspection) boards() {
	for _, b := range in.trello.Boards() {
		bound, ok := in.external[trello.BoardModel+" "+b.ID]
		if !ok {
			in.t.Errorf("unbound: the board %q", b.Name)
			continue
		}
		r, mine, its := in.odooRow(bound), "board "+b.ID, fmt.Sprint("project ", bound.OdooID)
		in.field(bound, mine, its, "name", b.Name, r.text("name"))
		in.field(bound, mine, its, "active", fmt.Sprint(!b.Closed), fmt.Sprint(r["active"]))
	}
}

func (in *inspection) lists() {
	for _, b := range in.trello.Boards() {
		for _, l := range in.trello.Lists(b.ID) {
			bound, ok := in.external[trello.ListModel+" "+l.ID]
			if !ok {
				in.t.Errorf("unbound: the list %q", l.Name)
				continue
			}
			r, mine, its := in.odooRow(bound), "list "+l.ID, fmt.Sprint("stage ", bound.OdooID)
			in.field(bound, mine, its, "name", l.Name, r.text("name"))
			if len(r.set("project_ids")) < 2 { // one of several projects is put away for itself
				in.field(bound, mine, its, "active", fmt.Sprint(!l.Closed), fmt.Sprint(r["active"]))
			}
		}
	}
}

func (in *inspection) labels() {
	for _, b := range in.trello.Boards() {
		for _, l := range in.trello.Labels(b.ID) {
			bound, ok := in.external[trello.LabelModel+" "+l.ID]
			if !ok {
				in.t.Errorf("unbound: the label %q", l.Name)
				continue
			}
			if l.Name != "" { // one without a name does not follow its tag
				in.field(bound, "label "+l.ID, fmt.Sprint("tag ", bound.OdooID), "name", l.Name, in.odooRow(bound).text("name"))
			}
		}
	}
}

// pair compares a card with its task.
func (in *inspection) pair(b binding.Binding) {
	c, _ := in.trello.Card(b.ExternalID)
	r := in.odooRow(b)
	mine, its := "card "+c.ID, task(b.OdooID)
	in.field(b, mine, its, "name", c.Name, r.text("name"))
	in.field(b, mine, its, "description", c.Desc, plain(r["description"]))
	in.field(b, mine, its, "date_deadline", moment(c.Due), r.text("date_deadline"))
	in.link(b, "project_id", c.IDBoard, r.link("project_id"), trello.BoardModel)
	if !in.reviewed(b, "project_id") {
		in.link(b, "stage_id", c.IDList, r.link("stage_id"), trello.ListModel)
		in.marks(b, c, r)
	}
	project, stage := in.read("project.project", r.link("project_id")), in.read("project.task.type", r.link("stage_id"))
	if project["active"] == true && stage["active"] != false && !in.reviewed(b, "project_id") {
		in.field(b, mine, its, "active", fmt.Sprint(!c.Closed), fmt.Sprint(r["active"]))
	}
}

func (in *inspection) reviewed(b binding.Binding, field string) bool {
	_, ok := in.reviews[fmt.Sprint(b.Model, " ", b.ExternalID, " ", field)]
	return ok
}

// link compares a link by the bindings.
func (in *inspection) link(b binding.Binding, field, external string, id int64, model string) {
	of := in.external[model+" "+external]
	in.equal(b, field, fmt.Sprint(of.OdooID), fmt.Sprint(id))
	in.kept(b, "card "+b.ExternalID, task(b.OdooID), field, external, fmt.Sprint(id))
}

// marks compares a card's labels with its task's tags, as far as the board has them.
func (in *inspection) marks(b binding.Binding, c trellotest.Card, r row) {
	var outside, inOdoo []int64
	for _, id := range c.IDLabels {
		outside = append(outside, in.external[trello.LabelModel+" "+id].OdooID)
	}
	for _, id := range r.set("tag_ids") {
		for _, l := range in.odoo[fmt.Sprint(trello.LabelModel, " ", id)] {
			if l.Scope == c.IDBoard {
				inOdoo = append(inOdoo, id)
			}
		}
	}
	in.equal(b, "tag_ids", ids(outside), ids(inOdoo))
	in.keptMarks(b, c, r)
}

// ids are a set in a form that can be compared.
func ids(all []int64) string {
	all = slices.Clone(all)
	slices.Sort(all)
	return fmt.Sprint(slices.Compact(all))
}

// keptMarks looks for labels and tags that a person put on or took off, and that are not so.
func (in *inspection) keptMarks(b binding.Binding, c trellotest.Card, r row) {
	if in.touched(b, "moved") {
		return
	}
	for _, l := range in.trello.Labels(c.IDBoard) {
		tag := in.external[trello.LabelModel+" "+l.ID].OdooID
		x, changed := in.edits[editKey{"card " + c.ID, "label " + l.ID}]
		if _, both := in.edits[editKey{task(b.OdooID), fmt.Sprint("label ", tag)}]; changed && !both && !in.alias(tag, c.IDBoard) {
			if got := fmt.Sprint(slices.Contains(c.IDLabels, l.ID)); got != x.want {
				in.t.Errorf("lost edit: the card %q has the label %q: %s, want %s", c.Name, l.Name, got, x.want)
			}
		}
	}
	for k, x := range in.edits {
		tag, isTag := strings.CutPrefix(k.field, "label ")
		if k.record != task(b.OdooID) || !isTag || in.labelEdited(c.ID, tag) {
			continue
		}
		id, _ := strconv.ParseInt(tag, 10, 64)
		if got := fmt.Sprint(slices.Contains(r.set("tag_ids"), id)); got != x.want {
			in.t.Errorf("lost edit: the task %q has the tag %s: %s, want %s", r["name"], tag, got, x.want)
		}
	}
}

// alias says that several labels of the board stand for the tag.
func (in *inspection) alias(tag int64, board string) bool {
	n := 0
	for _, b := range in.odoo[fmt.Sprint(trello.LabelModel, " ", tag)] {
		if b.Scope == board {
			n++
		}
	}
	return n > 1
}

func (in *inspection) labelEdited(card, tag string) bool {
	for k := range in.edits {
		label, isLabel := strings.CutPrefix(k.field, "label ")
		if k.record == "card "+card && isLabel && fmt.Sprint(in.external[trello.LabelModel+" "+label].OdooID) == tag {
			return true
		}
	}
	return false
}

// touched says that people did this to either half of a pair.
func (in *inspection) touched(b binding.Binding, field string) bool {
	_, x := in.edits[editKey{"card " + b.ExternalID, field}]
	_, o := in.edits[editKey{task(b.OdooID), field}]
	return x || o
}

// field compares a field, and looks whether an edit of it was lost.
func (in *inspection) field(b binding.Binding, mine, its, field, external, inOdoo string) {
	in.equal(b, field, external, inOdoo)
	in.kept(b, mine, its, field, external, inOdoo)
}

// equal demands that both halves hold the same, unless a person is asked.
func (in *inspection) equal(b binding.Binding, field, external, inOdoo string) {
	if external != inOdoo && !in.reviewed(b, field) {
		in.t.Errorf("unequal %s of %s: %q has %q outside and %q in Odoo", field, b.Model, b.Name, external, inOdoo)
	}
}

// kept demands that what a person set stays, unless another person set the other half.
func (in *inspection) kept(b binding.Binding, mine, its, field, external, inOdoo string) {
	if in.cascade && field == "active" && b.Model == trello.CardModel {
		return // what Odoo does to tasks by itself cannot always be told from what people do
	}
	x, outside := in.edits[editKey{mine, field}]
	o, inside := in.edits[editKey{its, field}]
	_, moved := in.edits[editKey{mine, "moved"}]
	_, movedInOdoo := in.edits[editKey{its, "moved"}]
	if field == "stage_id" && ((outside && movedInOdoo) || (inside && moved)) {
		return // the half that moves decides on this link, whatever the other half says of it
	}
	switch {
	case outside && inside:
		in.both(b, field, x, o, external, inOdoo)
	case outside && x.want != external && !in.guarded(b):
		in.t.Errorf("lost edit: %s %q has %s %q outside, want %q", b.Model, b.Name, field, external, x.want)
	case inside && o.want != inOdoo && !in.guarded(b):
		in.t.Errorf("lost edit: %s %q has %s %q in Odoo, want %q", b.Model, b.Name, field, inOdoo, o.want)
	}
}

// guarded says that a name is shared, so that a rename through another binding may have changed it.
func (in *inspection) guarded(b binding.Binding) bool {
	return (b.Model == trello.ListModel || b.Model == trello.LabelModel) && len(in.odoo[fmt.Sprint(b.Model, " ", b.OdooID)]) > 1
}

// both looks at a field that was edited on both sides. Where no sync ran between, both edits stay or
// the policy has chosen.
func (in *inspection) both(b binding.Binding, field string, x, o edit, external, inOdoo string) {
	if x.old || o.old || x.run != o.run || in.guarded(b) || in.touched(b, "moved") {
		return
	}
	switch policy := in.models[0].Conflict; {
	case external == x.want && inOdoo == o.want:
	case policy == config.ConflictAsk:
		in.t.Errorf("conflict decided: %s %q was set to %q outside and %q in Odoo, and has %s %q and %q",
			b.Model, b.Name, x.want, o.want, field, external, inOdoo)
	case policy == config.ConflictOdoo && inOdoo != o.want, policy == config.ConflictBackend && external != x.want,
		policy == config.ConflictNewest && inOdoo != o.want && external != x.want:
		in.t.Errorf("policy %s: %s %q was set to %q outside and %q in Odoo, and has %s %q and %q",
			policy, b.Model, b.Name, x.want, o.want, field, external, inOdoo)
	}
}

// strangers looks for records that should be bound, and for those that nobody made.
func (in *inspection) strangers() {
	for _, board := range in.trello.Boards() {
		for _, c := range in.trello.Cards(board.ID) {
			if _, ok := in.external[trello.CardModel+" "+c.ID]; !ok {
				in.t.Errorf("unbound: the card %q, made by a person: %v", c.Name, in.mine["card "+c.ID])
			}
		}
	}
	for _, id := range in.simulation.odoo.Search("project.task", nil) {
		r := in.read("project.task", id)
		_, waits := in.reviews[fmt.Sprint(trello.CardModel, " ", id)]
		project := fmt.Sprint(trello.BoardModel, " ", r.link("project_id"))
		if len(in.odoo[fmt.Sprint(trello.CardModel, " ", id)]) == 0 && len(in.odoo[project]) > 0 && !waits {
			in.t.Errorf("unbound: the task %q, made by a person: %v", r["name"], in.mine[task(id)])
		}
	}
	for key, r := range in.reviews {
		in.legitimate(key, r)
	}
}

// legitimate demands that a person is asked for a reason.
func (in *inspection) legitimate(key string, r binding.Review) {
	b := in.external[r.Model+" "+r.ExternalID]
	ok := false
	switch r.Kind {
	case binding.Conflict:
		ok = in.editedOnBoth(b, r.Field)
	case binding.Deleted:
		ok = b.Gone()
	case binding.Lossy:
		ok = strings.Contains(in.odooRow(b).text("description"), "<u>")
	case binding.Shared:
		ok = in.guarded(b)
	case binding.MissingReference:
		ok = in.leadsNowhere(r, b)
	}
	if !ok {
		in.t.Errorf("review %s: %s %+v", r.Kind, key, r)
	}
}

func (in *inspection) editedOnBoth(b binding.Binding, field string) bool {
	names := map[string][2]string{
		trello.BoardModel: {"board ", "project "}, trello.ListModel: {"list ", "stage "},
		trello.LabelModel: {"label ", "tag "}, trello.CardModel: {"card ", "task "},
	}[b.Model]
	_, x := in.edits[editKey{names[0] + b.ExternalID, field}]
	_, o := in.edits[editKey{fmt.Sprint(names[1], b.OdooID), field}]
	return (x && o) || in.touched(b, "moved")
}

func (in *inspection) leadsNowhere(r binding.Review, b binding.Binding) bool {
	id := r.OdooID
	if b.OdooID != 0 {
		id = b.OdooID
	}
	t := in.read("project.task", id)
	project := in.odoo[fmt.Sprint(trello.BoardModel, " ", t.link("project_id"))]
	if len(project) == 0 {
		return true
	}
	for _, l := range in.odoo[fmt.Sprint(trello.ListModel, " ", t.link("stage_id"))] {
		if l.Scope == project[0].ExternalID {
			return false
		}
	}
	return true
}

// settle forgets the edits that both sides hold now; those that wait for a person are kept.
func (in *inspection) settle() {
	in.cascade = false
	for k, e := range in.edits {
		e.old = true
		in.edits[k] = e
		if !in.waits(k) {
			delete(in.edits, k)
		}
	}
}

func (in *inspection) waits(k editKey) bool {
	kind, id, _ := strings.Cut(k.record, " ")
	for _, r := range in.reviews {
		b := in.external[r.Model+" "+r.ExternalID]
		mine := map[string]string{trello.BoardModel: "board", trello.ListModel: "list", trello.LabelModel: "label", trello.CardModel: "card"}[r.Model]
		its := map[string]string{trello.BoardModel: "project", trello.ListModel: "stage", trello.LabelModel: "tag", trello.CardModel: "task"}[r.Model]
		if (kind == mine && id == r.ExternalID || kind == its && id == fmt.Sprint(b.OdooID)) && (k.field == r.Field || k.field == "moved") {
			return true
		}
	}
	return false
}

var _ = odootest.After
