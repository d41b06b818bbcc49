package odoo

import (
	"context"
	"slices"
	"strings"
)

// Lookup finds the record that the external identifier module.name stands for. Any user may ask, and
// archived records are found. A missing identifier is found=false and no error.
//
// So is one whose record Odoo does not show. It is either not there or out of this user's sight, and Odoo
// does not tell which: a load that was rolled back leaves its identifiers in the memory of the server's
// process, which from then on knows them without a record (seen on Odoo 17, 18 and 19). An
// administrator is told for certain, from the table itself. For everyone else load is the way on: it
// goes by the table, and so makes no second record.
func (s *Session) Lookup(ctx context.Context, module, name string) (id int64, model string, found bool, err error) {
	const on, method = "ir.model.data", "check_object_reference"
	kw := map[string]any{"context": map[string]any{"active_test": false}}
	result, err := s.ExecuteKW(ctx, on, method, []any{module, name}, kw, Read())
	if isUnknownIdentifier(err) {
		return 0, "", false, nil
	}
	if err != nil {
		return 0, "", false, err
	}
	pair, ok := result.([]any)
	if !ok || len(pair) != 2 {
		return 0, "", false, s.unexpected(on, method, "the answer is no pair of model and id")
	}
	if model, ok = pair[0].(string); !ok {
		return 0, "", false, s.unexpected(on, method, "the answer names no model")
	}
	if id, ok = pair[1].(int64); !ok {
		return s.lookupTable(ctx, module, name)
	}
	return id, model, true, nil
}

// lookupTable asks the table of identifiers, which only an administrator may read.
func (s *Session) lookupTable(ctx context.Context, module, name string) (id int64, model string, found bool, err error) {
	where := And(Cond("module", "=", module), Cond("name", "=", name))
	rows, err := s.SearchRead(ctx, "ir.model.data", where, []string{"model", "res_id"}, SearchOptions{Limit: 1})
	if IsKind(err, AccessError) || err == nil && len(rows) == 0 {
		return 0, "", false, nil
	}
	if err != nil {
		return 0, "", false, err
	}
	id, model = rows[0].Value("res_id").AsInt(), rows[0].Value("model").AsText()
	there, _, err := s.Read(ctx, model, []int64{id}, []string{"id"})
	return id, model, len(there) == 1, err
}

// isUnknownIdentifier knows the exception of a missing identifier, whose text is not translated:
// "ValueError: External ID not found in the system: …" (seen on Odoo 16 to 19).
func isUnknownIdentifier(err error) bool {
	e := asError(err)
	return e != nil && e.Kind == ValueError && strings.HasPrefix(e.Text, "ValueError: External ID not found")
}

// HasGroup reports whether the session's user is in a group, named by its external identifier:
// "project.group_project_manager". The user is an argument since Odoo 18; 16 and 17 know only the
// other form, and are asked a second time.
func (s *Session) HasGroup(ctx context.Context, group string) (bool, error) {
	const on, method = "res.users", "has_group"
	result, err := s.ExecuteKW(ctx, on, method, []any{[]any{s.UID()}, group}, nil, Read())
	if e := asError(err); e != nil && e.Kind == ValueError && strings.HasPrefix(e.Text, "TypeError:") {
		result, err = s.ExecuteKW(ctx, on, method, []any{group}, nil, Read())
	}
	if err != nil {
		return false, err
	}
	has, ok := result.(bool)
	if !ok {
		return false, s.unexpected(on, method, "the answer is neither yes nor no")
	}
	return has, nil
}

// HasAccess reports whether the user's groups allow an operation on the model at all: "create",
// "read", "write" or "unlink". Rules may still forbid single records. Odoo 18 brought has_access;
// 16 and 17 are asked a second time, by check_access_rights.
func (s *Session) HasAccess(ctx context.Context, model, operation string) (bool, error) {
	result, err := s.ExecuteKW(ctx, model, "has_access", []any{[]any{}, operation}, nil, Read())
	if IsKind(err, UnknownMethod) {
		result, err = s.ExecuteKW(ctx, model, "check_access_rights", []any{operation, false}, nil, Read())
	}
	if err != nil {
		return false, err
	}
	has, ok := result.(bool)
	if !ok {
		return false, s.unexpected(model, "has_access", "the answer is neither yes nor no")
	}
	return has, nil
}

// DatabaseUUID is the database's own identity, which a copy gets anew. Only an administrator of
// the settings may read it; readable is false for everyone else.
func (s *Session) DatabaseUUID(ctx context.Context) (uuid string, readable bool, err error) {
	const on, method = "ir.config_parameter", "get_param"
	result, err := s.ExecuteKW(ctx, on, method, []any{"database.uuid"}, nil, Read())
	if IsKind(err, AccessError) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	uuid, readable = result.(string)
	return uuid, readable, nil
}

// Newest is the highest id of the model's records that the user sees, archived ones too; 0 where there is none. What is created
// afterwards has a higher one.
func (s *Session) Newest(ctx context.Context, model string) (int64, error) {
	ids, err := s.WithContext(map[string]any{"active_test": false}).Search(ctx, model, nil, SearchOptions{Limit: 1, Order: "id desc"})
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return ids[0], nil
}

// identifiersAtOnce is for how many records one call asks for the identifiers.
const identifiersAtOnce = 500

// Identifiers are the external identifiers, "module.name", of records that are there, each with its record's id. Any user may ask for
// those of records that he may read.
func (s *Session) Identifiers(ctx context.Context, model string, ids []int64) (map[string]int64, error) {
	const method = "get_metadata"
	out := map[string]int64{}
	for part := range slices.Chunk(ids, identifiersAtOnce) {
		result, err := s.ExecuteKW(ctx, model, method, []any{part}, nil, Read())
		if err != nil {
			return nil, err
		}
		rows, ok := result.([]any)
		if !ok {
			return nil, s.unexpected(model, method, "the answer is no list")
		}
		for _, row := range rows {
			r, _ := row.(map[string]any)
			id, ok := r["id"].(int64)
			if !ok {
				return nil, s.unexpected(model, method, "the answer has a row without an id")
			}
			named, _ := r["xmlids"].([]any)
			for _, n := range named {
				n, _ := n.(map[string]any)
				if identifier, ok := n["xmlid"].(string); ok {
					out[identifier] = id
				}
			}
		}
	}
	return out, nil
}
