"""./test: see --help."""

import os
import signal
import sys
import time

from . import options
from .bench import Bench
from .run import require_cargo, run_tests
from .util import seconds


class Stopped(Exception):
    """Ctrl-C, or a polite kill."""

    def __init__(self, number):
        self.number = number


def stop(number, _frame):
    """Turns the first signal into an exception, so that everything is cleaned up; later ones act as usual."""
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, signal.SIG_IGN if sig == signal.SIGHUP else signal.SIG_DFL)
    raise Stopped(number)


def main():
    """Brings the services up, runs what was asked for, and always takes the services down again."""
    wanted = options.parse(sys.argv[1:])
    began = time.monotonic()
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, stop)
    if not wanted.services_only:
        require_cargo()
    bench = Bench(wanted)
    try:
        bench.begin()
        code = bench.lend() if wanted.services_only else run_tests(bench, wanted)
        if not wanted.services_only:
            bench.say(f"done in {seconds(time.monotonic() - began)}")
    except Stopped as stopped:
        bench.say("stopped: taking the servers down")
        code = 0 if wanted.services_only else 128 + stopped.number
    finally:
        bench.end()
    sys.stdout.flush()
    os._exit(code)  # no thread that still reads from the supervisor may hold us up


main()
