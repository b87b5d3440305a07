from referee import call, equal, matches, test, true
from referee.sandbox import fault

from .client import CUSTOMERS, api, new_customer


@test("Too many requests are told, with the time to wait")
def _():
    fault(provider="tentoeight", path="*customer*", effect={"kind": "rate_limited"})
    call(
        "GET customers after a 429",
        lambda: api("GET", CUSTOMERS),
        lambda given: (equal(given.status, 429), true("Retry-After" in given.headers or "detail" in given.body)),
    )


@test("An error is told in JSON")
def _():
    call(
        "GET a customer that is not there",
        lambda: api("GET", f"{CUSTOMERS}999999999/"),
        lambda given: (equal(given.status, 404), true(isinstance(given.body, dict))),
    )
    fault(provider="tentoeight", path="*customer*", effect={"kind": "server_error", "status": 500})
    call(
        "GET customers after a 500",
        lambda: api("GET", CUSTOMERS),
        lambda given: (equal(given.status, 500), true(given.body is not None)),
    )


@test("A change that was refused was not made")
def _():
    uri = new_customer()
    fault(
        provider="tentoeight",
        method="PATCH",
        path="*customer*",
        effect={"kind": "status", "status": 503, "body": {"detail": "Later."}},
    )
    call(
        "PATCH customer after a 503",
        lambda: api("PATCH", uri, json={"name": "Not written"}),
        lambda given: equal(given.status, 503),
    )
    call("GET customer after it", lambda: api("GET", uri), lambda given: matches(given.body["name"], "^Ada"))
