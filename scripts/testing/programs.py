"""The hub and the sandbox as a test's partners: built, started on free ports, asked until they are ready, ended with the block."""

import os
import shutil
import signal
import subprocess
import time
import urllib.request

from .pinned import target
from .util import free_port, signal_group, spawn_options


def build(bench):
    """Whether the program builds. With all tests it was built already, and with their features: alone it would be built anew."""
    return bench.built or bench.run(["cargo", "build", "--locked", "-p", "syncline-hub", "--bin", "syncline"], bench.environment()) == 0


def program():
    """Where [`build`] puts it."""
    return str(target() / "debug" / "syncline")


class Running:
    """A process that writes a log and lives as long as the block."""

    def __init__(self, log):
        self.log = log
        self.process = None

    def start(self, command, **options):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options,
                                            **spawn_options())

    def wait_for(self, look):
        """What `look` finds within a minute, while the process lives."""
        deadline = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < deadline:
            found = look()
            if found:
                return found
            time.sleep(0.05)
        return None

    def __exit__(self, *_error):
        signal_group(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            signal_group(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Sandbox(Running):
    """`syncline sandbox`; `url` is None when it did not start."""

    def __init__(self, place, *flags):
        super().__init__(place / "sandbox.log")
        self.flags = flags
        self.ready = place / "sandbox.url"
        self.url = None

    def __enter__(self):
        self.ready.unlink(missing_ok=True)
        self.start([program(), "sandbox", "--listen", "127.0.0.1:0", "--consent", "approve",
                    "--ready-file", str(self.ready), *self.flags])
        self.url = self.wait_for(self.told)
        return self

    def told(self):
        """The address in the file, which may be there a moment before its content is."""
        return self.ready.read_text().strip().rstrip("/") if self.ready.is_file() else ""


class Hub(Running):
    """`syncline serve` on an empty directory, which may send to this machine; `key` is None when it did not start."""

    def __init__(self, place, settings=None):
        super().__init__(place / "hub.log")
        self.settings = settings or {}
        self.directory = place / "hub"
        self.url = f"http://127.0.0.1:{free_port()}"
        self.key = None

    def __enter__(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SYNCLINE_")}
        environment["SYNCLINE_DATA_DIR"] = str(self.directory)
        environment["SYNCLINE_SERVER__LISTEN"] = self.url.removeprefix("http://")
        environment["SYNCLINE_NOTIFY__ALLOW"] = "127.0.0.0/8"
        environment["SYNCLINE_NOTIFY__PLAIN_HTTP"] = "true"
        environment.update(self.settings)
        self.start([program(), "serve"], cwd=self.directory, env=environment)
        self.key = self.wait_for(self.local_key)
        return self

    def local_key(self):
        """The key for everything, once the hub is ready."""
        key = self.directory / "local.key"
        return key.read_text().strip() if self.is_ready() and key.is_file() else ""

    def is_ready(self):
        # Loopback: a proxy of this machine has no part in it.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.url}/readyz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False
