"""Webhooks: made, rung, and read, checked with the library's own helper for the signature."""

from contextlib import contextmanager
from datetime import datetime

from pyairtable.models import WebhookNotification
from referee import call, equal, matches, refused, test, true
from referee.receiver import receiver
from referee.sandbox import advance, settle

from .client import BASE, base, some_table


def spec(table, **includes):
    filters = {"dataTypes": ["tableData"], "recordChangeScope": table.id}
    return {"options": {"filters": filters, **({"includes": includes} if includes else {})}}


@contextmanager
def webhook(table, url="https://app.example.com/airtable", **includes):
    """A webhook for the table; it is taken away again, since a base has room for ten."""
    made = base().add_webhook(url, spec(table, **includes))
    try:
        yield made
    finally:
        base().webhook(made.id).delete()


def found(made):
    return base().webhook(made.id)


def rung():
    advance(60_000)
    settle()


@test("A webhook is made, listed, extended, switched off and deleted")
def _():
    table = some_table()
    made = call(
        "base.add_webhook",
        lambda: base().add_webhook("https://app.example.com/airtable", spec(table)),
        lambda given: (
            matches(given.id, "^ach[A-Za-z0-9]{14}$"),
            true(given.mac_secret_base64),
            true(isinstance(given.expiration_time, datetime)),
        ),
    )
    hook = call(
        "base.webhooks",
        lambda: next(one for one in base().webhooks() if one.id == made.id),
        lambda given: (
            equal(given.notification_url, "https://app.example.com/airtable"),
            equal(given.cursor_for_next_payload, 1),
            equal(given.is_hook_enabled, True),
            equal(given.are_notifications_enabled, True),
            equal(given.specification.options.filters.record_change_scope, table.id),
        ),
    )
    advance(3_600_000)
    call(
        "webhook.extend_expiration",
        lambda: hook.extend_expiration(),
        lambda _: true(str(hook.expiration_time) > str(made.expiration_time)),
    )
    call(
        "webhook.disable_notifications",
        lambda: hook.disable_notifications(),
        lambda _: equal(found(made).are_notifications_enabled, False),
    )
    call(
        "webhook.enable_notifications",
        lambda: hook.enable_notifications(),
        lambda _: equal(found(made).are_notifications_enabled, True),
    )
    call("webhook.delete", lambda: hook.delete(), lambda _: true(made.id not in {one.id for one in base().webhooks()}))


@test("A change rings, the ring is signed, and the payloads tell what it was")
def _():
    table = some_table("Ada")
    ids = {field.name: field.id for field in table.schema().fields}
    with receiver("/airtable") as hook, webhook(table, hook.url, includePreviousCellValues=True) as made:
        table.create({"Name": "Bob", "Score": 5})
        rung()
        true(hook.deliveries, "nothing rang")
        ring = hook.deliveries[0]
        header = ring.headers["X-Airtable-Content-MAC"]
        call(
            "WebhookNotification.from_request",
            lambda: WebhookNotification.from_request(ring.body, header, made.mac_secret_base64),
            lambda given: (
                equal(given.base.id, BASE["base_id"]),
                equal(given.webhook.id, made.id),
                true(isinstance(given.timestamp, datetime)),
            ),
        )
        refused(
            "WebhookNotification.from_request with another secret",
            ValueError,
            lambda: WebhookNotification.from_request(ring.body, header, "c2VjcmV0"),
            lambda error: matches(str(error), "failed validation"),
        )

        def check(given):
            equal([one.cursor for one in given], list(range(1, len(given) + 1)))
            payload = given[0]
            equal(payload.payload_format, "v0")
            equal(payload.action_metadata.source, "publicApi")
            true(isinstance(payload.base_transaction_number, int))
            changed = payload.changed_tables_by_id[table.id]
            (record,) = changed.created_records_by_id.values()
            equal(record.cell_values_by_field_id[ids["Name"]], "Bob")
            equal(record.cell_values_by_field_id[ids["Score"]], 5)

        payloads = call("webhook.payloads", lambda: list(found(made).payloads()), check)
        after = payloads[-1].cursor + 1
        call(
            "webhook.payloads when there are no more",
            lambda: list(found(made).payloads(cursor=after)),
            lambda given: equal(given, []),
        )

        ada = table.first(formula="{Name} = 'Ada'")
        table.update(ada["id"], {"Score": 9, "Stage": "Lead"})
        table.delete(ada["id"])
        rung()

        def check_changes(given):
            changes = [one.changed_tables_by_id[table.id] for one in given]
            record = next(
                one.changed_records_by_id[ada["id"]] for one in changes if ada["id"] in one.changed_records_by_id
            )
            equal(record.current.cell_values_by_field_id[ids["Score"]], 9)
            # Selects come with their ids here, unlike in records.
            equal(record.current.cell_values_by_field_id[ids["Stage"]]["name"], "Lead")
            equal(record.previous.cell_values_by_field_id[ids["Score"]], 0)
            true(any(ada["id"] in one.destroyed_record_ids for one in changes))
            true(all(one.cursor >= after for one in given))

        call("webhook.payloads from a cursor", lambda: list(found(made).payloads(cursor=after)), check_changes)
        call(
            "webhook.payloads, no more than wished",
            lambda: list(found(made).payloads(limit=1)),
            lambda given: equal([one.cursor for one in given], [1]),
        )


@test("More payloads than fit on a page are all read")
def _():
    table = some_table()
    with webhook(table) as made:
        for count in range(60):
            table.create({"Name": f"Person {count}"})

        def check(given):
            created = [id for one in given for id in one.changed_tables_by_id[table.id].created_records_by_id]
            equal(len(set(created)), 60)
            equal([one.cursor for one in given], list(range(1, len(given) + 1)))

        call("webhook.payloads of sixty changes", lambda: list(found(made).payloads()), check)


@test("A webhook that is not read for a week dies")
def _():
    table = some_table()
    with webhook(table) as made:
        advance(8 * 24 * 3_600_000)
        call("base.webhook after a week", lambda: found(made), lambda given: equal(given.is_hook_enabled, False))
