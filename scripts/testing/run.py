"""Builds and runs the tests, and sums up."""

import os
import shutil
import sys
import time
from pathlib import Path

from .openapi import run_openapi
from .referees import run_referees
from .util import seconds

ROOT = Path(__file__).resolve().parents[2]


def cargo_command(arguments, *extra):
    """`cargo test` with our defaults, which the caller's arguments may narrow down."""
    before, after = arguments, []
    if "--" in arguments:
        at = arguments.index("--")
        before, after = arguments[:at], arguments[at:]
    chosen = any(word in ("-p", "--package", "--manifest-path", "--workspace") or word.startswith(("-p", "--package="))
                 for word in before)
    everything = [] if chosen else ["--workspace"]
    quick = [] if any(word in ("--no-fail-fast", "--no-run") for word in before) else ["--no-fail-fast"]
    return ["cargo", "test", *everything, "--locked", *quick, *before, *extra, *after]


def require_cargo():
    """Ends the run early, and in words, when there is nothing to build with."""
    if not shutil.which("cargo"):
        sys.exit("[test] cargo is not on the PATH. Install Rust (see rust-version in Cargo.toml), for example with rustup.")


def run_tests(bench, wanted):
    """Builds while the services come up, then runs everything. Returns the exit code."""
    os.chdir(ROOT)
    if wanted.referees:
        bench.wait()
        return sum_up(bench, wanted, [] if run_referees(bench) else ["the vendors' client libraries"])
    if wanted.openapi:
        bench.wait()
        return sum_up(bench, wanted, [] if run_openapi(bench) else ["the API's document"])
    bench.say("building the tests")
    began = time.monotonic()
    if bench.run(cargo_command(wanted.cargo, "--no-run"), bench.environment()) != 0:
        bench.say("the tests do not build")
        return 1
    bench.say(f"the tests are built after {seconds(time.monotonic() - began)}")
    bench.built = not wanted.cargo
    bench.wait()

    failed = []
    if bench.run(cargo_command(wanted.cargo), bench.environment()) != 0:
        failed.append("cargo test")
    # Fuzzing belongs to the whole run only, not to a chosen part of it.
    if not wanted.cargo and (ROOT / "fuzz").is_dir():
        bench.say("fuzzing, for a bounded time")
        if bench.run([str(ROOT / "scripts" / "fuzz-bounded")], bench.environment()) != 0:
            failed.append("fuzzing")
    # So do the vendors' own libraries.
    if not wanted.cargo and not run_referees(bench):
        failed.append("the vendors' client libraries")
    # And the API's document.
    if not wanted.cargo and not run_openapi(bench):
        failed.append("the API's document")
    return sum_up(bench, wanted, failed)


def sum_up(bench, wanted, failed):
    """Prints what could not run, by name, and the verdict."""
    skipped = bench.skipped()
    for title, reason in bench.missing.items():
        bench.say(f"SERVICE NOT AVAILABLE  {title}: {reason}")
    for title in bench.died:
        bench.say(f"SERVICE ENDED BY ITSELF  {title}")
    for name, reason in skipped:
        bench.say(f"SKIPPED  {name}: {reason}")
    incomplete = []
    if bench.missing:
        incomplete.append(f"{len(bench.missing)} service(s) not available")
    if bench.died:
        incomplete.append(f"{len(bench.died)} service(s) ended by themselves")
    if skipped:
        incomplete.append(f"{len(skipped)} test(s) skipped")
    remark = f", but incomplete: {', '.join(incomplete)}" if incomplete else ""
    if failed:
        bench.say(f"FAILED: {' and '.join(failed)}{remark}")
        return 1
    if wanted.strict and incomplete:
        bench.say(f"FAILED: every test that ran passed{remark}, which --strict does not allow")
        return 1
    bench.say(f"PASSED{remark or ': everything, nothing skipped'}")
    return 0
