package odootest_test

import (
	"net/http"
	"strings"
	"testing"
)

// exchangesJSON2 are all captures of JSON-2.
var exchangesJSON2 = []exchange{
	{name: "json2_action_result", left: "no wizards are played"},
	{name: "json2_attachment_create", as: asIDs, need: encoded},
	{name: "json2_attachment_read", as: asBytes, need: attachment},
	{name: "json2_attachment_read_bin_size", left: "the size is that of the base64"},
	{name: "json2_attachment_read_datas_binary", as: asBytes, need: attachment},
	{name: "json2_attachment_read_raw_binary", as: asBytes, need: attachment},
	{name: "json2_auth_basic", as: asBytes},
	{name: "json2_auth_bearer_capital", as: asBytes},
	{name: "json2_auth_no_header", as: asBytes},
	{name: "json2_auth_password_as_key", as: asBytes},
	{name: "json2_auth_wrong_key", as: asBytes},
	{name: "json2_bigint_in_domain", as: asBytes},
	{name: "json2_bigint_result", as: asBytes, need: bigColors, left: noGroups},
	{name: "json2_bigint_write", as: asBytes, need: encoded},
	{name: "json2_binary_bad_base64", as: asBytes, need: encoded, left: "an image that is no base64 has another text"},
	{name: "json2_boolean_string_false", as: asBytes, need: namedEncoded},
	{name: "json2_boolean_string_false_read", as: asBytes, need: func(w *world) { w.changed(map[string]any{"is_company": true}) }},
	{name: "json2_check_access_rights", as: asBytes},
	{name: "json2_check_object_reference_demo", as: asBytes, need: labTask},
	{name: "json2_chunked_search_count", as: asBytes},
	{name: "json2_chunked_unlink_ignored", as: asBytes, need: chunk},
	{name: "json2_chunked_unlink_ignored_read_after", as: asBytes, need: chunk},
	{name: "json2_content_type_charset", as: asBytes, need: func(w *world) { w.fill(59) }},
	{name: "json2_content_type_none", as: asBytes},
	{name: "json2_content_type_text", as: asBytes},
	{name: "json2_context_active_test_absent", as: asBytes, need: archivedTemplate},
	{name: "json2_context_active_test_false", as: asBytes, need: archivedTemplate},
	{name: "json2_context_companies", as: asBytes, need: func(w *world) { w.fill(59) }},
	{name: "json2_context_companies_denied", as: asBytes},
	{name: "json2_context_get", as: asBytes},
	{name: "json2_context_get_demo", as: asBytes},
	{name: "json2_context_lang_header", as: asBytes, need: translatedTemplate},
	{name: "json2_context_lang_none", as: asBytes, need: translatedTemplate},
	{name: "json2_context_lang_read", as: asBytes, need: translatedTemplate},
	{name: "json2_context_lang_unknown", as: asBytes},
	{name: "json2_context_lang_write", as: asBytes, need: frenchTemplate},
	{name: "json2_context_not_a_dict", as: asBytes},
	{name: "json2_context_null", as: asBytes, need: threePartners},
	{name: "json2_context_tz", as: asBytes, need: task},
	{name: "json2_control_chars_read", as: asBytes, left: "texts keep \\n alone", need: func(w *world) { w.changed(map[string]any{"street": "a\x01b\x1fc\ufffe d\r\ne"}) }},
	{name: "json2_control_chars_write", as: asBytes, need: namedEncoded},
	{name: "json2_copy", as: asIDs, need: namedEncoded},
	{name: "json2_create_empty_list", as: asBytes},
	{name: "json2_create_list", as: asIDs},
	{name: "json2_create_single", as: asIDs},
	{name: "json2_create_unicode", as: asIDs},
	{name: "json2_create_wrong_argument_name", as: asBytes},
	{name: "json2_database_right", as: asBytes},
	{name: "json2_database_wrong", as: asBytes},
	{name: "json2_date_domain_tz", as: asBytes},
	{name: "json2_date_write_date", as: asIDs, need: labProject},
	{name: "json2_date_write_micro", as: asBytes, need: labProject},
	{name: "json2_date_write_offset", as: asBytes, need: labProject},
	{name: "json2_date_write_plain", as: asIDs, need: labProject},
	{name: "json2_date_write_t", as: asBytes, need: labProject},
	{name: "json2_date_write_tz", as: asBytes, need: labProject},
	{name: "json2_doc_bearer_index_cut", left: "it is cut, and has all modules of the real server; see TestJSON2Documentation"},
	{name: "json2_doc_bearer_index_demo", as: asBytes},
	{name: "json2_doc_bearer_model", left: "it has all methods of the real server with their texts; see TestJSON2Documentation"},
	{name: "json2_doc_bearer_no_key", as: asBytes},
	{name: "json2_doc_page", as: asBytes},
	{name: "json2_doc_page_no_login", as: asBytes},
	{name: "json2_domain_relative_date", left: "relative to the day of the capture; the domains' tests have it"},
	{name: "json2_domain_write_date_equal", left: "the time of the capture; the domains' tests have it"},
	{name: "json2_domain_write_date_greater", left: "the time of the capture; the domains' tests have it"},
	{name: "json2_domain_write_date_greater_or_equal", left: "the time of the capture; the domains' tests have it"},
	{name: "json2_empty_body", as: asBytes},
	{name: "json2_empty_body_context_get", as: asBytes},
	{name: "json2_error_access_field", as: asBytes, left: "19 words it otherwise"},
	{name: "json2_error_access_model", as: asBytes},
	{name: "json2_error_access_rule", as: asBytes, need: anOrder},
	{name: "json2_error_access_write", as: asBytes},
	{name: "json2_error_args_kwargs_keys", as: asBytes},
	{name: "json2_error_bad_date", as: asBytes},
	{name: "json2_error_bad_domain", as: asBytes},
	{name: "json2_error_bad_many2one", as: asBytes},
	{name: "json2_error_bad_selection", as: asBytes},
	{name: "json2_error_ids_strings", as: asBytes},
	{name: "json2_error_ids_with_model_method", as: asBytes},
	{name: "json2_error_missing_argument", as: asBytes},
	{name: "json2_error_missing_method", as: asBytes},
	{name: "json2_error_missing_unlink", as: asBytes},
	{name: "json2_error_missing_write", as: asBytes},
	{name: "json2_error_private_decorated", as: asBytes},
	{name: "json2_error_private_method", as: asBytes},
	{name: "json2_error_redirect_warning", left: "the id of a view stands in a text; see fault_unlink_partner_linked"},
	{name: "json2_error_required_field", as: asBytes},
	{name: "json2_error_required_field_product", as: asBytes},
	{name: "json2_error_serialization", left: "two writers at once: see TestExceptionsAreToldInTheWordsOfEachProtocol"},
	{name: "json2_error_unexpected_argument", as: asBytes},
	{name: "json2_error_unique", as: asBytes},
	{name: "json2_error_unknown_field_create", as: asBytes},
	{name: "json2_error_unknown_field_domain", as: asBytes},
	{name: "json2_error_unknown_field_read", as: asBytes},
	{name: "json2_error_unknown_field_write", as: asBytes},
	{name: "json2_error_unknown_method", as: asBytes},
	{name: "json2_error_unknown_model", as: asBytes},
	{name: "json2_error_unlink_linked_foreign_key", left: "the countries of the real server have states"},
	{name: "json2_error_user_error", as: asBytes, need: confirmedOrder},
	{name: "json2_error_user_error_fr", left: "texts are not translated"},
	{name: "json2_error_validation_error", as: asBytes, need: family},
	{name: "json2_export_data", left: "export_data is not played"},
	{name: "json2_fields_get", as: asBytes},
	{name: "json2_formatted_read_group", left: noGroups},
	{name: "json2_get_external_id", as: asBytes, left: "integer keys are a fault as over XML-RPC"},
	{name: "json2_get_metadata", left: "the dates of the real server's installation"},
	{name: "json2_get_method", as: asBytes},
	{name: "json2_get_model_only", as: asBytes},
	{name: "json2_gzip_accepted", left: "all partners of the real server; see TestJSON2CookieAndHeaders"},
	{name: "json2_gzip_request_body", as: asBytes},
	{name: "json2_has_group", as: asBytes},
	{name: "json2_ids_float", as: asBytes},
	{name: "json2_ids_null", as: asBytes},
	{name: "json2_ir_model_data_search_read", as: asBytes, need: labIdentifiers},
	{name: "json2_json_version", as: asBytes},
	{name: "json2_keep_alive", as: asBytes, need: func(w *world) { w.fill(59) }},
	{name: "json2_load", as: asIDs},
	{name: "json2_load_again", as: asBytes, need: func(w *world) {
		w.partner(68, "Load one")
		w.partner(69, "Load two")
		w.put("ir.model.data", 46739, map[string]any{"module": "labj", "name": "ok1", "model": "res.partner", "res_id": 68})
		w.put("ir.model.data", 46740, map[string]any{"module": "labj", "name": "ok2", "model": "res.partner", "res_id": 69})
	}},
	{name: "json2_load_demo_user", as: asIDs, need: project},
	{name: "json2_load_with_error", as: asBytes},
	{name: "json2_lone_surrogate_write", as: asBytes},
	{name: "json2_malformed_json", as: asBytes},
	{name: "json2_message_post", as: asIDs, need: task},
	{name: "json2_message_post_user_html", as: asIDs, need: func(w *world) {
		project(w)
		w.put("project.task", 37, map[string]any{"name": "A", "project_id": w.id("project")})
	}},
	{name: "json2_name_search", as: asBytes, need: azure},
	{name: "json2_nan_read", as: asBytes, need: encoded},
	{name: "json2_nan_write", as: asBytes},
	{name: "json2_none_result", as: asBytes, need: aQuant},
	{name: "json2_none_result_read", as: asBytes, need: func(w *world) { w.quant(map[string]any{"quantity": 5.0}) }},
	{name: "json2_not_utf8", as: asBytes},
	{name: "json2_nul_char_write", as: asBytes},
	{name: "json2_positional_list_body", as: asBytes},
	{name: "json2_positional_list_body_unlink", as: asBytes, need: namedEncoded},
	{name: "json2_post_model_only", as: asBytes},
	{name: "json2_product_template_fields_get", as: asBytes},
	{name: "json2_put_method", as: asBytes},
	{name: "json2_query_string_arguments", as: asBytes, need: func(w *world) { w.fill(59) }},
	{name: "json2_read_after_empty_string", as: asBytes, need: func(w *world) { w.changed(map[string]any{"street": ""}) }},
	{name: "json2_read_after_many2one_as_pair", as: asBytes, need: namedEncoded},
	{name: "json2_read_all_types", as: asTimes, need: encoded, left: "images are not made smaller"},
	{name: "json2_read_deleted", as: asBytes},
	{name: "json2_read_group", left: noGroups},
	{name: "json2_read_html_m2o_reference", left: "the messages that Odoo posts itself"},
	{name: "json2_read_many2one_bare", as: asBytes, need: func(w *world) { w.changed(map[string]any{"country_id": 75}) }},
	{name: "json2_read_mixed_deleted", as: asBytes},
	{name: "json2_read_one_int_id", as: asBytes, need: namedEncoded},
	{name: "json2_res_lang_search_read", left: "the languages have other ids"},
	{name: "json2_res_users_groups", left: "groups have no numbers"},
	{name: "json2_sale_order_confirm", as: asBytes, need: anOrder},
	{name: "json2_sale_order_create", as: asIDs, need: goods},
	{name: "json2_sale_order_read", as: asTimes, need: soldGoods, left: "the tax of the real server's company"},
	{name: "json2_search", as: asBytes, need: threePartners},
	{name: "json2_search_count", as: asBytes, need: func(w *world) { w.fill(53) }},
	{name: "json2_search_empty", as: asBytes},
	{name: "json2_search_read", left: "the partners of the real server's database"},
	{name: "json2_search_read_offset_order", left: "the partners of the real server's database"},
	{name: "json2_task_read", as: asBytes, need: labTask},
	{name: "json2_unlink", as: asBytes, need: dead},
	{name: "json2_uom_search_read", left: "the units of the real server's database"},
	{name: "json2_web_search_read", left: "web_search_read is not played"},
	{name: "json2_web_version", as: asBytes},
	{name: "json2_write", as: asBytes, need: pair},
	{name: "json2_write_empty_string", as: asBytes, need: namedEncoded},
	{name: "json2_write_m2m_commands", as: asBytes, need: func(w *world) {
		encoded(w)
		w.put("res.partner.category", 10, map[string]any{"name": "jt"})
	}},
	{name: "json2_write_many2one_as_pair", as: asBytes, need: namedEncoded},
	{name: "json2_write_null", as: asBytes, need: namedEncoded},
	{name: "json2_write_without_ids", as: asBytes},
}

// namedEncoded makes the partner of the captures with its name alone.
func namedEncoded(w *world) { w.partner(w.id("encoded"), "Enc <&> \"é\" 日本 😀") }

// changed is namedEncoded with other values.
func (w *world) changed(vals map[string]any) {
	namedEncoded(w)
	w.server.Write("res.partner", []int64{w.id("encoded")}, vals)
}

// chunk makes the partner that a body in chunks did not delete.
func chunk(w *world) { w.partner(11414, "chunk") }

// labProject makes the project in which the captures write dates.
func labProject(w *world) {
	w.put("project.project", 10, map[string]any{"name": "J"})
}

// labTask makes the task that the ordinary user loaded.
func labTask(w *world) {
	project(w)
	w.put("project.task", w.id("task"), map[string]any{"name": "T", "project_id": w.id("project"), "date_deadline": "2025-01-31 10:00:00", "user_ids": []any{}})
	w.put("ir.model.data", 46745, map[string]any{"module": "labj", "name": "t1", "model": "project.task", "res_id": w.id("task")})
}

// attachment makes the attachments of the captures.
func attachment(w *world) {
	namedEncoded(w)
	w.put("ir.attachment", 937, map[string]any{"name": "a.txt", "datas": "aGVsbG8=", "res_model": "res.partner", "res_id": w.id("encoded")})
	w.put("ir.attachment", 939, map[string]any{"name": "b.png", "datas": "iVBORw0KGgr//w==", "res_model": "res.partner", "res_id": w.id("encoded")})
}

// archivedTemplate makes a product and archives it.
func archivedTemplate(w *world) {
	template(w)
	w.server.Write("product.template", []int64{50}, map[string]any{"active": false})
}

func TestAnswersOfARealServerOverJSON2(t *testing.T) {
	for _, name := range names(t, "odoo19", ".request.http") {
		e := find(exchangesJSON2, "json2", name)
		if e == nil {
			t.Errorf("odoo19/%s stands in no table", name)
			continue
		}
		if e.left != "" {
			continue
		}
		t.Run("Ensure odoo19/"+name+" is answered with "+e.as, func(t *testing.T) {
			got, expected := askJSON2(t, e)
			atLeast(t, e.as, equalityJSON(t, got, expected), got.body, expected.body)
			equalHeaders(t, got, expected)
		})
	}
}

// askJSON2 sends a captured request to a server with the records that it needs, with a
// key of ours in place of the hidden one.
func askJSON2(t *testing.T, e *exchange) (got, expected page) {
	t.Helper()
	w := newWorld(t, "json2")
	if e.need != nil {
		e.need(w)
	}
	key := adminKey
	switch {
	case strings.HasSuffix(e.name, "_demo"), strings.HasSuffix(e.name, "_demo_user"), strings.HasPrefix(e.name, "json2_error_access"):
		key = "key-of-demo"
	case e.name == "json2_auth_wrong_key":
		key = "nonsense"
	}
	request, expected := capturedJSON(t, e.name)
	if auth := request.Header.Get("Authorization"); strings.HasSuffix(auth, "***") {
		request.Header.Set("Authorization", strings.TrimSuffix(auth, "***")+key)
	}
	return send(t, w.server, request), expected
}

// equalityJSON tells how equal two answers of JSON-2 are; the status and the type
// of the body are never another, tracebacks and spaces are left out.
func equalityJSON(t *testing.T, got, expected page) string {
	t.Helper()
	if got.status != expected.status || got.header.Get("Content-Type") != expected.header.Get("Content-Type") {
		return asNothing
	}
	if !strings.HasPrefix(got.header.Get("Content-Type"), "application/json") {
		if strings.TrimSpace(got.body) == strings.TrimSpace(expected.body) {
			return asBytes
		}
		return asNothing
	}
	if as := equalityOf(withoutDebug(t, got.body), withoutDebug(t, expected.body)); as != asValue {
		return as
	}
	return asBytes
}

// equalHeaders compares the headers that tell clients something.
func equalHeaders(t *testing.T, got, expected page) {
	t.Helper()
	for _, name := range []string{"Content-Type", "Connection", "Server", "WWW-Authenticate", "X-Content-Type-Options", "Accept", "Location"} {
		want(t, "header "+name, strings.TrimSpace(got.header.Get(name)), strings.TrimSpace(expected.header.Get(name)))
	}
	want(t, "length", got.header.Get("Content-Length"), lengthOf(got))
	want(t, "cookie", strings.Split(got.header.Get("Set-Cookie"), "=")[0], strings.Split(expected.header.Get("Set-Cookie"), "=")[0])
	want(t, "encoding", got.header.Get("Content-Encoding"), "")
	if _, err := http.ParseTime(got.header.Get("Date")); err != nil {
		t.Errorf("date: %v", err)
	}
}
