"""Libraries from npm and PyPI, exactly as they are pinned, installed beside the build."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from .util import seconds, tail

ROOT = Path(__file__).resolve().parents[2]
OLDEST_NODE = (20, 0)
OLDEST_PYTHON = (3, 10)


class NotHere(Exception):
    """What the referees need is not on this machine, and why."""


def target():
    """Where cargo builds to; the libraries live beside that, and never in the work tree."""
    return Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve()


def require_tools():
    """Raises NotHere when there is no Node or Python to run the libraries with."""
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


def install_from_npm(bench, place, node, sources):
    """Fills `node`, where package.json and its lock file are already, with the libraries they name."""
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(node)]
    install(bench, place, "npm", [command], node / "node_modules", place / "node-installed",
            [sources / "package.json", sources / "package-lock.json"])


def install_from_pypi(bench, place, pinned):
    """Makes a virtual environment, `venv`, with exactly the libraries of a requirements file."""
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
