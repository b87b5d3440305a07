"""The browser that the portal's journeys are made in. It is no server: tests start it themselves, so it only has to be there."""

import os

from .util import Unavailable, find_program

KEY = "browser"
TITLE = "Chromium"
# The names under which the tests look for it, too (crates/hub/tests/it/support/chromium.rs).
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find():
    """The browser of this machine, or None."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(find_program, NAMES)), None)


async def have(installer):
    """Installs one where there is none."""
    if find():
        return
    await installer.packages(("chromium",))
    if not find():
        raise Unavailable("it was installed, and its program was still not found")
