"""Runs published libraries against the sandbox and the hub: crates/sandbox/referees."""

import json
import os
import shutil
import sys
import time

from .pinned import ROOT, NotHere, install_from_npm, install_from_pypi, require_tools, target
from .programs import Hub, Sandbox, build
from .util import seconds, tail

SOURCES = ROOT / "crates" / "sandbox" / "referees"
TITLE = "the vendors' own client libraries against the sandbox"

#: In this order: programs for Node, then for Python.
NODE_PROGRAMS = ["hubspot.js", "notion.js", "airtable.js", "oauth4webapi.js", "notify.js"]
PYTHON_PROGRAMS = ["run_hubspot.py", "run_pyairtable.py", "run_oauth.py", "run_tentoeight.py", "run_notify.py"]

#: Fewer calls than this in all would mean that something was left out.
LEAST_CALLS = 150


def run_referees(bench):
    """Runs every referee. Returns whether all is well; what cannot run is noted as skipped."""
    place = target() / "referees"
    place.mkdir(parents=True, exist_ok=True)
    try:
        require_tools()
        install_node(bench, place)
        install_from_pypi(bench, place, SOURCES / "python" / "requirements.txt")
    except NotHere as reason:
        bench.skip(TITLE, reason)
        return True
    bench.say(f"running {TITLE}")
    if not build(bench):
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


def install_node(bench, place):
    """Puts the programs and, unless they are there already, the libraries of the lock file beside the build."""
    node = place / "node"
    # A program finds its libraries in the directories above it, and the work tree must stay clean: so it is copied.
    node.mkdir(exist_ok=True)
    for old in node.iterdir():
        if old.name != "node_modules":
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    shutil.copytree(SOURCES / "node", node, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    install_from_npm(bench, place, node, SOURCES / "node")


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
