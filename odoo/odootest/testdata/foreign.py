"""Foreign clients against a server: python3 foreign.py CLIENT URL DB LOGIN PASSWORD KEY

CLIENT is odoorpc, odooly-web, odooly-jsonrpc, odooly-json2 or xmlrpc, which is
Python's own library. Each line that
is printed is one step and what came of it; the first line that begins with FAIL
ends the run.
"""
import sys
import traceback
from urllib.parse import urlsplit


def step(name, got, expected):
    if got != expected:
        print("FAIL %s: got %r, want %r" % (name, got, expected))
        sys.exit(1)
    print("ok   " + name)


def refused(name, call, kind, text):
    try:
        got = call()
    except kind as err:
        step(name, text in str(err), True)
        return
    print("FAIL %s: got %r in place of %s" % (name, got, kind.__name__))
    sys.exit(1)


def run_odoorpc(url, db, login, password, key):
    import odoorpc

    parts = urlsplit(url)
    odoo = odoorpc.ODOO(parts.hostname, protocol="jsonrpc", port=parts.port, timeout=20)
    step("version", odoo.version.split(".")[0] in ("16", "17", "18", "19"), True)
    step("databases", db in odoo.db.list(), True)
    refused("wrong password", lambda: odoo.login(db, login, "nope"), odoorpc.error.RPCError, "")
    odoo.login(db, login, password)
    step("uid", odoo.env.uid, 2)
    step("user", odoo.env.user.login, login)
    step("context", odoo.env.context["uid"], 2)
    partner = odoo.env["res.partner"]
    one = partner.create({"name": "Foreign <&> é 日本", "color": 3})
    step("search", partner.search([("id", "=", one)]), [one])
    step("read", partner.read([one], ["name", "color"]), [{"id": one, "name": "Foreign <&> é 日本", "color": 3}])
    step("write", partner.write([one], {"street": ""}), True)
    record = partner.browse(one)
    step("browse", (record.name, record.street, record.parent_id.id), ("Foreign <&> é 日本", "", None))
    record.parent_id = 1
    step("set a link", partner.read([one], ["parent_id"])[0]["parent_id"][0], 1)
    step("search_count", partner.search_count([("id", "=", one)]), 1)
    step("execute", odoo.execute("res.partner", "search", [("id", "=", one)]), [one])
    step("execute_kw", odoo.execute_kw("res.partner", "search_read", [[("id", "=", one)]], {"fields": ["color"]}), [{"id": one, "color": 3}])
    partner.write([one], {"active": False})
    step("archived", partner.search([("id", "=", one)]), [])
    step("context active_test", partner.with_context(active_test=False).search([("id", "=", one)]), [one])
    task = odoo.env["project.task"]
    made = task.create({"name": "T", "project_id": odoo.env["project.project"].create({"name": "P"}), "tag_ids": [(0, 0, {"name": "red"})]})
    tags = task.browse(made).tag_ids.ids
    step("x2many", odoo.env["project.tags"].browse(tags).name if len(tags) == 1 else tags, "red")
    home = task.read([made], ["project_id"])[0]["project_id"][0]
    step("clean up", [task.unlink([made]), odoo.env["project.project"].unlink([home]), odoo.env["project.tags"].unlink(tags)], [True] * 3)
    step("None result", odoo.execute("project.project", "action_archive", []), None)
    refused("fault", lambda: partner.read([one], ["nosuch"]), odoorpc.error.RPCError, "Invalid field")
    step("unlink", partner.unlink([one]), True)
    step("gone", partner.with_context(active_test=False).search([("id", "=", one)]), [])
    step("logout", odoo.logout(), True)
    second = odoorpc.ODOO(parts.hostname, protocol="jsonrpc", port=parts.port, timeout=20)
    second.login(db, login, key)
    step("key as password", second.env.uid, 2)


def run_odooly(url, db, login, password, key, protocol):
    import odooly

    server = {"web": url, "jsonrpc": url + "/jsonrpc", "json2": url}[protocol]
    if protocol == "json2":
        client = odooly.Client(server, db, login, api_key=key)
    else:
        client = odooly.Client(server, db, login, password)
    env = client.env
    step("uid", env.uid, 2)
    step("context", env.context.get("lang"), "en_US")
    partner = env["res.partner"]

    def single(made):
        # JSON-2 answers a list even for one dict, as a real Odoo 19 does.
        return made[0] if protocol == "json2" else made

    one = single(partner.create({"name": "Foreign <&> é 日本", "color": 3}))
    step("create", one.name, "Foreign <&> é 日本")
    step("search", partner.search([("id", "=", one.id)]).ids, [one.id])
    step("search in its own words", partner.search(["id = %d" % one.id]).ids, [one.id])
    step("read", partner.read([one.id], ["name", "color"]), [{"id": one.id, "name": "Foreign <&> é 日本", "color": 3}])
    step("write", one.write({"street": ""}), True)
    step("read a text", one.read("street"), "")
    one.parent_id = 1
    step("set a link", one.parent_id.id, 1)
    step("search_count", partner.search_count([("id", "=", one.id)]), 1)
    step("execute", env.execute("res.partner", "search", [("id", "=", one.id)]), [one.id])
    one.write({"active": False})
    step("archived", partner.search([("id", "=", one.id)]).ids, [])
    step("context active_test", partner.with_context(active_test=False).search([("id", "=", one.id)]).ids, [one.id])
    project = single(env["project.project"].create({"name": "P"}))
    task = single(env["project.task"].create({"name": "T", "project_id": project.id, "tag_ids": [(0, 0, {"name": "red"})]}))
    tags = task.tag_ids
    step("x2many", tags.name, ["red"])
    step("clean up", [task.unlink(), project.unlink(), tags.unlink()], [True] * 3)
    step("fields_get", "project_id" in env["project.task"].fields_get(), True)
    refused("fault", lambda: env.execute("res.partner", "read", [one.id], ["nosuch"]), Exception, "")
    step("unlink", one.unlink(), True)
    step("gone", partner.with_context(active_test=False).search([("id", "=", one.id)]).ids, [])


def run_xmlrpc(url, db, login, password, key):
    import xmlrpc.client

    common = xmlrpc.client.ServerProxy(url + "/xmlrpc/2/common")
    step("version", int(common.version()["server_serie"].split(".")[0]) >= 16, True)
    step("wrong password", common.authenticate(db, login, "nope", {}), False)
    step("key as password", common.authenticate(db, login, key, {}), 2)
    uid = common.authenticate(db, login, password, {})
    models = xmlrpc.client.ServerProxy(url + "/xmlrpc/2/object")

    def call(model, method, *args, **kwargs):
        return models.execute_kw(db, uid, password, model, method, list(args), kwargs)

    step("rights", call("res.partner", "check_access_rights", "read", raise_exception=False), True)
    one = call("res.partner", "create", {"name": "Foreign <&> é 日本", "color": 3})
    step("search", call("res.partner", "search", [["id", "=", one]], limit=5), [one])
    step("read", call("res.partner", "read", [one], ["name", "color"]), [{"id": one, "name": "Foreign <&> é 日本", "color": 3}])
    step("search_read", call("res.partner", "search_read", [["id", "=", one]], fields=["color"]), [{"id": one, "color": 3}])
    step("fields_get", call("res.partner", "fields_get", ["name"], attributes=["type"]), {"name": {"type": "char"}})
    step("write", call("res.partner", "write", [one], {"active": False}), True)
    step("archived", call("res.partner", "search_count", [["id", "=", one]]), 0)
    step("context", call("res.partner", "search_count", [["id", "=", one]], context={"active_test": False}), 1)
    refused("fault", lambda: call("res.partner", "read", [one], ["nosuch"]), xmlrpc.client.Fault, "Invalid field")
    refused("first version", lambda: xmlrpc.client.ServerProxy(url + "/xmlrpc/object").execute(db, uid, "nope", "res.partner", "search", []), xmlrpc.client.Fault, "AccessDenied")
    step("unlink", call("res.partner", "unlink", [one]), True)


def main(client, url, db, login, password, key):
    try:
        if client == "odoorpc":
            run_odoorpc(url, db, login, password, key)
        elif client == "xmlrpc":
            run_xmlrpc(url, db, login, password, key)
        else:
            run_odooly(url, db, login, password, key, client.split("-")[1])
    except Exception as err:
        traceback.print_exc()
        print("FAIL %s: %s" % (type(err).__name__, err))
        sys.exit(1)
    print("done")


main(*sys.argv[1:])
