"""The command line of scripts/scale-proof."""

import argparse
import os

EPILOG = """\
It brings up PostgreSQL, Redis and Kafka as ./test does (found on this system, or installed), the sandbox, one process
for the API, two intakes, and one or three workers, all on 127.0.0.1, and takes everything down at its end.

  throughput   a backlog of events is built while no worker runs, then drained by one worker and by three, each in a
               database and topic of its own; the same with loads of records, without the provider's limits
  chaos        webhooks to both intakes and loads of several connections of each account, the provider's limits on,
               while an intake, a worker, Redis, Kafka and PostgreSQL are killed in turn; then every event that was
               acknowledged has to be stored exactly once, and the provider's own record of calls has to show that all
               workers together kept to its limits

Exit code 1, and the reasons, when anything was lost or a limit was not kept.

examples:
  scripts/scale-proof --binary target/release/syncline
  scripts/scale-proof --binary target/release/syncline --parts chaos --calm 60 --json proof.json
"""


def parse(arguments):
    """What is asked for."""
    parser = argparse.ArgumentParser(
        prog="scripts/scale-proof", description="Shows that Syncline as several processes loses nothing and keeps to limits.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    add = parser.add_argument
    add("--binary", default="target/release/syncline", help="the program to prove (a release build)")
    add("--parts", default="throughput,loads,chaos", help="which of throughput, loads and chaos, with commas between them")
    add("--workers", default="1,3", help="how many workers throughput and loads are measured with, one after the other")
    add("--backlog", type=int, default=400_000, metavar="EVENTS", help="events to drain in the part throughput")
    add("--records", type=int, default=30_000, metavar="N", help="records of each account in the part loads")
    add("--rate", type=int, default=1_000, metavar="EVENTS", help="events a second sent in the part chaos")
    add("--calm", type=float, default=30.0, metavar="SECONDS", help="before the first kill, and after the last one")
    add("--away", type=float, default=8.0, metavar="SECONDS", help="how long what was killed stays away")
    add("--recover", type=float, default=25.0, metavar="SECONDS", help="from a start to the next kill")
    add("--settle", type=float, default=15.0, metavar="SECONDS",
        help="how soon after Redis is back the budgets have to be held together again")
    add("--kill", default="intake,worker,redis,kafka,postgres", help="what is killed, in this order")
    add("--rounds", type=int, default=1, metavar="N", help="how often all of them are killed")
    add("--patience", type=float, default=300.0, metavar="SECONDS", help="the longest wait for quiet at the end")
    add("--in-memory", action="store_true", help="the servers' data in /dev/shm instead of on a disk")
    add("--json", metavar="FILE", help="write the figures there, too")
    add("--keep", action="store_true", help="keep logs and data, and say where they are")
    wanted = parser.parse_args(arguments)
    wanted.parts = chosen(parser, "--parts", wanted.parts, {"throughput", "loads", "chaos"})
    wanted.kill = chosen(parser, "--kill", wanted.kill, {"intake", "worker", "redis", "kafka", "postgres"})
    try:
        wanted.workers = [int(number) for number in wanted.workers.split(",")]
    except ValueError:
        parser.error("--workers takes numbers with commas between them, such as 1,3")
    if not all(1 <= number <= 16 for number in wanted.workers):
        parser.error("--workers: from 1 to 16")
    wanted.binary = os.path.abspath(wanted.binary)
    if not os.access(wanted.binary, os.X_OK):
        parser.error(f"{wanted.binary} is no program: cargo build --release --locked, or name another with --binary")
    return wanted


def chosen(parser, flag, text, known):
    """The words of a list, each of which has to be known."""
    words = [word for word in text.split(",") if word]
    for word in words:
        if word not in known:
            parser.error(f"{flag}: {word!r} is none of {', '.join(sorted(known))}")
    return words
