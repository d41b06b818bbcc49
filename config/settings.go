package config

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings fills the struct that a system declares for its own keys.
type settings struct {
	compulsory bool // whether config:"required" holds
}

// maxSetting is the longest time span that a system's own key can hold.
const maxSetting = 366 * 24 * time.Hour

// field is one key of such a struct.
type field struct {
	key      string
	required bool
	known    Key // what the system says of it, and what its type tells
	value    reflect.Value
}

var (
	secretType   = reflect.TypeFor[Secret]()
	durationType = reflect.TypeFor[time.Duration]()
)

// settingFields gives the keys of a struct in its order; target is a pointer to the struct.
func settingFields(target any) []field {
	v := reflect.ValueOf(target)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("config: settings are a pointer to a struct, not %T", target))
	}
	return structFields(v.Elem(), documented(target))
}

// documented gives what settings say of their keys.
func documented(target any) []Key {
	if d, ok := target.(Documented); ok {
		return d.SettingKeys()
	}
	return nil
}

// copyOf gives a pointer to a copy of the struct that target points to.
func copyOf(target any) any {
	v := reflect.ValueOf(target).Elem()
	c := reflect.New(v.Type())
	c.Elem().Set(v)
	return c.Interface()
}

// structFields gives the keys of a struct; described is what is said of some of them.
func structFields(v reflect.Value, described []Key) []field {
	var all []field
	for i := range v.NumField() {
		f := v.Type().Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if key == "-" {
			continue
		}
		if key == "" || !f.IsExported() {
			panic(fmt.Sprintf("config: field %s of %s has no yaml key or is not exported", f.Name, v.Type()))
		}
		required := f.Tag.Get("config") == "required"
		known, _ := findKey(described, key)
		known.Name, known.Required, known.SandboxFills = key, required, required
		all = append(all, field{key: key, required: required, known: typed(known, f.Type), value: v.Field(i)})
	}
	for _, k := range described {
		if !slices.ContainsFunc(all, func(f field) bool { return f.key == k.Name }) {
			panic(fmt.Sprintf("config: %s describes the key %q, which it has not", v.Type(), k.Name))
		}
	}
	return all
}

// typed completes what is known of a key by its field's type.
func typed(k Key, t reflect.Type) Key {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		k.List = k.List || t.Kind() == reflect.Slice
		t = t.Elem()
	}
	kind := TypeText
	switch {
	case t == secretType:
		kind = TypeSecret
	case t == durationType:
		kind, k.Min, k.Max = TypeSpan, cmp.Or(k.Min, "0s"), cmp.Or(k.Max, short(maxSetting))
	case t.Kind() == reflect.Struct:
		kind, k.Keys = TypeBlock, keysOf(reflect.New(t).Elem(), k.Keys)
	case t.Kind() == reflect.Bool:
		kind = TypeTruth
	case t.Kind() == reflect.Float32, t.Kind() == reflect.Float64:
		kind = TypeNumber
	case t.Kind() != reflect.String:
		kind = TypeWhole
	}
	k.Type = cmp.Or(k.Type, kind)
	return k
}

// keysOf gives the keys of a struct: those that are described in the order of their description, then the others.
func keysOf(v reflect.Value, described []Key) (all []Key) {
	fields := structFields(v, described)
	for _, k := range described {
		i := slices.IndexFunc(fields, func(f field) bool { return f.key == k.Name })
		all = append(all, fields[i].known)
	}
	for _, f := range fields {
		if _, said := findKey(described, f.key); !said {
			all = append(all, f.known)
		}
	}
	return all
}

// Keys lists the keys that the kind adds to a backend's block.
func (k Kind) Keys() []Key {
	if k.Settings == nil {
		return nil
	}
	target := k.Settings()
	settingFields(target) // panics where target is no struct of settings
	all := keysOf(reflect.ValueOf(target).Elem(), documented(target))
	for i, own := range all {
		_, twice := findKey(all[:i], own.Name)
		if twice || slices.Contains(backendKeys, own.Name) {
			panic(fmt.Sprintf("config: kind %q takes the key %q, which is every backend's or given twice", k.Name, own.Name))
		}
	}
	return all
}

// read fills a settings struct from its keys in m.
func (s settings) read(m mapping, target any) {
	s.fill(m, settingFields(target))
}

func (s settings) fill(m mapping, fields []field) {
	for _, f := range fields {
		get := m.required(f.required && s.compulsory)
		hint := ""
		if f.value.Type() == secretType {
			hint = secretHint
		}
		if v, ok := get(f.key, hint); ok {
			s.set(v, f.value, f.known)
		}
	}
}

// set decodes one value into a field of any type that a settings struct may hold.
func (s settings) set(v value, to reflect.Value, k Key) {
	switch {
	case to.Type() == secretType:
		if secret, ok := v.secret(); ok {
			to.Set(reflect.ValueOf(secret))
		}
	case to.Type() == durationType:
		if d, ok := v.duration(0, maxSetting); ok {
			to.SetInt(int64(d))
		}
	case to.Kind() == reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		s.set(v, to.Elem(), k)
	case to.Kind() == reflect.Struct:
		s.setStruct(v, to, k)
	case to.Kind() == reflect.Slice:
		s.setSlice(v, to, k)
	case to.Kind() == reflect.String && len(k.Enum) > 0:
		text, _ := v.choice("a value of "+k.Name, k.Enum)
		to.SetString(text)
	case to.CanInt() && k.Min+k.Max != "":
		n, _ := v.whole(bound(k.Min, math.MinInt64), bound(k.Max, math.MaxInt64))
		to.SetInt(n)
	default:
		v.scalar(to)
	}
}

// bound gives a bound that a system's author wrote.
func bound(text string, otherwise int64) int64 {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	return otherwise
}

func (s settings) setStruct(v value, to reflect.Value, k Key) {
	fields := structFields(to, k.Keys)
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = f.key
	}
	if m, ok := v.mapping(known); ok {
		s.fill(m, fields)
	}
}

func (s settings) setSlice(v value, to reflect.Value, k Key) {
	items, ok := v.list()
	if !ok {
		return
	}
	to.Set(reflect.MakeSlice(to.Type(), len(items), len(items)))
	for i, item := range items {
		s.set(item, to.Index(i), k)
	}
}

// scalar decodes text, true or false, or a number.
func (v value) scalar(to reflect.Value) {
	switch {
	case to.Kind() == reflect.String:
		text, _ := v.text()
		to.SetString(text)
	case to.Kind() == reflect.Bool:
		if yes, ok := v.truth(); ok {
			to.SetBool(yes)
		}
	case to.CanInt():
		v.integer(to)
	case to.CanFloat():
		if f, ok := v.number(); ok {
			to.SetFloat(f)
		}
	default:
		panic(fmt.Sprintf("config: %s cannot be read from a configuration", to.Type()))
	}
}

func (v value) integer(to reflect.Value) {
	if !v.isScalar("!!int") {
		v.failType("a whole number", "")
		return
	}
	n, err := strconv.ParseInt(v.node.Value, 0, to.Type().Bits())
	if err != nil {
		v.fail("is not a whole number that fits", "")
		return
	}
	to.SetInt(n)
}

// number gives a finite number.
func (v value) number() (float64, bool) {
	if !v.isScalar("!!int", "!!float") {
		v.failType("a number", "")
		return 0, false
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(v.node.Value, "_", ""), 64)
	if err != nil || f-f != 0 {
		v.fail("is not a finite number", "")
		return 0, false
	}
	return f, true
}
