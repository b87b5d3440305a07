"""The little there is of a test runner: tests with sentences for names, and calls that are counted.

A call counts as asserted only if its check ran through with at least one assertion in it. The counts go, with every
failure, to the file named in REFEREE_RESULTS; scripts/testing/referees.py adds them up.
"""

import faulthandler
import json
import os
import re
import sys
import traceback

_tests = []
_counts = {"calls": 0, "asserted": 0, "failed": 0}
_assertions = 0


class Blamed(Exception):
    """A call that failed, by name."""


def test(sentence):
    """Registers a test. Its name is a sentence."""

    def register(body):
        _tests.append((sentence, body))
        return body

    return register


def equal(given, wanted):
    """They are the same."""
    _assert(given == wanted, f"{given!r} is not {wanted!r}")


def differ(given, other):
    """They are not the same."""
    _assert(given != other, f"both are {given!r}")


def true(given, why="it is not true"):
    """It is true, or at least not nothing."""
    _assert(bool(given), f"{why}: {given!r}")


def matches(given, pattern):
    """The pattern is found in the text."""
    _assert(isinstance(given, str) and re.search(pattern, given), f"{given!r} does not match {pattern!r}")


def has(given, *keys):
    """The keys are there."""
    missing = [key for key in keys if key not in given]
    _assert(not missing, f"{missing!r} are not in {given!r}")


def _assert(holds, why):
    global _assertions
    _assertions += 1
    if not holds:
        raise AssertionError(why)


def call(name, act, check):
    """One call into the library, and the check of what it gave. Returns what it gave."""
    _counts["calls"] += 1
    try:
        given = act()
        _checked(check, given)
        return given
    except Exception:
        raise _blame(name) from None


def refused(name, kind, act, check):
    """One call that the library must turn into an error of that kind, and the check of it. Returns the error."""
    _counts["calls"] += 1
    try:
        try:
            given = act()
        except kind as error:
            _checked(check, error)
            return error
        raise AssertionError(f"it should have been refused, but gave {str(given)[:600]}")
    except Exception:
        raise _blame(name) from None


def _checked(check, given):
    before = _assertions
    check(given)
    if _assertions == before:
        raise AssertionError("this check asserts nothing")
    _counts["asserted"] += 1


def _blame(name):
    _counts["failed"] += 1
    return Blamed(f"{name}: {traceback.format_exc(limit=-4)}")


def run(library):
    """Runs every registered test, in the order of registration, and ends the process."""
    # A library that never comes back must not hold up the whole run.
    faulthandler.dump_traceback_later(600, exit=True)
    only = os.environ.get("REFEREE_ONLY", "")
    failures, passed = [], 0
    for sentence, body in _tests:
        if only not in sentence:
            continue
        try:
            body()
            passed += 1
        except Blamed as blamed:
            failures.append({"test": sentence, "why": str(blamed)})
        except Exception:
            # What fails outside of a call (making ready, cleaning up) fails the test as well.
            _counts["failed"] += 1
            failures.append({"test": sentence, "why": traceback.format_exc()})
        else:
            continue
        why = failures[-1]["why"].strip().replace("\n", "\n        ")
        print(f"not ok  {sentence}\n        {why}", flush=True)
    results = {"library": library, **_counts, "tests": passed + len(failures), "failures": failures}
    if os.environ.get("REFEREE_RESULTS"):
        with open(os.environ["REFEREE_RESULTS"], "w", encoding="utf-8") as file:
            json.dump(results, file)
    print(
        f"{library}: {passed} tests passed, {len(failures)} failed; "
        f"{_counts['calls']} calls, {_counts['asserted']} asserted",
        flush=True,
    )
    sys.exit(1 if failures or _counts["failed"] else 0)
