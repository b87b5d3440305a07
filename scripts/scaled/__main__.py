"""scripts/scale-proof: see --help."""

import json
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from . import options, report, throughput
from .chaos import Chaos
from .sandbox import Sandbox
from .servers import Servers


class Stopped(BaseException):
    """Ctrl-C, or a polite kill."""


def stop(_number, _frame):
    """Turns the first signal into an exception, so that everything is taken down; later ones are waited out."""
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, signal.SIG_IGN)
    raise Stopped


BEGAN = time.monotonic()


def say(text):
    """Progress, on standard error: standard output belongs to the figures."""
    print(f"[{time.monotonic() - BEGAN:6.1f} s] {text}", file=sys.stderr, flush=True)


def prove(wanted, directory, figures):
    """Runs the parts, each into `figures`."""
    servers = Servers(say, durable=not wanted.in_memory)
    sandbox = Sandbox(wanted.binary, directory)
    try:
        sandbox.start()
        servers.wait()
        if "throughput" in wanted.parts:
            figures["throughput"] = throughput.events(wanted, servers, sandbox, directory, say)
            report.throughput(figures["throughput"])
            figures["reasons"] += [
                f"throughput, {row['workers']} workers: {row['lost']} events were lost"
                for row in figures["throughput"] if row["lost"]]
        if "loads" in wanted.parts:
            sandbox.limits(False)
            sandbox.fill(wanted.records)
            figures["loads"] = throughput.loads(wanted, servers, sandbox, directory, say)
            report.loads(figures["loads"])
        if "chaos" in wanted.parts:
            sandbox.process.kill()
            sandbox.start()
            figures["chaos"] = Chaos(wanted, servers, sandbox, directory, say).run()
            report.chaos(figures["chaos"])
            figures["reasons"] += figures["chaos"]["reasons"]
    finally:
        sandbox.process.kill()
        servers.keep_logs(directory)
        servers.end()


def main():
    """Proves, tells, cleans up."""
    wanted = options.parse(sys.argv[1:])
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, stop)
    directory = Path(tempfile.mkdtemp(prefix="syncline-scaled-"))
    figures = {"reasons": []}
    try:
        prove(wanted, directory, figures)
    except Stopped:
        figures["reasons"].append("stopped")
    except Exception as problem:  # a proof that broke off has failed: with its reason
        figures["reasons"].append(f"broke off: {problem!r}")
    if wanted.json:
        Path(wanted.json).write_text(json.dumps(figures, indent=2) + "\n")
    for reason in figures["reasons"]:
        print(f"\nFAILED: {reason}")
    if wanted.keep or figures["reasons"]:
        say(f"logs are kept in {directory}")
    else:
        shutil.rmtree(directory, ignore_errors=True)
    print("\nnothing was lost, and limits were kept" if not figures["reasons"] else "")
    sys.exit(1 if figures["reasons"] else 0)


main()
