"""Calls 10to8 as its own HubSpot demo does: there is no library, and the demo is the contract."""

import referee
from tentoeight_areas import customers, limits, subscriptions  # noqa: F401 (importing registers the tests)

referee.run("10to8, in the manner of its demo (requests 2.34.2)")
