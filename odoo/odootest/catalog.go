package odootest

import (
	"embed"
	"slices"
	"strings"
	"sync"
)

// tablesOfFields are the fields of Odoo's models as four real servers listed
// them, in the form that parseTable reads.
//
//go:embed fields/*.txt
var tablesOfFields embed.FS

// fieldTables reads all tables, once.
var fieldTables = sync.OnceValue(func() map[string][]tableField {
	files, err := tablesOfFields.ReadDir("fields")
	if err != nil {
		panic("odootest: " + err.Error())
	}
	tables := make(map[string][]tableField, len(files))
	for _, file := range files {
		text, err := tablesOfFields.ReadFile("fields/" + file.Name())
		if err != nil {
			panic("odootest: " + err.Error())
		}
		name := strings.TrimSuffix(file.Name(), ".txt")
		if tables[name], err = parseTable(string(text)); err != nil {
			panic("odootest: the fields of " + name + ": " + err.Error())
		}
	}
	return tables
})

// catalog holds the models of one version. It is never changed once it is made,
// so that servers can share it.
type catalog struct {
	models    map[string]*model
	names     []string               // of all models that clients see, in order
	hidden    map[string]*model      // what fields of those refer to
	referrers map[string][]reference // the columns that lead to a model
}

// reference is a column that leads to another model.
type reference struct {
	model *model
	field *field
}

// catalogs makes the catalog of each version with all modules, once.
var catalogs = [4]func() *catalog{
	sync.OnceValue(func() *catalog { return newCatalog(16, allModules) }),
	sync.OnceValue(func() *catalog { return newCatalog(17, allModules) }),
	sync.OnceValue(func() *catalog { return newCatalog(18, allModules) }),
	sync.OnceValue(func() *catalog { return newCatalog(19, allModules) }),
}

// catalogOf gives the models that a version with some modules has.
func catalogOf(major int, modules []string) *catalog {
	if len(modules) == 0 {
		return catalogs[major-16]()
	}
	return newCatalog(major, modules)
}

// newCatalog makes the models of a version and what they refer to.
func newCatalog(major int, modules []string) *catalog {
	installed := withDependencies(modules)
	c := &catalog{models: map[string]*model{}, hidden: map[string]*model{}, referrers: map[string][]reference{}}
	absent := map[string]bool{}
	for _, m := range modelsOf(major) {
		if module := moduleOf(m.name); module != "" && !installed[module] {
			absent[m.name] = true
			continue
		}
		c.models[m.name] = m
		c.names = append(c.names, m.name)
	}
	for _, name := range c.names {
		c.models[name].drop(absent)
	}
	for _, name := range c.names {
		c.connect(major, c.models[name])
	}
	for _, name := range c.names {
		c.models[name].note()
	}
	return c
}

// modelsOf gives all models of a version.
func modelsOf(major int) []*model {
	models := baseModels(major)
	for _, more := range [][]*model{mailModels(major), projectModels(major), productModels(major), saleModels(major), stockModels(major), accountModels(major)} {
		models = append(models, more...)
	}
	return models
}

// drop takes away the fields that lead to models of modules that are not
// installed.
func (m *model) drop(absent map[string]bool) {
	m.names = slices.DeleteFunc(m.names, func(name string) bool {
		gone := absent[m.fields[name].relation]
		if gone {
			delete(m.fields, name)
		}
		return gone
	})
}

// connect notes where a model's fields lead to, and which are those of the record
// that it inherits from.
func (c *catalog) connect(major int, m *model) {
	for _, name := range m.names {
		f := m.fields[name]
		if f.relation != "" && c.model(f.relation) == nil {
			c.hidden[f.relation] = newModel(major, f.relation, f.relation, "id", char("name", "Name"))
		}
		if hidden := c.hidden[f.relation]; hidden != nil && f.kind == kindOne2many && hidden.fields[f.inverse] == nil {
			hidden.add(many2one(f.inverse, f.inverse, m.name))
		}
		if f.relation != "" && f.stored() {
			c.referrers[f.relation] = append(c.referrers[f.relation], reference{m, f})
		}
	}
	m.inherit(c.models[m.parent()])
}

// inherit marks the fields that stand in the record that m inherits from.
func (m *model) inherit(parent *model) {
	if parent == nil {
		return
	}
	for _, name := range m.names {
		f := m.fields[name]
		if f.unsaved && f.compute == nil && !f.own && parent.fields[name] != nil && name != "display_name" && name != "id" {
			f.through = m.inherits
		}
	}
}

// note keeps what is asked about a model's fields again and again.
func (m *model) note() {
	for _, name := range m.names {
		f := m.fields[name]
		if f.stored() && !f.links() && (f.initial != nil || f.initially != nil || f.kind == kindBoolean) {
			m.defaults = append(m.defaults, f)
		}
		if f.required && !f.lenient && !f.unsaved && f.stored() && !f.links() {
			m.demanded = append(m.demanded, f)
		}
	}
}

// parent names the model that m inherits from, "" for none.
func (m *model) parent() string {
	if f := m.fields[m.inherits]; f != nil {
		return f.relation
	}
	return ""
}

// model gives a model, hidden ones too, nil when there is none.
func (c *catalog) model(name string) *model {
	if m := c.models[name]; m != nil {
		return m
	}
	return c.hidden[name]
}

// allModules are the modules whose models are known, beside base and mail.
var allModules = []string{"project", "product", "sale", "stock", "account", "crm"}

// withDependencies gives modules and those that they depend on.
func withDependencies(modules []string) map[string]bool {
	needs := map[string][]string{"sale": {"product", "account", "crm"}, "sale_management": {"sale"}, "stock": {"product"}, "account": {"product"}}
	installed := map[string]bool{}
	for queue := slices.Clone(modules); len(queue) > 0; queue = queue[1:] {
		if !installed[queue[0]] {
			installed[queue[0]] = true
			queue = append(queue, needs[queue[0]]...)
		}
	}
	return installed
}

// moduleOf gives the module that a model comes with, "" for those of every
// database. crm.team comes with sales_team, which both crm and sale need.
func moduleOf(model string) string {
	switch word, _, _ := strings.Cut(model, "."); word {
	case "uom":
		return "product"
	case "res", "ir", "mail":
		return ""
	default:
		return word
	}
}
