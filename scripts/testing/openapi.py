"""Holds the API's document to what it says: a linter reads it, and schemathesis sends a real hub what it allows and what it does not."""

import json
import os
import re
import shutil
import time

from .openapi_scene import PUBLIC_URL, SECRET, Scene
from .pinned import ROOT, NotHere, install_from_npm, install_from_pypi, require_tools, target
from .programs import Hub, Sandbox, build, program
from .util import seconds, tail

SOURCES = ROOT / "scripts" / "openapi"
TITLE = "the API's document, by a linter and by requests made from it"


def run_openapi(bench):
    """Runs both. Returns whether all is well; what cannot run is noted as skipped."""
    place = target() / "openapi"
    place.mkdir(parents=True, exist_ok=True)
    try:
        require_tools()
        install_linter(bench, place)
        install_from_pypi(bench, place, SOURCES / "requirements.txt")
    except NotHere as reason:
        bench.skip(TITLE, reason)
        return True
    bench.say(f"checking {TITLE}")
    if not build(bench):
        bench.say("the hub does not build")
        return False
    document = place / "openapi.json"
    if not print_document(bench, document):
        return False
    return all([every_answer_was_seen(bench, document), lint(bench, place, document), send(bench, place, document)])


def every_answer_was_seen(bench, document):
    """Whether the tests of the hub, where all of them ran, have seen every operation succeed: only then was its answer compared."""
    answered = bench.directory / "answered"
    if bench.wanted.openapi or not answered.is_file():
        return True
    seen = set(answered.read_text().split())
    paths = json.loads(document.read_text())["paths"]
    unseen = [one["operationId"] for methods in paths.values() for one in methods.values() if one["operationId"] not in seen]
    if unseen:
        bench.say(f"no test has seen these operations succeed, so nothing says that they are described truly: {', '.join(unseen)}")
    return not unseen


def install_linter(bench, place):
    """Puts the linter of the lock file beside the build, unless it is there already."""
    node = place / "node"
    node.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCES / name, node / name)
    install_from_npm(bench, place, node, SOURCES)


def print_document(bench, document):
    """What `syncline openapi` prints, as a file."""
    script = '"$1" openapi > "$2"'
    return bench.run(["sh", "-c", script, "sh", program(), str(document)], clean_environment()) == 0


def clean_environment(**more):
    """Our environment without a proxy, which has no part in what stays on this machine, and without settings of a hub."""
    proxies = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
    ours = {name: value for name, value in os.environ.items()
            if name.lower() not in proxies and not name.startswith("SYNCLINE_")}
    return {**ours, "PYTHONDONTWRITEBYTECODE": "1", **more}


def lint(bench, place, document):
    """Whether the linter finds nothing."""
    redocly = place / "node" / "node_modules" / ".bin" / "redocly"
    # It neither asks whether there is a newer one nor tells anybody that it ran.
    quiet = clean_environment(REDOCLY_TELEMETRY="off", REDOCLY_SUPPRESS_UPDATE_NOTICE="true", CI="true")
    command = [str(redocly), "lint", "--config", str(SOURCES / "redocly.yaml"), "--format", "stylish", str(document)]
    if bench.run(command, quiet) != 0:
        bench.say("the linter has found something in the API's document")
        return False
    return True


def send(bench, place, document):
    """Whether a hub answers everything that is made up from the document as the document says."""
    began = time.monotonic()
    with Sandbox(place, "--no-limits") as sandbox:
        if sandbox.url is None:
            bench.say(f"the sandbox did not start\n{tail(sandbox.log, 30)}")
            return False
        settings = {"SYNCLINE_APPS__MAIN__PROVIDER": "hubspot", "SYNCLINE_APPS__MAIN__CLIENT_SECRET": SECRET,
                    "SYNCLINE_SERVER__PUBLIC_URL": PUBLIC_URL}
        # All four, or a made-up key would be tried at the real one.
        for provider in ("hubspot", "notion", "airtable", "tentoeight"):
            section = f"SYNCLINE_PROVIDERS__{provider.upper()}__"
            settings.update({f"{section}{url}": f"{sandbox.url}/{provider}" for url in ("API_URL", "WEB_URL")})
            settings[f"{section}BUDGET"] = "0"  # of limits that nobody has
        with Hub(place, settings) as hub:
            if hub.key is None:
                bench.say(f"the hub did not start\n{tail(hub.log, 30)}")
                return False
            known = place / "known.json"
            known.write_text(json.dumps(Scene(sandbox, hub).known(), indent=1))
            bench.say(f"two accounts are connected, loaded and in step after {seconds(time.monotonic() - began)}")
            code = bench.run(schemathesis(place, document, hub), clean_environment(
                SCHEMATHESIS_HOOKS=str(SOURCES / "hooks.py"), SYNCLINE_OPENAPI_KNOWN=str(known),
                SYNCLINE_OPENAPI_KEY=hub.key, COLUMNS="140"))
            panics = re.findall(r"panicked at .*", hub.log.read_text(errors="replace"))
            if hub.process.poll() is not None or panics:
                bench.say("the hub ended or panicked\n" + "\n".join(panics or [tail(hub.log, 30)]))
                return False
    bench.say(f"requests from the document were sent for {seconds(time.monotonic() - began)}, "
              f"{'all of them answered as it says' if code == 0 else 'and something is wrong'}")
    return code == 0


def schemathesis(place, document, hub):
    """The command, with the bounds that CI keeps to."""
    most = os.environ.get("SYNCLINE_OPENAPI_SECONDS", "60")
    seed = os.environ.get("SYNCLINE_OPENAPI_SEED", "20260101")
    # One worker: Python 3.11 parses source with a counter that all threads share, and a second thread makes it fail now and then.
    # It remembers things in the directory that it runs in.
    inside = ["sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", str(place)]
    return [*inside, str(place / "venv" / "bin" / "st"), "--config-file", str(SOURCES / "schemathesis.toml"), "run", str(document),
            "--url", hub.url, "--seed", seed, "--max-time", most, "--workers", "1", "--no-color"]
