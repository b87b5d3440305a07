from hubspot.crm.contacts import ApiException
from hubspot.crm.owners import ApiException as OwnerError
from referee import call, equal, matches, refused, test, true
from referee.sandbox import fault, limited
from urllib3.util.retry import Retry

from .client import body, hubspot, invalid_values, new_contact, some_contact


def basic(**options):
    return hubspot(**options).crm.contacts.basic_api


@test("A second contact with the same address is a conflict that names the first")
def _():
    made = new_contact()
    refused(
        "contacts.basic_api.create of a duplicate",
        ApiException,
        lambda: basic().create(some_contact(email=made.properties["email"])),
        lambda error: (
            equal(error.status, 409),
            equal(body(error)["category"], "CONFLICT"),
            equal(body(error)["message"], f"Contact already exists. Existing ID: {made.id}"),
        ),
    )


@test("Bad values are told in a list inside the message, and with a correlation id")
def _():
    def check(error):
        equal(error.status, 400)
        told = body(error)
        equal(told["status"], "error")
        equal(told["category"], "VALIDATION_ERROR")
        matches(told["correlationId"], r"^[0-9a-f-]{36}$")
        equal(error.headers["X-HubSpot-Correlation-Id"], told["correlationId"])
        equal(
            sorted((one["name"], one["error"]) for one in invalid_values(error)),
            [("email", "INVALID_EMAIL"), ("no_such_thing", "PROPERTY_DOESNT_EXIST")],
        )

    refused(
        "contacts.basic_api.create of bad values",
        ApiException,
        lambda: basic().create(some_contact(email="no address", no_such_thing="1")),
        check,
    )


@test("What is not there is not found")
def _():
    refused(
        "contacts.basic_api.get_by_id of an unknown id",
        ApiException,
        lambda: basic().get_by_id("999999999999"),
        lambda error: equal(error.status, 404),
    )


@test("A token that HubSpot does not know is refused")
def _():
    refused(
        "contacts.basic_api.get_page with an unknown token",
        ApiException,
        lambda: basic(access_token="pat-na1-unknown").get_page(limit=1),
        lambda error: (equal(error.status, 401), equal(body(error)["category"], "INVALID_AUTHENTICATION")),
    )


@test("An expired token is told with the time")
def _():
    fault(provider="hubspot", path="*contacts*", effect={"kind": "expired_token"})
    refused(
        "contacts.basic_api.get_page with an expired token",
        ApiException,
        lambda: basic().get_page(limit=1),
        lambda error: (
            equal(error.status, 401),
            equal(body(error)["category"], "EXPIRED_AUTHENTICATION"),
            matches(body(error)["message"], r"expired \d+ second\(s\) ago\.$"),
        ),
    )


@test("Too many requests are told in HubSpot's words")
def _():
    fault(provider="hubspot", path="*owners*", effect={"kind": "rate_limited"})
    refused(
        "owners.owners_api.get_page after a 429",
        OwnerError,
        lambda: hubspot().crm.owners.owners_api.get_page(),
        lambda error: (
            equal(error.status, 429),
            equal(body(error)["policyName"], "TEN_SECONDLY_ROLLING"),
            equal(body(error)["message"], "You have reached your ten_secondly_rolling limit."),
        ),
    )


@test("The library tries again after a 429 and after a 502 when it is told to")
def _():
    retry = Retry(total=3, status_forcelist=(429, 502), backoff_factor=0.01)
    patient = hubspot(retry=retry).crm.owners.owners_api
    fault(provider="hubspot", path="*owners*", effect={"kind": "rate_limited"})
    call("owners.owners_api.get_page after a 429, with retries", patient.get_page, lambda given: true(given.results))
    fault(provider="hubspot", path="*owners*", effect={"kind": "html", "status": 502})
    call("owners.owners_api.get_page after a 502, with retries", patient.get_page, lambda given: true(given.results))


@test("The answers count down to the limit")
def _():
    with limited("hubspot"):

        def check(given):
            _, status, headers = given
            equal(status, 200)
            true(int(headers["X-HubSpot-RateLimit-Remaining"]) < int(headers["X-HubSpot-RateLimit-Max"]))
            equal(headers["X-HubSpot-RateLimit-Interval-Milliseconds"], "10000")

        call("contacts.basic_api.get_page with its headers", lambda: basic().get_page_with_http_info(limit=1), check)
