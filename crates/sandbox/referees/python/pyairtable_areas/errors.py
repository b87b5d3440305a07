from pyairtable import retry_strategy
from referee import call, equal, refused, test, true
from referee.sandbox import advance, fault, limited
from requests import HTTPError

from .client import BASE, airtable, base, some_table


def told(error):
    """What Airtable says: `error` is a string or an object with a type."""
    given = error.response.json()["error"]
    return given if isinstance(given, str) else given["type"]


def is_422(error):
    equal(error.response.status_code, 422)


@test("What is not there is not found, or not for us")
def _():
    table = some_table()
    refused(
        "table.get of an unknown record",
        HTTPError,
        lambda: table.get("rec00000000000000"),
        lambda error: (equal(error.response.status_code, 404), equal(told(error), "NOT_FOUND")),
    )
    refused(
        "table.all of an unknown table",
        HTTPError,
        lambda: base().table("tbl00000000000000").all(),
        lambda error: (
            equal(error.response.status_code, 403),
            equal(told(error), "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"),
        ),
    )
    refused(
        "base.schema of an unknown base",
        HTTPError,
        lambda: airtable().base("app00000000000000").schema(),
        lambda error: equal(error.response.status_code, 403),
    )


@test("A token that Airtable does not know is refused")
def _():
    refused(
        "api.whoami with an unknown token",
        HTTPError,
        lambda: airtable("patUnknown0000000.0").whoami(),
        lambda error: equal(error.response.status_code, 401),
    )


@test("What does not fit the fields is refused")
def _():
    table = some_table()
    refused(
        "table.create with an unknown choice",
        HTTPError,
        lambda: table.create({"Name": "Ada", "Stage": "Partner"}),
        lambda error: (
            is_422(error),
            equal(told(error), "INVALID_MULTIPLE_CHOICE_OPTIONS"),
            true("Partner" in str(error)),
        ),
    )
    refused("table.create with an unknown field", HTTPError, lambda: table.create({"Nonsense": 1}), is_422)
    refused("table.create with a text for a number", HTTPError, lambda: table.create({"Score": "many"}), is_422)
    refused("table.all with a broken formula", HTTPError, lambda: table.all(formula="AND({Name} ="), is_422)
    call("table.all after all that", lambda: table.all(), lambda given: equal(given, []))


@test("A batch with one bad record does nothing")
def _():
    table = some_table("Ada")
    refused(
        "table.batch_create with a bad record",
        HTTPError,
        lambda: table.batch_create([{"Name": "Bob"}, {"Name": "Cyd", "Score": "many"}]),
        is_422,
    )
    call("table.all after it", lambda: table.all(), lambda given: equal(len(given), 1))


@test("Too many requests are told, and tried again by the library")
def _():
    table = some_table("Ada")
    fault(provider="airtable", path="/v0/app*", effect={"kind": "rate_limited"})
    refused(
        "table.all after a 429",
        HTTPError,
        lambda: table.all(),
        lambda error: (equal(error.response.status_code, 429), equal(told(error), "RATE_LIMIT_REACHED")),
    )
    fault(provider="airtable", path="/v0/app*", times=2, effect={"kind": "rate_limited"})
    patient = airtable(retry_strategy=retry_strategy(backoff_factor=0.01)).table(BASE["base_id"], table.id)
    call("table.all after two 429s", lambda: patient.all(), lambda given: equal(len(given), 1))


@test("The limit of a base is real, and a penalty follows")
def _():
    table = some_table("Ada")

    def hurry():
        for count in range(20):
            table.all()
        return count

    with limited("airtable"):
        refused(
            "table.all, twenty times in a row", HTTPError, hurry, lambda error: equal(error.response.status_code, 429)
        )
        advance(10_000)
        refused(
            "table.all within the penalty",
            HTTPError,
            lambda: table.all(),
            lambda error: equal(error.response.status_code, 429),
        )
        advance(31_000)
        call("table.all after the penalty", lambda: table.all(), lambda given: equal(len(given), 1))
