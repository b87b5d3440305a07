"""Settings, subscriptions, and what the sandbox really sends, checked with the vendor's own signature helper."""

import json

from hubspot.exceptions import InvalidSignatureTimestampError
from hubspot.utils.signature import Signature
from hubspot.webhooks import (
    ApiException,
    BatchInputSubscriptionBatchUpdateRequest,
    SettingsChangeRequest,
    SubscriptionBatchUpdateRequest,
    SubscriptionCreateRequest,
    SubscriptionPatchRequest,
    ThrottlingSettings,
)
from referee import call, equal, refused, test, true
from referee.receiver import receiver
from referee.sandbox import advance, edit, settle

from .client import ACCOUNT, APP, developer, exchange, new_code, new_contact

APP_ID = APP["app_id"]


def settings():
    return developer().webhooks.settings_api


def subscriptions():
    return developer().webhooks.subscriptions_api


def configure(url):
    return settings().configure(
        APP_ID, SettingsChangeRequest(target_url=url, throttling=ThrottlingSettings(max_concurrent_requests=10))
    )


@test("The settings of the app are made, read and cleared")
def _():
    call(
        "webhooks.settings_api.configure",
        lambda: configure("https://app.example.com/hook"),
        lambda given: (
            equal(given.target_url, "https://app.example.com/hook"),
            equal(given.throttling.max_concurrent_requests, 10),
            true(given.created_at),
        ),
    )
    call(
        "webhooks.settings_api.get_all",
        lambda: settings().get_all(APP_ID),
        lambda given: equal(given.target_url, "https://app.example.com/hook"),
    )
    call(
        "webhooks.settings_api.clear",
        lambda: settings().clear_with_http_info(APP_ID),
        lambda given: equal(given[1], 204),
    )
    refused(
        "webhooks.settings_api.get_all of none",
        ApiException,
        lambda: settings().get_all(APP_ID),
        lambda error: equal(error.status, 404),
    )


@test("A subscription is made, switched and removed")
def _():
    made = call(
        "webhooks.subscriptions_api.create",
        lambda: subscriptions().create(
            APP_ID, SubscriptionCreateRequest(event_type="deal.propertyChange", property_name="amount", active=False)
        ),
        lambda given: (
            equal(given.event_type, "deal.propertyChange"),
            equal(given.active, False),
            true(isinstance(given.id, str)),
        ),
    )
    id = int(made.id)
    call(
        "webhooks.subscriptions_api.get_all",
        lambda: subscriptions().get_all(APP_ID),
        lambda given: true(made.id in {one.id for one in given.results}),
    )
    call(
        "webhooks.subscriptions_api.update",
        lambda: subscriptions().update(id, APP_ID, SubscriptionPatchRequest(active=True)),
        lambda given: equal(given.active, True),
    )
    batch = BatchInputSubscriptionBatchUpdateRequest(inputs=[SubscriptionBatchUpdateRequest(id=id, active=False)])
    call(
        "webhooks.subscriptions_api.update_batch",
        lambda: subscriptions().update_batch(APP_ID, batch),
        lambda given: (equal(given.status, "COMPLETE"), equal(given.results[0].active, False)),
    )
    call(
        "webhooks.subscriptions_api.get_by_id",
        lambda: subscriptions().get_by_id(id, APP_ID),
        lambda given: equal(given.active, False),
    )
    call(
        "webhooks.subscriptions_api.archive",
        lambda: subscriptions().archive_with_http_info(id, APP_ID),
        lambda given: equal(given[1], 204),
    )
    refused(
        "webhooks.subscriptions_api.get_by_id of a removed one",
        ApiException,
        lambda: subscriptions().get_by_id(id, APP_ID),
        lambda error: equal(error.status, 404),
    )


@test("A user's edit is delivered, and the library finds both signatures right")
def _():
    exchange(new_code())
    contact = new_contact()
    with receiver("/hook?tenant=7") as hook:
        configure(hook.url)
        made = subscriptions().create(
            APP_ID, {"eventType": "contact.propertyChange", "propertyName": "firstname", "active": True}
        )
        try:
            edit(
                "hubspot",
                {
                    "portal_id": ACCOUNT["portal_id"],
                    "action": "update",
                    "object": "contacts",
                    "id": contact.id,
                    "properties": {"firstname": "Zoë 日本 🙂"},
                },
            )
            advance(60_000)
            settle()
        finally:
            subscriptions().archive(int(made.id), APP_ID)
            settings().clear(APP_ID)
    true(hook.deliveries, "nothing was delivered")
    delivery = hook.deliveries[0]
    headers = delivery.headers
    v1 = {"signature": headers["X-HubSpot-Signature"], "signature_version": headers["X-HubSpot-Signature-Version"]}
    v3 = {
        "signature": headers["X-HubSpot-Signature-v3"],
        "signature_version": "v3",
        "http_method": "POST",
        "http_uri": delivery.url,
    }
    timestamp = headers["X-HubSpot-Request-Timestamp"]

    def valid(body=delivery.body, **more):
        return Signature.is_valid(client_secret=APP["client_secret"], request_body=body, **more)

    call(
        "Signature.is_valid of v1",
        lambda: valid(**v1),
        lambda given: (equal(v1["signature_version"], "v1"), equal(given, True)),
    )
    call("Signature.is_valid of v3", lambda: valid(**v3, timestamp=timestamp), lambda given: equal(given, True))
    call(
        "Signature.is_valid of v3 with another body",
        lambda: valid("[]", **v3, timestamp=timestamp),
        lambda given: equal(given, False),
    )
    refused(
        "Signature.is_valid of v3 that is too old",
        InvalidSignatureTimestampError,
        lambda: valid(**v3, timestamp="1000"),
        lambda error: true(str(error)),
    )
    event = next(one for one in json.loads(delivery.body) if str(one["objectId"]) == contact.id)
    equal(event["subscriptionType"], "contact.propertyChange")
    equal(event["propertyValue"], "Zoë 日本 🙂")
    equal(event["subscriptionId"], int(made.id))
    equal(event["portalId"], ACCOUNT["portal_id"])
