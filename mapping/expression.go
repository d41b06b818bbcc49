package mapping

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"github.com/odoo-connector/connector/record"
)

// The bounds of an expression. There are no loops, no variables and no functions that multiply texts, so an expression takes
// time and memory in proportion to its length and to that of the values.
const (
	longestExpression = 500     // characters
	mostNodes         = 200     // parts of one expression
	longestText       = 1 << 20 // bytes that replace may make
)

// valueName is what the pair's own value is called in an expression.
const valueName = "value"

// expression is a checked conversion of one value.
type expression struct {
	text    string
	program *vm.Program
	uses    []string // external fields that it reads beside the value, sorted
}

// builtins are the functions of an expression: none has an effect, tells the time or repeats anything.
var builtins = []string{
	"upper", "lower", "trim", "trimPrefix", "trimSuffix", "hasPrefix", "hasSuffix", "indexOf", "lastIndexOf", "split", "len",
	"int", "float", "string", "abs", "ceil", "floor", "round", "min", "max", "date", "duration", "timezone",
}

// compile checks an expression. Its value is of the given kind (of any, where that is KindNull), and fields are the external
// fields in its scope by the kind of what they hold.
func compile(text string, value record.Kind, fields map[string]record.Kind) (*expression, error) {
	if len([]rune(text)) > longestExpression {
		return nil, fmt.Errorf("an expression has at most %d characters", longestExpression)
	}
	scope := types.Map{valueName: sample(value)}
	for name, kind := range fields {
		if name != valueName {
			scope[name] = sample(kind)
		}
	}
	limits := &limits{scope: scope}
	options := []expr.Option{
		expr.Env(scope), expr.DisableAllBuiltins(), expr.MaxNodes(mostNodes), expr.Patch(limits),
		expr.Function("replace", replace, new(func(string, string, string) string)),
		expr.Function("capture", capture, new(func(string, string) string)),
	}
	for _, name := range builtins {
		options = append(options, expr.EnableBuiltin(name))
	}
	program, err := expr.Compile(text, options...)
	if limits.err != nil {
		return nil, limits.err
	}
	if err != nil {
		return nil, oneLine(err)
	}
	return &expression{text: text, program: program, uses: slices.Sorted(maps.Keys(limits.uses))}, nil
}

// sample is the type of values of a kind.
func sample(kind record.Kind) types.Type {
	switch kind {
	case record.KindBool:
		return types.Bool
	case record.KindInt:
		return types.Int
	case record.KindDecimal:
		return types.Float
	case record.KindText, record.KindMarkdown, record.KindHTML, record.KindRef:
		return types.String
	case record.KindDate, record.KindInstant:
		return types.TypeOf(time.Time{})
	default:
		return types.Any
	}
}

// limits refuses what could take more time or memory than the expression's length tells, and notes the fields in use.
type limits struct {
	scope types.Map
	uses  map[string]bool
	err   error
}

// Visit implements ast.Visitor.
func (l *limits) Visit(node *ast.Node) { //nolint:gocritic // ast.Visitor asks for the pointer.
	switch n := (*node).(type) {
	case *ast.VariableDeclaratorNode, *ast.SequenceNode:
		l.err = errors.New("an expression has no variables; write what they stand for")
	case *ast.PredicateNode, *ast.PointerNode:
		l.err = errors.New("an expression has no loops")
	case *ast.BinaryNode:
		if n.Operator == ".." {
			l.err = errors.New("an expression has no ranges")
		}
	case *ast.IdentifierNode:
		if n.Value == "$env" {
			l.err = errors.New("$env is not to be used; name the field")
		}
		if _, known := l.scope[n.Value]; known && n.Value != valueName {
			if l.uses == nil {
				l.uses = map[string]bool{}
			}
			l.uses[n.Value] = true
		}
	}
}

// oneLine is what is wrong with an expression, without the drawing of where.
func oneLine(err error) error {
	var at *file.Error
	if errors.As(err, &at) {
		return fmt.Errorf("%s (character %d)", strings.TrimSpace(at.Message), at.Column+1)
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New(strings.TrimSpace(text))
}

// gives is the kind of what the expression gives, KindNull where that can be anything.
func (e *expression) gives() record.Kind {
	t := e.program.Node().Type()
	if t == nil {
		return record.KindNull
	}
	switch t.String() {
	case "bool":
		return record.KindBool
	case "int":
		return record.KindInt
	case "float64":
		return record.KindDecimal
	case "string":
		return record.KindText
	case "time.Time":
		return record.KindInstant
	default:
		return record.KindNull
	}
}

// run gives the converted value. An empty value that the expression cannot take stays empty.
func (e *expression) run(v record.Value, r record.Record) (record.Value, error) {
	scope := map[string]any{valueName: native(v)}
	for _, name := range e.uses {
		scope[name] = native(r.Value(name))
	}
	out, err := expr.Run(e.program, scope)
	if err != nil {
		if v.IsNull() {
			return v, nil
		}
		return v, unfit(v, "cannot be converted by the expression: %v", oneLine(err))
	}
	converted, ok := ofNative(out)
	if day, isTime := out.(time.Time); isTime && v.Kind() == record.KindDate && day.Equal(day.Truncate(24*time.Hour)) {
		converted = record.Date(day.UTC()) // a day stays one
	}
	if !ok {
		return v, unfit(v, "is made a %T by the expression, and a text, number, moment or true or false is wanted", out)
	}
	return converted, nil
}

// native is a value as expressions know it: text, number, true or false, moment; a link is its id. Empty is nil.
func native(v record.Value) any {
	switch v.Kind() {
	case record.KindBool:
		return v.AsBool()
	case record.KindInt:
		return int(v.AsInt())
	case record.KindDecimal:
		f, _ := v.AsRat().Float64()
		return f
	case record.KindText, record.KindMarkdown, record.KindHTML:
		return v.AsText()
	case record.KindDate, record.KindInstant:
		return v.AsTime()
	case record.KindRef:
		ref, _ := v.AsRef()
		return ref.ID
	case record.KindRefSet:
		var ids []any
		for _, r := range v.AsRefs() {
			ids = append(ids, r.ID)
		}
		return ids
	default:
		return nil
	}
}

func ofNative(v any) (record.Value, bool) {
	switch v := v.(type) {
	case nil:
		return record.Null(), true
	case bool:
		return record.Bool(v), true
	case int:
		return record.Int(int64(v)), true
	case float64:
		return record.Float(v), !math.IsNaN(v) && !math.IsInf(v, 0)
	case string:
		return record.Text(v), true
	case time.Time:
		return record.Instant(v), true
	default:
		return record.Null(), false
	}
}
