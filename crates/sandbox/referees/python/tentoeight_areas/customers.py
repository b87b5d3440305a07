from referee import call, equal, has, matches, test, true
from referee.sandbox import edit

from .client import CUSTOMERS, HOST, ORGANIZATION, api, customer, list_all, new_customer


@test("A customer is created, and its address is told in a header")
def _():
    wanted = customer()

    def check(given):
        equal(given.status, 201)
        true(given.headers["Location"].startswith(HOST), "the address is not absolute")
        true(isinstance(given.body, dict))

    made = call("POST customer", lambda: api("POST", CUSTOMERS, json=wanted), check)

    def check_read(given):
        equal(given.status, 200)
        equal(given.body["resource_uri"], made.headers["Location"])
        for key in ("name", "emails", "numbers", "custom_fields"):
            equal(given.body[key], wanted[key])
        equal(given.body.get("deleted", False), False)

    call("GET customer", lambda: api("GET", made.headers["Location"]), check_read)


@test("A customer may have neither name nor addresses, and an address may be none")
def _():
    call(
        "POST customer without anything",
        lambda: api("POST", CUSTOMERS, json=customer(name="", emails=[], numbers=[])),
        lambda given: equal(given.status, 201),
    )
    call(
        "POST customer with an address that is none",
        lambda: api("POST", CUSTOMERS, json=customer(emails=["not an address"])),
        lambda given: equal(given.status, 201),
    )


@test("Customers are listed ten at a time, and the next page is told as an address")
def _():
    for _ in range(12):
        new_customer()

    def check(given):
        equal(given.status, 200)
        has(given.body, "results", "next")
        equal(len(given.body["results"]), 10)
        true(given.body["next"].startswith(HOST), "the next page is not absolute")
        for one in given.body["results"]:
            has(one, "resource_uri", "name", "emails", "numbers")
            true(isinstance(one["name"], str) and isinstance(one["emails"], list) and isinstance(one["numbers"], list))

    call("GET customers", lambda: api("GET", CUSTOMERS, params={"include_deleted": False, "limit": 10}), check)
    call(
        "GET customers, all pages",
        lambda: list_all(False),
        lambda given: (
            true(len(given) >= 12),
            equal(len({one["resource_uri"] for one in given}), len(given)),
            true(not any(one.get("deleted") for one in given)),
        ),
    )


@test("A change keeps what it does not name, custom fields included")
def _():
    uri = new_customer()

    def check(given):
        # 200 with the customer: without a body the demo would break.
        equal(given.status, 200)
        equal(given.body["resource_uri"], uri)

    call(
        "PATCH customer's status",
        lambda: api("PATCH", uri, json={"custom_fields": {"Sync Status": "Error: Invalid email x"}}),
        check,
    )
    call(
        "GET customer after it",
        lambda: api("GET", uri),
        lambda given: (
            equal(given.body["custom_fields"], {"Sync Status": "Error: Invalid email x", "External ID": "51"}),
            equal(given.body["name"], "Ada Lovelace"),
        ),
    )
    call(
        "PATCH customer's addresses",
        lambda: api("PATCH", uri, json={"emails": ["a@example.org", "b@example.org"], "numbers": []}),
        lambda given: (
            equal(given.status, 200),
            equal(given.body["emails"], ["a@example.org", "b@example.org"]),
            equal(given.body["numbers"], []),
        ),
    )


@test("A deleted customer is not found, and still listed among the deleted")
def _():
    uri = new_customer()
    call(
        "DELETE customer by force",
        lambda: api("DELETE", uri, params={"force": True}),
        lambda given: true(200 <= given.status < 300),
    )
    # 404 with JSON: the demo parses before it looks.
    call(
        "GET customer that was deleted",
        lambda: api("GET", uri),
        lambda given: (equal(given.status, 404), true(isinstance(given.body, dict))),
    )
    call(
        "GET customers with the deleted",
        lambda: list_all(True),
        lambda given: equal([one["deleted"] for one in given if one["resource_uri"] == uri], [True]),
    )
    call(
        "GET customers without the deleted",
        lambda: list_all(False),
        lambda given: true(uri not in {one["resource_uri"] for one in given}),
    )


@test("A customer without bookings is deleted without force, too")
def _():
    uri = new_customer()
    call(
        "DELETE customer",
        lambda: api("DELETE", uri, params={"force": False}),
        lambda given: true(200 <= given.status < 300),
    )


@test("A customer with a booking to come is deleted by force only")
def _():
    uri = new_customer()
    edit("tentoeight", {"organization": ORGANIZATION["name"], "action": "book", "resource_uri": uri})
    call(
        "DELETE customer with a booking",
        lambda: api("DELETE", uri, params={"force": False}),
        lambda given: equal(given.status, 409),
    )
    call("GET customer that is still there", lambda: api("GET", uri), lambda given: equal(given.status, 200))
    call(
        "DELETE customer with a booking, by force",
        lambda: api("DELETE", uri, params={"force": True}),
        lambda given: true(200 <= given.status < 300),
    )


@test("The customers belong to the organization of the key")
def _():
    call(
        "GET customers without a key",
        lambda: api("GET", CUSTOMERS, key=None),
        lambda given: (equal(given.status, 401), true(isinstance(given.body, dict))),
    )
    call(
        "GET customers with a key that is none",
        lambda: api("GET", CUSTOMERS, key="unknown"),
        lambda given: equal(given.status, 401),
    )
    call(
        "GET customers with the scheme in capitals",
        lambda: api("GET", CUSTOMERS, word="Token"),
        lambda given: equal(given.status, 200),
    )
    matches(ORGANIZATION["api_key"], ".")
