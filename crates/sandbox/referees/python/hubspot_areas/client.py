"""Clients for the simulated HubSpot, and what the areas share."""

import json
from urllib.parse import urlsplit

from hubspot import HubSpot
from hubspot.utils.oauth import get_auth_url
from referee.sandbox import CREDENTIALS, consent, fresh, query_of

HOST = CREDENTIALS["hubspot"]["base_url"]
APP = CREDENTIALS["hubspot"]["app"]
ACCOUNT = CREDENTIALS["hubspot"]["accounts"][0]
REDIRECT_URI = "http://127.0.0.1:9/oauth/callback"


def hubspot(**options):
    """A client with the account's private app token."""
    return HubSpot(**{"host": HOST, "access_token": ACCOUNT["private_app_token"], **options})


def developer():
    """A client for what belongs to the app itself: webhook settings and subscriptions."""
    return HubSpot(host=HOST, api_key=APP["developer_api_key"])


def new_code():
    """Lets the app be installed, and returns the code for its tokens."""
    # What the app must ask for and what it may ask for each have a parameter of their own.
    scopes, optional = APP.get("required_scopes", APP["scopes"]), APP.get("optional_scopes", [])
    made = urlsplit(get_auth_url(APP["client_id"], REDIRECT_URI, tuple(scopes), tuple(optional), fresh("state")))
    # get_auth_url knows no other host; only scheme, host and prefix are replaced.
    return query_of(consent(f"{HOST}{made.path}?{made.query}"))["code"]


def exchange(code, secret=APP["client_secret"]):
    """A code for tokens."""
    return hubspot().oauth.tokens_api.create(
        grant_type="authorization_code",
        code=code,
        redirect_uri=REDIRECT_URI,
        client_id=APP["client_id"],
        client_secret=secret,
    )


def some_contact(**properties):
    """What a new contact is made from."""
    return {
        "properties": {
            "email": f"{fresh('person')}@example.com",
            "firstname": "Ada",
            "lastname": "Lovelace",
            **properties,
        }
    }


def new_contact(**properties):
    """A new contact with an address of its own."""
    return hubspot().crm.contacts.basic_api.create(some_contact(**properties))


def new_company(**properties):
    """A new company."""
    return hubspot().crm.companies.basic_api.create({"properties": {"name": fresh("Company "), **properties}})


def new_deal(**properties):
    """A new deal in the first stage of the first pipeline."""
    pipeline = hubspot().crm.pipelines.pipelines_api.get_all("deals").results[0]
    return hubspot().crm.deals.basic_api.create(
        {
            "properties": {
                "dealname": fresh("Deal "),
                "pipeline": pipeline.id,
                "dealstage": pipeline.stages[0].id,
                **properties,
            }
        }
    )


def body(error):
    """The JSON body of an error."""
    return json.loads(error.body)


def invalid_values(error):
    """The JSON list inside "Property values were not valid: […]"."""
    start = "Property values were not valid: "
    message = body(error)["message"]
    assert message.startswith(start), message
    return json.loads(message[len(start) :])
