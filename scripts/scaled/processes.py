"""Processes of the program that is proven: started, killed, started again; their processor time and what their logs say."""

import os
import signal
import subprocess
import time
from pathlib import Path

from testing.util import descendants, free_port, spawn_options, tail

from .client import Client

TICKS = os.sysconf("SC_CLK_TCK")
# How long a process may take to be ready on a machine that does other things too.
READY_WITHIN = 90


class Process:
    """One process, under a name of its own, with a log and a place to listen. It dies with this one."""

    def __init__(self, name, command, environment, directory, port=None):
        self.name = name
        self.command = [str(part) for part in command]
        self.environment = {**os.environ, **environment}
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = port
        self.log = self.directory / "log"
        self.child = None
        self.spent = 0.0  # processor time of its former lives

    @property
    def address(self):
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    def start(self):
        """Starts it. To be called from the main thread only: the kernel ends the child together with the thread that made it."""
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(self.command, env=self.environment, cwd=self.directory, stdin=subprocess.DEVNULL,
                                          stdout=log, stderr=log, **spawn_options())

    def alive(self):
        """Whether it runs."""
        return self.child is not None and self.child.poll() is None

    def kill(self, sig=signal.SIGKILL):
        """Ends it, at once unless another signal is given."""
        if self.alive():
            self.spent += busy(self.child.pid)
            self.child.send_signal(sig)
            try:
                self.child.wait(30)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()

    def busy(self):
        """The processor time of all its lives, in seconds."""
        return self.spent + (busy(self.child.pid) if self.alive() else 0.0)

    def wait_until_ready(self, path="/readyz"):
        """Blocks until it says that it can do its part."""
        deadline = time.monotonic() + READY_WITHIN
        client = Client(self.address, timeout=6)
        said = "nothing"
        while time.monotonic() < deadline:
            if not self.alive():
                raise RuntimeError(f"{self.name} ended: {self.child.poll()}; its last words:\n{tail(self.log)}")
            try:
                status, _, body = client.exchange("GET", path)
                if status == 200:
                    return
                said = body.decode(errors="replace").strip()
            except OSError as error:
                said = str(error)
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} is not ready after {READY_WITHIN} s ({said}); its last words:\n{tail(self.log)}")

    def said(self, words):
        """How many lines of its log have these words."""
        try:
            with open(self.log, errors="replace") as lines:
                return sum(words in line for line in lines)
        except OSError:
            return 0


def hub_process(binary, name, role, environment, directory):
    """A process of the hub with one role, on a port of its own."""
    port = free_port()
    command = [binary, "serve", "--role", role, "--listen", f"127.0.0.1:{port}"]
    environment = {**environment, "SYNCLINE_DATA_DIR": str(Path(directory) / name / "data")}
    return Process(name, command, environment, Path(directory) / name, port)


def busy(pid):
    """Processor time of a process and its children that ended, in seconds."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(fields[at]) for at in (11, 12, 13, 14)) / TICKS


def busy_tree(pids):
    """The same of several processes with everything below them, each counted once."""
    every = set(pids)
    for pid in pids:
        every.update(descendants(pid))
    return sum(busy(pid) for pid in every)


def busy_machine():
    """Processor time of everything on this machine, in seconds; 0 where that cannot be known."""
    try:
        fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    except (OSError, ValueError):
        return 0.0
    return (sum(fields) - fields[3] - fields[4]) / TICKS  # without idle, and waiting for a disk


class Cores:
    """How many cores each group of processes kept busy between two looks."""

    def __init__(self, groups):
        # name: function that answers processor seconds so far
        self.groups = {**groups, "this script": time.process_time, "whole machine": busy_machine}
        self.began = time.monotonic()
        self.before = {name: look() for name, look in self.groups.items()}

    def taken(self):
        """{group: cores}, since the beginning."""
        span = max(time.monotonic() - self.began, 0.001)
        taken = {name: max(look() - self.before[name], 0.0) / span for name, look in self.groups.items()}
        whole = taken.pop("whole machine")
        taken["others on this machine"] = max(whole - sum(taken.values()), 0.0)
        return {name: round(cores, 2) for name, cores in taken.items()}
