from oauthlib.oauth2 import OAuth2Error
from referee import call, differ, equal, refused, test, true
from referee.sandbox import CREDENTIALS, consent
from requests_oauthlib import OAuth2Session

HUBSPOT = CREDENTIALS["hubspot"]
HOST, APP = HUBSPOT["base_url"], HUBSPOT["app"]
TOKEN_URL = f"{HOST}/oauth/2026-03/token"


def session():
    return OAuth2Session(
        APP["client_id"],
        redirect_uri="http://127.0.0.1:9/callback",
        scope=APP.get("required_scopes", APP["scopes"]),
        pkce="S256",
    )


def install(oauth, secret=APP["client_secret"]):
    url, _ = oauth.authorization_url(f"{HOST}/oauth/authorize", optional_scope=" ".join(APP.get("optional_scopes", [])))
    return oauth.fetch_token(
        TOKEN_URL, authorization_response=consent(url), client_secret=secret, include_client_id=True
    )


@test("HubSpot: a code with PKCE becomes a token that opens the account")
def _():
    oauth = session()
    call(
        "HubSpot, fetch_token",
        lambda: install(oauth),
        lambda given: (
            equal(given["token_type"], "bearer"),
            equal(given["expires_in"], 1800),
            equal(given["token_use"], "access_token"),
            true(given["refresh_token"]),
        ),
    )
    call(
        "HubSpot, a request with the token",
        lambda: oauth.get(f"{HOST}/crm/v3/objects/contacts?limit=1"),
        lambda given: (equal(given.status_code, 200), equal(len(given.json()["results"]), 1)),
    )


@test("HubSpot: a refresh gives a new token")
def _():
    oauth = session()
    first = install(oauth)
    call(
        "HubSpot, refresh_token",
        lambda: oauth.refresh_token(TOKEN_URL, client_id=APP["client_id"], client_secret=APP["client_secret"]),
        lambda given: (differ(given["access_token"], first["access_token"]), equal(given["expires_in"], 1800)),
    )


@test("HubSpot: a wrong secret gets nothing")
def _():
    refused(
        "HubSpot, fetch_token with a wrong secret",
        OAuth2Error,
        lambda: install(session(), "wrong"),
        lambda error: equal(error.error, "invalid_client"),
    )
