"""scripts/compose-check: see --help."""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

from scaled.client import Client, Refused
from scaled.stored import read_all
from scaled.webhooks import Sender, Story

from .stack import HOST, ROOT, Stack, ThroughProxy

CONNECTIONS = 8
PER_DELIVERY = 5
BEGAN = time.monotonic()


def parse():
    """What is asked for."""
    parser = argparse.ArgumentParser(
        prog="scripts/compose-check", allow_abbrev=False,
        description="Builds the image, starts compose files of packaging/, sends signed webhooks through their proxy, kills one "
                    "container of each service in turn, and compares what was acknowledged with what is stored. Needs Docker and the "
                    "ports 80 and 443 of this machine; removes its containers and volumes at the end.")
    add = parser.add_argument
    add("files", nargs="*", default=["compose.yaml"], metavar="FILE", help="compose files, one over the other (compose.yaml)")
    add("--no-build", action="store_true", help="take the image syncline as it is")
    add("--kill", metavar="SERVICES", help="which, in this order, with commas between them; all that are started by default")
    add("--rate", type=int, default=200, metavar="EVENTS", help="events sent in a second")
    add("--away", type=float, default=8.0, metavar="SECONDS", help="how long what was killed stays away")
    add("--recover", type=float, default=15.0, metavar="SECONDS", help="from there to the next kill")
    add("--patience", type=float, default=120.0, metavar="SECONDS", help="the longest wait at the end")
    return parser.parse_args()


def say(text):
    """Progress."""
    print(f"[{time.monotonic() - BEGAN:6.1f} s] {text}", file=sys.stderr, flush=True)


def through_the_storm(stack, sender, wanted):
    """Sends, and kills one of each meanwhile."""
    sender.send_steadily(wanted.rate)
    time.sleep(wanted.recover)
    say(f"memory: {stack.memory()}")
    for service in wanted.kill.split(",") if wanted.kill else stack.services():
        before = dict(sender.outcomes)
        stack.kill(service)
        time.sleep(wanted.away)
        stack.up()
        time.sleep(wanted.recover)
        met = {what: count - before.get(what, 0) for what, count in sender.outcomes.items() if count > before.get(what, 0)}
        say(f"{service} was killed: {met}")
    sender.finish()


def check(stack, wanted):
    """All of it; answers what speaks against."""
    began = time.monotonic()
    stack.up()
    say(f"all of it is up after {time.monotonic() - began:.1f} s")
    app = {"door": "main", "app_id": 1, "client_secret": stack.client_secret}
    scene = SimpleNamespace(public_url=f"https://{HOST}", intakes=[SimpleNamespace(address=HOST)], apps=[app],
                            client=Client(HOST, token=stack.key(), connect=ThroughProxy))
    sender = Sender(scene, Story(), PER_DELIVERY, CONNECTIONS, connect=ThroughProxy)
    through_the_storm(stack, sender, wanted)
    acknowledged, until = sender.acknowledged, time.monotonic() + wanted.patience
    while scene.client.get("/v1/status")["events"]["stored"] < len(acknowledged) and time.monotonic() < until:
        time.sleep(0.5)
    found = read_all(scene, say)
    print(f"{len(acknowledged)} events acknowledged, {found.stored} stored, {sender.repeated} deliveries were repeated; "
          f"attempts: {dict(sender.outcomes)}")
    wrong = {"acknowledged, but not stored": acknowledged - found.once, "stored twice": found.twice,
             "stored, but never acknowledged": found.once - acknowledged}
    reasons = [f"{len(events)} events {what}" for what, events in wrong.items() if events]
    return reasons + (["a process panicked"] if "panicked" in stack.logs() else [])


def main():
    """Checks, tells, cleans up."""
    wanted = parse()
    with tempfile.TemporaryDirectory(prefix="syncline-composed-") as directory:
        stack = Stack(wanted.files, Path(directory))
        try:
            if not wanted.no_build:
                stack.docker("build", "--tag", "syncline", str(ROOT))
                say("the image is built")
            reasons = check(stack, wanted)
        except (RuntimeError, OSError, Refused) as problem:  # a check that broke off has failed: with its reason
            print(stack.logs()[-20_000:], file=sys.stderr)
            reasons = [f"broke off: {problem}"]
        finally:
            stack.down()
    for reason in reasons:
        print(f"FAILED: {reason}")
    print("" if reasons else "nothing was lost")
    sys.exit(1 if reasons else 0)


main()
