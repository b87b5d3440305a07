"""Subscriptions and notifications, as the demo takes them."""

import json

from referee import call, equal, has, test, true
from referee.receiver import receiver
from referee.sandbox import advance, edit, settle

from .client import HOST, ORGANIZATION, SUBSCRIPTIONS, api, new_customer


def listed():
    return api("GET", SUBSCRIPTIONS).body["results"]


def start_over():
    """The demo takes away every subscription to customers before it makes its own."""
    for one in listed():
        if one["scope"] == "customer":
            api("DELETE", one["resource_uri"])


def subscribe(url):
    start_over()
    return api("POST", SUBSCRIPTIONS, json={"callback_url": url, "scope": "customer"})


def sent():
    advance(60_000)
    settle()


def about(hook, uri):
    """The notifications that name a customer."""
    told = [json.loads(one.body) for one in hook.deliveries]
    return [one for one in told if uri in one.get("items", [])]


@test("A subscription is made, listed and removed")
def _():
    start_over()
    call(
        "POST subscription",
        lambda: api("POST", SUBSCRIPTIONS, json={"callback_url": "https://app.example.com/hook", "scope": "customer"}),
        lambda given: (true(200 <= given.status < 300), true(isinstance(given.body, dict))),
    )
    one = call(
        "GET subscriptions",
        lambda: api("GET", SUBSCRIPTIONS),
        lambda given: (
            equal(given.status, 200),
            equal([one["scope"] for one in given.body["results"]], ["customer"]),
            true(given.body["results"][0]["resource_uri"].startswith(HOST)),
        ),
    ).body["results"][0]
    call(
        "DELETE subscription", lambda: api("DELETE", one["resource_uri"]), lambda given: true(200 <= given.status < 300)
    )
    call("GET subscriptions when there are none", lambda: listed(), lambda given: equal(given, []))


@test("Creating, changing and deleting a customer is told alike, with its address only")
def _():
    with receiver("/tte") as hook:
        call("POST subscription, heard", lambda: subscribe(hook.url), lambda given: true(200 <= given.status < 300))
        uri = new_customer()
        for act in (
            lambda: None,
            lambda: api("PATCH", uri, json={"name": "Grace Hopper"}),
            lambda: api("DELETE", uri, params={"force": True}),
        ):
            act()
            sent()

            def check(given):
                told = about(hook, uri)
                true(told, "nothing was told")
                for one in told:
                    equal(sorted(one), ["items", "scope"])
                    equal(one["scope"], "customer")
                true(hook.deliveries[0].headers["Content-Type"].startswith("application/json"))
                true(given.status in (200, 404))

            call("GET customer that was told of", lambda: api("GET", uri), check)
            hook.deliveries.clear()
        start_over()


@test("A person's own change in 10to8 is told")
def _():
    with receiver("/tte") as hook:
        uri = new_customer()
        sent()
        subscribe(hook.url)
        edit(
            "tentoeight",
            {"organization": ORGANIZATION["name"], "action": "update", "resource_uri": uri, "name": "Changed by hand"},
        )
        sent()
        call(
            "GET customer that a person changed",
            lambda: api("GET", uri),
            lambda given: (equal(given.body["name"], "Changed by hand"), true(about(hook, uri), "nothing was told")),
        )
        start_over()


@test("A notification that is not taken is sent again")
def _():
    with receiver("/tte", status=500) as hook:
        subscribe(hook.url)
        uri = new_customer()
        sent()
        failed = len(about(hook, uri))
        hook.status = 200
        # When the next try comes is not known; that it comes is.
        advance(3_600_000)
        settle()
        call(
            "GET customer that was told of twice",
            lambda: api("GET", uri),
            lambda given: (
                equal(given.status, 200),
                true(failed >= 1),
                true(len(about(hook, uri)) > failed, "it was not sent again"),
                has(given.body, "name"),
            ),
        )
        start_over()
