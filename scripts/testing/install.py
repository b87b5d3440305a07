"""Installs what is missing, when that is allowed and possible."""

import asyncio
import os
import shutil
import time
from pathlib import Path

from .util import Unavailable, seconds, tail

SCRIPT = Path(__file__).with_name("apt-install.sh")


class Installer:
    """Collects the packages that the services ask for and installs them in one go."""

    def __init__(self, log, say):
        self.log = log
        self.say = say
        self.lock = asyncio.Lock()
        self.wanted = set()
        self.done = set()

    async def allowed(self, what):
        """Raises Unavailable when the developer does not want anything to be installed."""
        if os.environ.get("SYNCLINE_TEST_INSTALL") == "0":
            raise Unavailable(f"not installed: {what} (SYNCLINE_TEST_INSTALL=0 forbids installing it)")

    async def packages(self, names):
        """Installs packages of the system."""
        listed = " ".join(names)
        await self.allowed(listed)
        if not shutil.which("apt-get"):
            raise Unavailable(f"not installed, and this system has no apt-get. Install it yourself "
                              f"(on Debian the packages are called: {listed})")
        self.wanted.update(names)
        await asyncio.sleep(0.2)  # so that the services which ask at the same time share one run
        async with self.lock:
            batch = sorted(self.wanted - self.done)
            if batch:
                await self.apt(batch)
                self.done.update(batch)

    async def apt(self, batch):
        """One run of apt-get. It is never interrupted: half-configured packages would be left behind."""
        prefix = []
        if os.geteuid() != 0:
            if not (shutil.which("sudo") and await self.quiet("sudo", "-n", "true") == 0):
                raise Unavailable("not installed, and installing needs root or sudo without a password. "
                                  f"Run: sudo apt-get install --no-install-recommends {' '.join(batch)}")
            prefix = ["sudo", "-n"]
        self.say(f"installing {', '.join(batch)} with apt-get")
        began = time.monotonic()
        if await self.quiet(*prefix, "sh", str(SCRIPT), *batch) != 0:
            raise Unavailable(f"apt-get could not install {' '.join(batch)}:\n{tail(self.log)}")
        self.say(f"installed {', '.join(batch)} in {seconds(time.monotonic() - began)}")

    async def quiet(self, *command):
        """Runs a command into the installation log and returns its exit code."""
        with open(self.log, "ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
            return await asyncio.shield(process.wait())
