"""Runs published libraries against the sandbox and the hub: crates/sandbox/referees."""

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from .util import seconds, signal_group, spawn_options, tail

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "crates" / "sandbox" / "referees"
TITLE = "the vendors' own client libraries against the sandbox"

#: In this order: programs for Node, then for Python.
NODE_PROGRAMS = ["hubspot.js", "notion.js", "airtable.js", "oauth4webapi.js", "notify.js"]
PYTHON_PROGRAMS = ["run_hubspot.py", "run_pyairtable.py", "run_oauth.py", "run_tentoeight.py", "run_notify.py"]

#: Fewer calls than this in all would mean that something was left out.
LEAST_CALLS = 150
OLDEST_NODE = (20, 0)
OLDEST_PYTHON = (3, 10)


class NotHere(Exception):
    """What the referees need is not on this machine, and why."""


def target():
    """Where cargo builds to; the libraries live beside that, and never in the work tree."""
    return Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve()


def run_referees(bench):
    """Runs every referee. Returns whether all is well; what cannot run is noted as skipped."""
    place = target() / "referees"
    place.mkdir(parents=True, exist_ok=True)
    try:
        require_tools()
        install_node(bench, place)
        install_python(bench, place)
    except NotHere as reason:
        bench.skip(TITLE, reason)
        return True
    bench.say(f"running {TITLE}")
    if bench.run(["cargo", "build", "--locked", "-p", "syncline-hub", "--bin", "syncline"], bench.environment()) != 0:
        bench.say("the sandbox does not build")
        return False
    began = time.monotonic()
    with Sandbox(place) as sandbox, Hub(place) as hub:
        if sandbox.url is None:
            bench.say(f"the sandbox did not start\n{tail(sandbox.log, 30)}")
            return False
        if hub.key is None:
            bench.say(f"the hub did not start\n{tail(hub.log, 30)}")
            return False
        results = [referee(bench, place, sandbox, hub, program) for program in NODE_PROGRAMS + PYTHON_PROGRAMS]
        if sandbox.process.poll() is not None:
            bench.say(f"the sandbox ended by itself\n{tail(sandbox.log, 30)}")
            return False
    return sum_up(bench, results, time.monotonic() - began)


def require_tools():
    """Raises NotHere when there is nothing to run the programs with."""
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        raise NotHere(f"they need Python {wanted} or newer, and this is {sys.version.split()[0]}")
    if not shutil.which("node") or not shutil.which("npm"):
        raise NotHere("node and npm are not on the PATH (on Debian the packages are called nodejs and npm)")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    try:
        number = tuple(int(part) for part in version.lstrip("v").split(".")[:2])
    except ValueError:
        raise NotHere(f"node does not tell its version: {version!r}") from None
    if number < OLDEST_NODE:
        raise NotHere(f"they need Node {OLDEST_NODE[0]} or newer, and this is {version}")


def install_node(bench, place):
    """Puts the programs and, unless they are there already, the libraries of the lock file beside the build."""
    node = place / "node"
    # A program finds its libraries in the directories above it, and the work tree must stay clean: so it is copied.
    node.mkdir(exist_ok=True)
    for old in node.iterdir():
        if old.name not in ("node_modules", "installed"):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    shutil.copytree(SOURCES / "node", node, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(node)]
    install(bench, place, "npm", [command], node / "node_modules", node / "installed",
            [SOURCES / "node" / "package.json", SOURCES / "node" / "package-lock.json"])


def install_python(bench, place):
    """Makes, unless it is there already, a virtual environment with exactly the libraries that are pinned."""
    pinned = SOURCES / "python" / "requirements.txt"
    venv = place / "venv"
    python = str(venv / "bin" / "python")
    commands = [
        [sys.executable, "-m", "venv", "--clear", str(venv)],
        # Everything is pinned; what is not in the list has no business here.
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", str(pinned)],
        [python, "-m", "pip", "check"],
    ]
    install(bench, place, "pip", commands, venv, place / "venv-installed", [pinned], sys.version)


def install(bench, place, name, commands, made, stamp, sources, *more):
    """Runs the commands unless what they make is there, made from the same sources."""
    digest = hashlib.sha256("\0".join(more).encode())
    for source in sources:
        digest.update(source.read_bytes())
    if made.is_dir() and stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return
    if os.environ.get("SYNCLINE_TEST_INSTALL") == "0":
        raise NotHere("the libraries are not installed, and SYNCLINE_TEST_INSTALL=0 forbids installing them")
    stamp.unlink(missing_ok=True)
    bench.say(f"installing what is pinned with {name}")
    began = time.monotonic()
    log = place / f"{name}.log"
    with open(log, "wb") as file:
        for command in commands:
            try:
                done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, timeout=600,
                                      check=False)
            except (OSError, subprocess.TimeoutExpired) as error:
                raise NotHere(f"{name} could not install the libraries: {error}") from None
            if done.returncode != 0:
                bench.say(f"{name} failed:\n{tail(log)}")
                raise NotHere(f"{name} could not install the libraries (see {log})")
    stamp.write_text(digest.hexdigest())
    bench.say(f"installed them in {seconds(time.monotonic() - began)}")


class Sandbox:
    """`syncline sandbox` on a free port, for as long as the block runs."""

    def __init__(self, place, *flags):
        self.flags = flags
        self.ready = place / "sandbox.url"
        self.log = place / "sandbox.log"
        self.url = None
        self.process = None

    def __enter__(self):
        self.ready.unlink(missing_ok=True)
        command = [str(target() / "debug" / "syncline"), "sandbox", "--listen", "127.0.0.1:0", "--consent", "approve",
                   "--ready-file", str(self.ready), *self.flags]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            **spawn_options())
        deadline = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < deadline:
            # The file may be there a moment before its content is.
            text = self.ready.read_text().strip() if self.ready.is_file() else ""
            if text:
                self.url = text.rstrip("/")
                break
            time.sleep(0.05)
        return self

    def __exit__(self, *_error):
        signal_group(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            signal_group(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Hub:
    """`syncline serve` on a free port and an empty directory, for as long as the block runs: what it sends is verified."""

    def __init__(self, place, settings=None):
        self.settings = settings or {}
        self.directory = place / "hub"
        self.log = place / "hub.log"
        self.url = f"http://127.0.0.1:{free_port()}"
        self.key = None
        self.process = None

    def __enter__(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SYNCLINE_")}
        environment["SYNCLINE_DATA_DIR"] = str(self.directory)
        environment["SYNCLINE_SERVER__LISTEN"] = self.url.removeprefix("http://")
        environment["SYNCLINE_NOTIFY__ALLOW"] = "127.0.0.0/8"
        environment["SYNCLINE_NOTIFY__PLAIN_HTTP"] = "true"
        environment.update(self.settings)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([str(target() / "debug" / "syncline"), "serve"], cwd=self.directory,
                                            env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            **spawn_options())
        key, deadline = self.directory / "local.key", time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < deadline:
            if self.is_ready() and key.is_file():
                self.key = key.read_text().strip()
                break
            time.sleep(0.05)
        return self

    def is_ready(self):
        # Loopback: a proxy of this machine has no part in it.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.url}/readyz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def __exit__(self, *_error):
        signal_group(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            signal_group(self.process.pid, signal.SIGKILL)
            self.process.wait()


def free_port():
    """A port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def referee(bench, place, sandbox, hub, program):
    """Runs one program and returns what it counted."""
    results = place / f"{program}.json"
    results.unlink(missing_ok=True)
    environment = {**os.environ, "SYNCLINE_SANDBOX_URL": sandbox.url, "SYNCLINE_HUB_URL": hub.url,
                   "SYNCLINE_HUB_KEY": hub.key, "REFEREE_RESULTS": str(results), "PYTHONDONTWRITEBYTECODE": "1"}
    # The libraries talk to loopback only: a proxy of this machine has no part in it.
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        environment.pop(name, None)
        environment.pop(name.upper(), None)
    if program.endswith(".js"):
        command = ["node", str(place / "node" / program)]
    else:
        command = [str(place / "venv" / "bin" / "python"), str(SOURCES / "python" / program)]
    sys.stdout.flush()
    code = bench.run(command, environment)
    if results.is_file():
        counted = json.loads(results.read_text())
    else:
        counted = {"library": f"{program} (did not run to its end)", "tests": 0, "calls": 0, "asserted": 0, "failed": 1}
    if code != 0 and not counted["failed"]:
        counted["failed"] = 1
    return counted


def sum_up(bench, results, took):
    """Prints a table, one line for each library, and says whether all is well."""
    columns = ("tests", "calls", "asserted", "failed")
    total = {"library": "all", **{column: sum(one[column] for one in results) for column in columns}}
    width = max(len(one["library"]) for one in results)
    print(f"\n{'library':{width}}" + "".join(f"{column:>10}" for column in columns))
    for one in [*results, total]:
        print(f"{one['library']:{width}}" + "".join(f"{one[column]:>10}" for column in columns))
    sys.stdout.flush()
    bench.say(f"{total['calls']} calls into the vendors' libraries in {seconds(took)}, "
              f"{total['asserted']} of them asserted, {total['failed']} failed")
    if os.environ.get("REFEREE_ONLY"):
        bench.say("only the tests chosen in REFEREE_ONLY ran")
        return not total["failed"]
    if total["asserted"] < LEAST_CALLS:
        bench.say(f"that is fewer than {LEAST_CALLS}: something was left out")
        return False
    return not total["failed"]
