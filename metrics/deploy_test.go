package metrics_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/odoo-connector/connector/metrics"
)

var update = flag.Bool("update", false, "write the table of metrics in docs/monitoring.md")

const (
	alertsFile    = "../deploy/prometheus/alerts.yaml"
	dashboardFile = "../deploy/grafana/dashboard.json"
	pageFile      = "../docs/monitoring.md"
)

// rules are a file of alert rules, as Prometheus' documentation has it.
type rules struct {
	Groups []struct {
		Name  string `yaml:"name"`
		Rules []rule `yaml:"rules"`
	} `yaml:"groups"`
}

type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func readRules(t *testing.T) (all []rule) {
	t.Helper()
	text, err := os.ReadFile(alertsFile)
	if err != nil {
		t.Fatal(err)
	}
	var r rules
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	decoder.KnownFields(true)
	if err := decoder.Decode(&r); err != nil {
		t.Fatal(err)
	}
	for _, g := range r.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

var (
	metricName = regexp.MustCompile(`\b(?:connector|process)_[a-z_]+`)
	selector   = regexp.MustCompile(`\b((?:connector|process)_[a-z_]+)\{([^}]*)\}`)
	matcher    = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)\s*"[^"]*"`)
	grouping   = regexp.MustCompile(`\b(?:by|on|without|ignoring)\s*\(([^)]*)\)`)
	reference  = regexp.MustCompile(`\$labels\.([a-z_]+)`)
)

// familyOf finds the metric that a name in an expression stands for.
func familyOf(name string) (metrics.Family, bool) {
	for _, f := range metrics.Catalogue() {
		if f.Name == name {
			return f, true
		}
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if f.Type == metrics.Histogram && f.Name+suffix == name {
				f.Labels = append(slices.Clone(f.Labels), "le")
				return f, true
			}
		}
	}
	return metrics.Family{}, false
}

// checkExpression says what an expression names that there is not, and gives the labels of its metrics.
func checkExpression(expr string) (labels, problems []string) {
	names := metricName.FindAllString(expr, -1)
	if len(names) == 0 {
		return nil, []string{"it names no metric"}
	}
	for _, name := range names {
		f, known := familyOf(name)
		if !known {
			problems = append(problems, "there is no metric "+name)
		}
		labels = append(labels, f.Labels...)
	}
	for _, m := range selector.FindAllStringSubmatch(expr, -1) {
		f, _ := familyOf(m[1])
		for _, pair := range matcher.FindAllStringSubmatch(m[2], -1) {
			if !slices.Contains(f.Labels, pair[1]) {
				problems = append(problems, fmt.Sprintf("%s has no label %s", m[1], pair[1]))
			}
		}
	}
	for _, m := range grouping.FindAllStringSubmatch(expr, -1) {
		for _, label := range strings.Split(m[1], ",") {
			if label = strings.TrimSpace(label); !slices.Contains(labels, label) {
				problems = append(problems, "no metric of it has the label "+label)
			}
		}
	}
	return labels, append(problems, unbalanced(expr)...)
}

// unbalanced finds brackets and quotes that are not closed.
func unbalanced(expr string) []string {
	var open []rune
	quoted := false
	for _, r := range expr {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted:
		case strings.ContainsRune("([{", r):
			open = append(open, map[rune]rune{'(': ')', '[': ']', '{': '}'}[r])
		case strings.ContainsRune(")]}", r):
			if len(open) == 0 || open[len(open)-1] != r {
				return []string{fmt.Sprintf("a %c too many", r)}
			}
			open = open[:len(open)-1]
		}
	}
	if quoted || len(open) > 0 {
		return []string{fmt.Sprintf("%q is missing at its end", string(open))}
	}
	return nil
}

func TestAlerts(t *testing.T) {
	all := readRules(t)
	page, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range all {
		t.Run("Ensure all that the rule "+r.Alert+" names is there, and its page tells what to do", func(t *testing.T) {
			labels, problems := checkExpression(r.Expr)
			for _, p := range problems {
				t.Errorf("%s: %s", r.Expr, p)
			}
			for name, text := range r.Annotations {
				for _, m := range reference.FindAllStringSubmatch(text, -1) {
					if m[1] != "instance" && !slices.Contains(labels, m[1]) {
						t.Errorf("%s: there is no label %s", name, m[1])
					}
				}
			}
			if r.Alert == "" || seen[r.Alert] || r.Annotations["summary"] == "" || r.Annotations["description"] == "" || r.Labels["severity"] == "" {
				t.Errorf("it is not complete: %+v", r)
			}
			if _, err := time.ParseDuration(strings.Replace(r.For, "1d", "24h", 1)); r.For != "" && err != nil {
				t.Errorf("for: %v", err)
			}
			if !strings.Contains(string(page), "`"+r.Alert+"`") {
				t.Errorf("docs/monitoring.md does not know it")
			}
			seen[r.Alert] = true
		})
	}
	t.Run("Ensure Prometheus takes the rules", func(t *testing.T) {
		promtool, err := exec.LookPath("promtool")
		if err != nil {
			t.Skip("promtool is not installed")
		}
		if out, err := exec.CommandContext(t.Context(), promtool, "check", "rules", alertsFile).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("Ensure mistakes in expressions would be found", func(t *testing.T) {
		for _, expr := range []string{
			"time()", "connector_job > 0", `connector_jobs{colour="red"}`, "sum by (colour) (connector_jobs)", "sum(connector_jobs", "connector_jobs)",
			`connector_jobs{state="x}`, "connector_jobs_bucket",
		} {
			if _, problems := checkExpression(expr); len(problems) == 0 {
				t.Errorf("%s passes", expr)
			}
		}
	})
}

func TestDashboard(t *testing.T) {
	text, err := os.ReadFile(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		UID    string
		Panels []struct {
			ID      int
			Title   string
			Targets []struct{ Expr string }
			GridPos struct{ X, Y, W, H int }
		}
		Templating struct {
			List []struct {
				Name  string
				Query any
			}
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	t.Run("Ensure every panel names metrics that are there", func(t *testing.T) {
		ids := map[int]bool{}
		for _, p := range board.Panels {
			if ids[p.ID] || p.GridPos.X+p.GridPos.W > 24 || len(p.Targets) == 0 {
				t.Errorf("panel %q: id %d, %+v", p.Title, p.ID, p.GridPos)
			}
			ids[p.ID] = true
			for _, target := range p.Targets {
				if _, problems := checkExpression(target.Expr); len(problems) > 0 {
					t.Errorf("panel %q: %s: %v", p.Title, target.Expr, problems)
				}
			}
		}
		for _, v := range board.Templating.List {
			for _, name := range metricName.FindAllString(fmt.Sprint(v.Query), -1) {
				if _, known := familyOf(name); !known {
					t.Errorf("variable %s: there is no metric %s", v.Name, name)
				}
			}
		}
	})
}

const (
	tableBegin = "<!-- metrics: written by go test ./metrics -update -->\n"
	tableEnd   = "<!-- end of metrics -->\n"
)

func table() string {
	var b strings.Builder
	b.WriteString(tableBegin + "| metric | type | labels | what it tells |\n|---|---|---|---|\n")
	for _, f := range metrics.Catalogue() {
		labels := strings.Join(f.Labels, ", ")
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Name, f.Type, labels, f.Help)
	}
	return b.String() + tableEnd
}

func TestPage(t *testing.T) {
	t.Run("Ensure docs/monitoring.md has a row for every metric, as the code has it", func(t *testing.T) {
		page, err := os.ReadFile(pageFile)
		if err != nil {
			t.Fatal(err)
		}
		before, rest, found := strings.Cut(string(page), tableBegin)
		old, after, ends := strings.Cut(rest, tableEnd)
		if !found || !ends {
			t.Fatal("the page has no place for the table")
		}
		if *update {
			if err := os.WriteFile(pageFile, []byte(before+table()+after), 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
		if tableBegin+old+tableEnd != table() {
			t.Error("the table is not that of the code; write it with go test ./metrics -update")
		}
	})
}
