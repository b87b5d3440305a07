"""The runner's side of the services: starts the supervisor, listens to it, and knows what is up and what is not."""

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path

from . import browser
from .given import check_given
from .supervisor import SERVICES
from .util import seconds, signal_group


class Bench:
    """What the tests have to work with."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.supervisor = None
        self.directory = None
        self.variables = {}
        self.missing = {}  # title: reason
        self.died = {}  # title: last words
        self.ready = threading.Event()
        self.gone = threading.Event()
        self.ending = False
        #: Whether the programs of the workspace are built.
        self.built = False

    def say(self, text):
        """Progress, on standard error: standard output belongs to the tests (or to the export lines)."""
        try:
            sys.stdout.flush()
            print(f"[test] {text}", file=sys.stderr, flush=True)
        except OSError:
            pass  # the terminal is gone; the cleaning up still has to be done

    def begin(self):
        """Starts bringing up the services, in the background."""
        keys = []
        for kind in SERVICES if not self.wanted.no_services else ():
            if os.environ.get(kind.url_variable):
                check_given(kind)
                self.say(f"{kind.title}: the one given in {kind.url_variable}")
            else:
                keys.append(kind.key)
        if keys:
            self.say("bringing up " + ", ".join(kind.title for kind in SERVICES if kind.key in keys))
        if not self.wanted.no_services:
            keys.append(browser.KEY)
        arguments = [sys.executable, "-m", f"{__package__}.supervisor", *keys]
        if self.wanted.keep:
            arguments.append("--keep")
        if self.wanted.services_only:
            arguments.append("--durable")  # whoever measures with them wants a disk's times
        # In a session of its own: Ctrl-C is for the runner, which then closes the pipe.
        self.supervisor = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        first = json.loads(self.supervisor.stdout.readline() or "{}")
        if first.get("event") != "directory":
            sys.exit("[test] the supervisor of the services could not start (see above)")
        self.directory = Path(first["path"])
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        """Follows the supervisor's reports until it is gone."""
        for line in self.supervisor.stdout:
            details = json.loads(line)
            self.note(details.pop("event"), details)
        if not self.ending:
            self.died["the supervisor of the services, and they with it"] = ""
            self.say("the supervisor of the services ended unexpectedly: they are gone")
        self.ready.set()
        self.gone.set()

    def note(self, event, details):
        """Takes in one report."""
        if event == "progress":
            self.say(details["text"])
        elif event == "ready":
            self.variables.update(details["variables"])
            self.say(f"{details['title']} is up after {seconds(details['seconds'])} ({details['how']})")
        elif event == "unavailable":
            self.missing[details["title"]] = details["reason"]
            self.say(f"{details['title']} could not be brought up: {details['reason']}")
        elif event == "died":
            self.died[details["title"]] = details["reason"]
            self.say(f"{details['title']} ended by itself: {details['reason']}")
        elif event == "complete":
            self.ready.set()

    def wait(self):
        """Blocks until every service is up or known to be missing."""
        while not self.ready.wait(0.2):
            pass  # in short steps, so that a signal is seen at once

    def environment(self):
        """The environment for the tests."""
        environment = {**os.environ, **self.variables, "SYNCLINE_TEST_SKIPPED": str(self.directory / "skipped"),
                       "SYNCLINE_TEST_ANSWERED": str(self.directory / "answered")}
        # Most of them wait for a server or for another process: as many as there are cores would leave the cores idle.
        environment.setdefault("RUST_TEST_THREADS", str((os.cpu_count() or 2) * 2))
        if self.wanted.no_services:
            for kind in SERVICES:
                environment.pop(kind.url_variable, None)
                environment.pop(kind.control_variable, None)
        if self.wanted.strict:
            environment["SYNCLINE_TEST_STRICT"] = "1"
        return environment

    def skipped(self):
        """The tests that skipped themselves: [(name, reason)], each once, in order."""
        marker = "SYNCLINE-SKIPPED "
        lines = (self.directory / "skipped").read_text(errors="replace").splitlines()
        found = dict.fromkeys(line[len(marker):] for line in lines if line.startswith(marker))
        return [(name, reason.strip()) for name, _, reason in (line.partition(": ") for line in found)]

    def skip(self, title, reason):
        """Notes that something cannot run, as tests do of themselves."""
        self.say(f"skipping {title}: {reason}")
        with open(self.directory / "skipped", "a", encoding="utf-8") as file:
            file.write(f"SYNCLINE-SKIPPED {title}: {' '.join(str(reason).split())}\n")

    def run(self, command, environment):
        """Runs a command for the tests; returns its exit code. It ends with us, however we end."""
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            self.tell(f"guard {process.pid}")
            return process.wait()
        except BaseException:
            signal_group(process.pid, signal.SIGINT)
            try:
                process.wait(3)
            except subprocess.TimeoutExpired:
                pass
            raise
        finally:
            signal_group(process.pid, signal.SIGKILL)  # whatever a test has left behind
            process.wait()
            self.tell("release")

    def tell(self, note):
        """A note to the supervisor."""
        try:
            self.supervisor.stdin.write(note + "\n")
            self.supervisor.stdin.flush()
        except OSError:
            pass

    def lend(self):
        """--services-only: prints what a shell needs, and waits for a signal."""
        self.wait()
        for name, value in sorted(self.variables.items()):
            print(f"export {name}={shlex.quote(value)}", flush=True)
        if self.wanted.strict and self.missing:
            return 1
        self.say("the servers stay up until Ctrl-C")
        while not self.gone.wait(0.5):
            pass
        return 1

    def end(self):
        """Takes everything down and waits until it is gone."""
        self.ending = True
        if self.supervisor:
            try:
                self.supervisor.stdin.close()
            except OSError:
                pass
            try:
                self.supervisor.wait(15)
            except subprocess.TimeoutExpired:
                self.say("waiting for an installation to finish (it must not be interrupted)")
                self.supervisor.wait()
            if self.wanted.keep and self.directory:
                self.say(f"data and logs are kept in {self.directory}")
