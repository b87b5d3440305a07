"""A client in the manner of the demo: the same calls, headers and bodies, and the same order of doing things.

It parses the JSON before it looks at the status, as the demo does: so every answer to GET, POST and PATCH must have a
JSON body, errors included.
"""

import requests
from referee.sandbox import CREDENTIALS, fresh

HOST = CREDENTIALS["tentoeight"]["base_url"]
ORGANIZATION = CREDENTIALS["tentoeight"]["organizations"][0]
CUSTOMERS = f"{HOST}/api/enterprise/v2/customer/"
SUBSCRIPTIONS = f"{HOST}/api/enterprise/v2/subscription/"


class Answer:
    """What came back."""

    def __init__(self, response, parsed):
        self.status, self.headers, self.body = response.status_code, response.headers, parsed


def api(method, url, key=ORGANIZATION["api_key"], word="token", **options):
    """One call. `key=None` sends no key."""
    headers = {} if key is None else {"Authorization": f"{word} {key}"}
    response = requests.request(method, url, headers=headers, timeout=30, **options)
    # The demo never looks at the body of a DELETE.
    return Answer(response, None if method == "DELETE" else response.json())


def customer(**more):
    """The body of a new customer, exactly as the demo sends it."""
    return {
        "name": "Ada Lovelace",
        "emails": [f"{fresh('ada')}@example.org"],
        "numbers": ["+441234567890"],
        "custom_fields": {"Sync Status": "Last synced: 2021-10-20T21:33:48.123456", "External ID": "51"},
        **more,
    }


def new_customer(**more):
    """Makes a customer; returns its URI."""
    return api("POST", CUSTOMERS, json=customer(**more)).headers["Location"]


def list_all(include_deleted):
    """Every customer as the demo reads them: capitals for booleans, ten to a page, nothing added to `next`."""
    page = api("GET", CUSTOMERS, params={"include_deleted": include_deleted, "limit": 10}).body
    found = []
    while page["results"]:
        found += page["results"]
        if page["next"] is None:
            break
        page = api("GET", page["next"]).body
    return found
