"""A foreign client against a server: python3 foreign.py URL KEY TOKEN

The client is py-trello, as it comes; only the address that it writes into its requests is replaced. Each line that is
printed is one step and what came of it; the first line that begins with FAIL ends the run.
"""
import datetime
import io
import sys

import requests
from trello import TrelloClient
from trello.exceptions import ResourceUnavailable, Unauthorized


def step(name, got, expected=True):
    if got != expected:
        print("FAIL %s: got %r, want %r" % (name, got, expected))
        sys.exit(1)
    print("ok   " + name)


def refused(name, kind, call):
    try:
        got = call()
    except kind:
        step(name, True)
        return
    print("FAIL %s: got %r in place of %s" % (name, got, kind.__name__))
    sys.exit(1)


class Here:
    """The module requests, with Trello's address replaced by ours."""

    def __init__(self, url):
        self.url = url

    def request(self, method, url, **more):
        return requests.request(method, url.replace("https://api.trello.com", self.url), timeout=20, **more)


def boards(client):
    board = client.add_board("Workshop", default_lists=False)
    step("a board is made without lists", board.list_lists(), [])
    todo, doing = board.add_list("To do", "bottom"), board.add_list("Doing", "bottom")
    step("lists are there", [each.name for each in board.open_lists()], ["To do", "Doing"])
    board.set_name("The workshop")
    step("the board is renamed", client.get_board(board.id).name, "The workshop")
    step("it is among ours", board.id in [each.id for each in client.list_boards()])
    return board, todo, doing


def cards(board, todo, doing):
    label = board.add_label("Urgent", "red")
    card = todo.add_card("Paint the door", desc="Two *coats*", labels=[label], due="2024-05-01T12:00:00.000Z")
    step("a card is made", (card.name, card.desc, card.idLabels), ("Paint the door", "Two *coats*", [label.id]))
    card.set_name("Paint the gate")
    card.set_due(datetime.datetime(2024, 6, 1, 12))
    card.set_due_complete()
    card.change_list(doing.id)
    again = board.client.get_card(card.id)
    step("it is renamed and moved", (again.name, again.idList), ("Paint the gate", doing.id))
    step("its due date", str(again.due)[:10], "2024-06-01")
    card.remove_label(label)
    step("its label is off", board.client.get_card(card.id).idLabels, [])
    member = board.all_members()[0]
    card.add_member(member)
    step("a member is on it", board.client.get_card(card.id).idMembers, [member.id])
    refused("a member cannot be put on it twice", ResourceUnavailable, lambda: card.add_member(member))
    return card


def what_hangs_on(card, board, url, key, token):
    checklist = card.add_checklist("Steps", ["Sand", "Paint"], [True, False])
    step("a checklist", [(each["name"], each["state"]) for each in checklist.items], [("Sand", "complete"), ("Paint", "incomplete")])
    checklist.set_checklist_item("Paint", True)
    checklist.rename_checklist_item("Sand", "Sand it")
    card = board.client.get_card(card.id)
    card.fetch()
    step("its items changed", [(each["name"], each["state"]) for each in card.checklists[0].items], [("Sand it", "complete"), ("Paint", "complete")])
    checklist.delete_checklist_item("Paint")
    card.fetch()
    step("one is gone", len(card.checklists[0].items), 1)
    comment = card.comment("Which blue?")
    card.update_comment(comment["id"], "Which green?")
    card.fetch()
    step("a comment", [each["data"]["text"] for each in card.comments], ["Which green?"])
    card.attach(name="plan.txt", mimeType="text/plain", file=io.BytesIO(b"the plan"))
    card.attach(name="Offer", url="https://example.com/offer")
    attachments = card.get_attachments()
    step("attachments", [(each.name, each.is_upload) for each in attachments], [("plan.txt", True), ("Offer", False)])
    header = {"Authorization": 'OAuth oauth_consumer_key="%s", oauth_token="%s"' % (key, token)}
    step("a download", requests.get(attachments[0].url, headers=header, timeout=20).content, b"the plan")
    card.remove_attachment(attachments[1].id)
    step("one is gone", len(card.get_attachments()), 1)
    points = board.add_custom_field_definition("Points", "number")
    card.set_custom_field("5", points)
    step("a custom field", [each.value for each in board.client.get_card(card.id).custom_fields], [5.0])


def ends(client, card, todo):
    card.set_closed(True)
    step("it is archived", client.get_card(card.id).closed)
    step("and not on its list", todo.list_cards(), [])
    card.set_closed(False)
    actions = card.fetch_actions("all") or card.actions
    step("its feed tells of both", len([each for each in actions if "closed" in each["data"].get("old", {})]), 2)
    card.delete()
    refused("a deleted card is gone", ResourceUnavailable, lambda: client.get_card(card.id))


def main(url, key, token):
    client = TrelloClient(api_key=key, api_secret="unused", token=token, token_secret="unused", http_service=Here(url))
    wrong = TrelloClient(api_key=key, api_secret="unused", token="wrong", token_secret="unused", http_service=Here(url))
    refused("a wrong token is refused", Unauthorized, wrong.list_boards)
    board, todo, doing = boards(client)
    card = cards(board, todo, doing)
    what_hangs_on(card, board, url, key, token)
    ends(client, card, todo)
    board.close()
    step("the board is closed", client.get_board(board.id).closed)
    print("done")


main(*sys.argv[1:])
