"""The command line of ./test."""

import argparse
import os

EPILOG = """\
The tests use PostgreSQL, MariaDB, Redis and Apache Kafka. Each is taken, in this order, from
  1. a server that you name:  SYNCLINE_TEST_POSTGRES_URL, SYNCLINE_TEST_MYSQL_URL,
                              SYNCLINE_TEST_REDIS_URL, SYNCLINE_TEST_KAFKA_BROKERS
  2. programs that are on this system (Kafka: jars in the local Maven repository, or KAFKA_HOME)
  3. a container engine, if one is running (docker or podman)
  4. the system's packages (apt-get, as root or through sudo) and Maven Central for Kafka,
     unless SYNCLINE_TEST_INSTALL=0
The portal's journeys are made in Chromium: $CHROMIUM, one on the PATH, or the system's package.
Servers that are running already are left alone: the tests get their own, on free ports of 127.0.0.1 and with
data in memory where there is room (/dev/shm), or in a temporary directory, as with --services-only and --keep;
everything is removed at the end. A test whose service could not be had
skips itself and is listed at the end by name.

After the tests of the whole workspace come the referees: the vendors' own client libraries, driven against the
sandbox (crates/sandbox/referees). They need Node and npm, and install pinned libraries into target/referees, unless
SYNCLINE_TEST_INSTALL=0; where they cannot run they are skipped, and listed like a test. Then the API's document is checked
(scripts/openapi): by a linter, and by requests made from it to a real hub, with tools pinned and installed in the same way.

SYNCLINE_TEST_STRICT=1 is the same as --strict.

examples:
  ./test                                      every test
  ./test -- -p syncline-store                 the tests of one crate (arguments of cargo test)
  ./test -- -p syncline-hub intake -- --nocapture
  ./test --referees                           only the vendors' client libraries against the sandbox
  ./test --openapi                            only the API's document: the linter, requests made from it
  ./test --services-only                      servers to work with, until Ctrl-C
"""


def parse(arguments):
    """Everything before `--` is ours, everything after it belongs to cargo test."""
    ours, cargo = arguments, []
    if "--" in arguments:
        at = arguments.index("--")
        ours, cargo = arguments[:at], arguments[at + 1:]
    parser = argparse.ArgumentParser(
        prog="./test", description="Runs every test of Syncline, with the real servers they need.",
        usage="./test [--strict] [--no-services | --services-only | --referees | --openapi] [--keep] [-- <arguments of cargo test>]",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--no-services", action="store_true", help="only the tests which need no server")
    which.add_argument("--services-only", action="store_true",
                       help="start the servers, print `export` lines for a shell, and wait until Ctrl-C")
    which.add_argument("--referees", action="store_true",
                       help="only the vendors' own client libraries, against the sandbox")
    which.add_argument("--openapi", action="store_true",
                       help="only the API's document: a linter, and requests made from it")
    parser.add_argument("--strict", action="store_true",
                        help="fail when a service could not be brought up or a test was skipped")
    parser.add_argument("--keep", action="store_true", help="keep the servers' data and logs afterwards")
    wanted = parser.parse_args(ours)
    wanted.cargo = cargo
    wanted.strict = wanted.strict or os.environ.get("SYNCLINE_TEST_STRICT", "0") not in ("", "0")
    if wanted.strict and wanted.no_services:
        parser.error("--strict and --no-services contradict each other: without services, tests are skipped")
    if wanted.referees or wanted.openapi:
        if cargo:
            flag = "--referees" if wanted.referees else "--openapi"
            parser.error(f"{flag} runs no cargo test: it takes no arguments for it")
        wanted.no_services = True  # the sandbox and SQLite are all they need
    return wanted
