"""Verifies what the hub sends with the published libraries of Standard Webhooks and of Svix."""

import referee
from notify_areas import verify  # noqa: F401 (importing registers the tests)

referee.run("standardwebhooks 1.1.0, svix 2.9.1 (PyPI)")
