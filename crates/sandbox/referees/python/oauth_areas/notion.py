from urllib.parse import parse_qsl

from referee import call, differ, equal, test, true
from referee.sandbox import CREDENTIALS, consent
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

NOTION = CREDENTIALS["notion"]
HOST, APP = NOTION["base_url"], NOTION["app"]
TOKEN_URL = f"{HOST}/v1/oauth/token"
BASIC = HTTPBasicAuth(APP["client_id"], APP["client_secret"])


class AsJson(HTTPAdapter):
    """Notion takes JSON where OAuth 2.0 says form fields. The library's own hooks cannot do that for a refresh."""

    def send(self, request, **kwargs):
        fields = dict(parse_qsl(request.body if isinstance(request.body, str) else request.body.decode()))
        request.headers["Content-Type"] = "application/json"
        request.prepare_body(None, None, json=fields)
        return super().send(request, **kwargs)


def session():
    oauth = OAuth2Session(APP["client_id"], redirect_uri="http://127.0.0.1:9/callback")
    oauth.mount(TOKEN_URL, AsJson())
    return oauth


def install(oauth):
    url, _ = oauth.authorization_url(f"{HOST}/v1/oauth/authorize", owner="user")
    return oauth.fetch_token(TOKEN_URL, authorization_response=consent(url), auth=BASIC)


@test("Notion: a code becomes a token that opens the workspace")
def _():
    oauth = session()
    call(
        "Notion, fetch_token",
        lambda: install(oauth),
        lambda given: (
            equal(given["token_type"], "bearer"),
            true(given["workspace_id"] and given["bot_id"]),
            true("expires_in" not in given),
        ),
    )
    call(
        "Notion, a request with the token",
        lambda: oauth.get(f"{HOST}/v1/users/me", headers={"Notion-Version": "2025-09-03"}),
        lambda given: (equal(given.status_code, 200), equal(given.json()["type"], "bot")),
    )


@test("Notion: a refresh gives a new token")
def _():
    oauth = session()
    first = install(oauth)
    call(
        "Notion, refresh_token",
        lambda: oauth.refresh_token(TOKEN_URL, auth=BASIC),
        lambda given: (
            differ(given["access_token"], first["access_token"]),
            equal(given["workspace_id"], first["workspace_id"]),
        ),
    )
