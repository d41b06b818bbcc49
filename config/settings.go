package config

import (
	"fmt"
	"reflect"
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
	return structFields(v.Elem())
}

// copyOf gives a pointer to a copy of the struct that target points to.
func copyOf(target any) any {
	v := reflect.ValueOf(target).Elem()
	c := reflect.New(v.Type())
	c.Elem().Set(v)
	return c.Interface()
}

func structFields(v reflect.Value) []field {
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
		all = append(all, field{key: key, required: f.Tag.Get("config") == "required", value: v.Field(i)})
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
			s.set(v, f.value)
		}
	}
}

// set decodes one value into a field of any type that a settings struct may hold.
func (s settings) set(v value, to reflect.Value) {
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
		s.set(v, to.Elem())
	case to.Kind() == reflect.Struct:
		s.setStruct(v, to)
	case to.Kind() == reflect.Slice:
		s.setSlice(v, to)
	default:
		v.scalar(to)
	}
}

func (s settings) setStruct(v value, to reflect.Value) {
	fields := structFields(to)
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = f.key
	}
	if m, ok := v.mapping(known); ok {
		s.fill(m, fields)
	}
}

func (s settings) setSlice(v value, to reflect.Value) {
	items, ok := v.list()
	if !ok {
		return
	}
	to.Set(reflect.MakeSlice(to.Type(), len(items), len(items)))
	for i, item := range items {
		s.set(item, to.Index(i))
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
