"""The sandbox's control interface. Importing this module resets the sandbox, once for each program."""

import itertools
import json
import os
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import requests

BASE = os.environ.get("SYNCLINE_SANDBOX_URL")
if not BASE:
    sys.exit("SYNCLINE_SANDBOX_URL is not set: run the referees with ./test --referees")


def _control(method, path, body=None):
    # Not through `requests`, which some of the libraries under test bend to their needs.
    request = urllib.request.Request(f"{BASE}/_sandbox{path}", method=method)
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{method} /_sandbox{path} answered {error.code}: {error.read().decode()}") from None
    return json.loads(text) if text else None


UNLIMITED = {"limits": {"enabled": False}}

_control("POST", "/reset", {"seed": 1})
_control("POST", "/seed", {"people": 30, "companies": 8, "deals": 6, "seed": 1})
# The libraries compare signed timestamps with the machine's clock, so simulated time starts at the real one.
_control("PUT", "/clock", {"now_ms": int(time.time() * 1000), "speed": 1})
# Limits are tested on their own; everywhere else they would only make the run slow.
_control(
    "PATCH",
    "/settings",
    {"consent": "approve", "hubspot": UNLIMITED, "notion": UNLIMITED, "airtable": UNLIMITED, "tentoeight": UNLIMITED},
)

#: What GET /_sandbox/credentials tells.
CREDENTIALS = _control("GET", "/credentials")


def advance(milliseconds):
    """Moves simulated time; returns when everything that fell due on the way has run."""
    _control("POST", "/clock/advance", {"ms": milliseconds})


def settle():
    """Returns when every webhook delivery that is due has been sent."""
    _control("POST", "/settle")


def fault(**rule):
    """Makes the next matching request go wrong."""
    _control("POST", "/faults", {"times": 1, **rule})


def edit(provider, change):
    """A user's edit, made in the vendor's own pages rather than through the API."""
    return _control("POST", f"/{provider}/edit", change)


@contextmanager
def limited(provider):
    """Turns the limits of one provider on for a while. Time stands still meanwhile: a slow machine changes nothing."""
    _control("PATCH", "/settings", {provider: {"limits": {"enabled": True}}})
    _control("PUT", "/clock", {"speed": 0})
    try:
        yield
    finally:
        _control("PUT", "/clock", {"speed": 1})
        _control("PATCH", "/settings", {provider: UNLIMITED})
        # Whatever penalty was earned is over before the next test.
        advance(120_000)


_counter = itertools.count(1)


def fresh(word):
    """A word that no other test uses."""
    return f"{word}{next(_counter)}x{int(time.time() * 1000):x}"


def consent(url):
    """Opens an authorize URL as a browser would, and returns where it leads: the redirect URI with its query."""
    answer = requests.get(url, allow_redirects=False, timeout=30)
    if answer.status_code != 302:
        raise RuntimeError(f"the authorize page answered {answer.status_code}: {answer.text}")
    return answer.headers["Location"]


def query_of(url):
    """The query of a URL, each key with its one value."""
    return {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
