from hubspot.crm.contacts import ApiException as ContactError
from hubspot.oauth import ApiException
from referee import call, differ, equal, refused, test, true
from referee.sandbox import advance

from .client import ACCOUNT, APP, body, exchange, hubspot, new_code


def refresh(token):
    return hubspot().oauth.tokens_api.create(
        grant_type="refresh_token", refresh_token=token, client_id=APP["client_id"], client_secret=APP["client_secret"]
    )


def first_page(token):
    return hubspot(access_token=token).crm.contacts.basic_api.get_page(limit=1)


@test("A code becomes tokens, which tell what they are")
def _():
    tokens = call(
        "oauth.tokens_api.create with a code",
        lambda: exchange(new_code()),
        lambda given: (equal(given.token_type, "bearer"), equal(given.expires_in, 1800), true(given.refresh_token)),
    )
    call(
        "contacts.basic_api.get_page with the token",
        lambda: first_page(tokens.access_token),
        lambda given: equal(len(given.results), 1),
    )
    call(
        "oauth.access_tokens_api.get",
        lambda: hubspot().oauth.access_tokens_api.get(tokens.access_token),
        lambda given: (
            equal(given.hub_id, ACCOUNT["portal_id"]),
            equal(given.app_id, APP["app_id"]),
            equal(given.token_type, "access"),
            true(given.scopes),
        ),
    )
    call(
        "oauth.refresh_tokens_api.get",
        lambda: hubspot().oauth.refresh_tokens_api.get(tokens.refresh_token),
        lambda given: (
            equal(given.hub_id, ACCOUNT["portal_id"]),
            equal(given.client_id, APP["client_id"]),
            equal(given.token, tokens.refresh_token),
        ),
    )


@test("A code works once, and only with the right secret")
def _():
    code = new_code()
    exchange(code)
    refused(
        "oauth.tokens_api.create with a used code",
        ApiException,
        lambda: exchange(code),
        lambda error: (
            equal(error.status, 400),
            equal(body(error)["status"], "BAD_AUTH_CODE"),
            equal(body(error)["error"], "invalid_grant"),
        ),
    )
    refused(
        "oauth.tokens_api.create with a wrong secret",
        ApiException,
        lambda: exchange(new_code(), secret="wrong"),
        lambda error: (equal(error.status, 400), equal(body(error)["status"], "BAD_CLIENT_SECRET")),
    )


@test("A token dies after half an hour and is refreshed")
def _():
    tokens = exchange(new_code())
    advance(1_810_000)
    refused(
        "contacts.basic_api.get_page with an old token",
        ContactError,
        lambda: first_page(tokens.access_token),
        lambda error: (equal(error.status, 401), equal(body(error)["category"], "EXPIRED_AUTHENTICATION")),
    )
    fresh = call(
        "oauth.tokens_api.create with a refresh token",
        lambda: refresh(tokens.refresh_token),
        lambda given: differ(given.access_token, tokens.access_token),
    )
    call(
        "contacts.basic_api.get_page with the new token",
        lambda: first_page(fresh.access_token),
        lambda given: equal(len(given.results), 1),
    )


@test("A deleted refresh token is of no use")
def _():
    tokens = exchange(new_code())
    call(
        "oauth.refresh_tokens_api.archive",
        lambda: hubspot().oauth.refresh_tokens_api.archive_with_http_info(tokens.refresh_token),
        lambda given: equal(given[1], 204),
    )
    refused(
        "oauth.tokens_api.create with a deleted token",
        ApiException,
        lambda: refresh(tokens.refresh_token),
        lambda error: (equal(error.status, 400), equal(body(error)["status"], "BAD_REFRESH_TOKEN")),
    )
