"""Drives the three vendors' OAuth with requests-oauthlib, which belongs to none of them."""

import os

# The sandbox speaks plain HTTP on loopback, which the library refuses unless it is told.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

import referee  # noqa: E402
from oauth_areas import airtable, hubspot, notion  # noqa: E402, F401 (importing registers the tests)

referee.run("requests-oauthlib 2.0.0 (PyPI)")
