import json

from oauthlib.oauth2 import OAuth2Error, WebApplicationClient
from referee import call, differ, equal, refused, test, true
from referee.sandbox import CREDENTIALS, advance, consent
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

AIRTABLE = CREDENTIALS["airtable"]
HOST, APP = AIRTABLE["base_url"], AIRTABLE["app"]
TOKEN_URL = f"{HOST}/oauth2/v1/token"
BASIC = HTTPBasicAuth(APP["client_id"], APP["client_secret"])
SCOPES = ["data.records:read", "data.records:write", "schema.bases:read"]


class Client(WebApplicationClient):
    """Airtable's alphabet for the verifier of PKCE is smaller than the standard's: it lacks the tilde."""

    def create_code_verifier(self, length):
        self.code_verifier = super().create_code_verifier(length).replace("~", "_")
        return self.code_verifier


def trimmed(response):
    """Airtable's token type is "Bearer " with a blank, on purpose."""
    given = response.json()
    if "token_type" in given:
        given["token_type"] = given["token_type"].strip()
        response._content = json.dumps(given).encode()
    return response


def session():
    oauth = OAuth2Session(
        client=Client(APP["client_id"]), redirect_uri="http://127.0.0.1:9/callback", scope=SCOPES, pkce="S256"
    )
    oauth.register_compliance_hook("access_token_response", trimmed)
    oauth.register_compliance_hook("refresh_token_response", trimmed)
    return oauth


def install(oauth):
    url, _ = oauth.authorization_url(f"{HOST}/oauth2/v1/authorize")
    return oauth.fetch_token(TOKEN_URL, authorization_response=consent(url), auth=BASIC)


def whoami(oauth):
    return oauth.get(f"{HOST}/v0/meta/whoami")


@test("Airtable: a code with PKCE becomes a token that opens the bases")
def _():
    oauth = session()
    call(
        "Airtable, fetch_token",
        lambda: install(oauth),
        lambda given: (
            equal(given["expires_in"], 3600),
            equal(given["refresh_expires_in"], 5_184_000),
            equal(sorted(given["scope"]), sorted(SCOPES)),
        ),
    )
    call(
        "Airtable, a request with the token",
        lambda: whoami(oauth),
        lambda given: (equal(given.status_code, 200), equal(sorted(given.json()["scopes"]), sorted(SCOPES))),
    )


@test("Airtable: a refresh kills the token before it")
def _():
    oauth, old = session(), session()
    old.token = first = install(oauth)
    call(
        "Airtable, refresh_token",
        lambda: oauth.refresh_token(TOKEN_URL, auth=BASIC),
        lambda given: (
            differ(given["access_token"], first["access_token"]),
            differ(given["refresh_token"], first["refresh_token"]),
        ),
    )
    call("Airtable, a request with the old token", lambda: whoami(old), lambda given: equal(given.status_code, 401))
    call("Airtable, a request with the new token", lambda: whoami(oauth), lambda given: equal(given.status_code, 200))


@test("Airtable: a code dies after ten minutes")
def _():
    oauth = session()
    url, _ = oauth.authorization_url(f"{HOST}/oauth2/v1/authorize")
    back = consent(url)
    advance(601_000)
    refused(
        "Airtable, fetch_token too late",
        OAuth2Error,
        lambda: oauth.fetch_token(TOKEN_URL, authorization_response=back, auth=BASIC),
        lambda error: (equal(error.error, "invalid_grant"), true(error.description)),
    )
