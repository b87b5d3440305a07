"""PostgreSQL, Redis and Kafka: the supervisor of ./test, asked for these three alone."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from testing.util import descendants, send_signal

KEYS = ["postgres", "redis", "kafka"]


class Servers:
    """The three servers, in directories that are removed with them. They end with this process, however it ends."""

    def __init__(self, say, durable):
        self.say = say
        self.variables = {}
        arguments = [sys.executable, "-m", "testing.supervisor", *KEYS, *(["--durable"] if durable else [])]
        self.supervisor = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.directory = None

    def wait(self):
        """Blocks until all of them are up; raises what could not be had."""
        missing = []
        for line in self.supervisor.stdout:
            report = json.loads(line)
            event = report["event"]
            if event == "directory":
                self.directory = Path(report["path"])
            elif event == "progress":
                self.say(report["text"])
            elif event == "ready":
                self.variables.update(report["variables"])
                self.say(f"{report['title']} is up ({report['how']})")
            elif event == "unavailable":
                missing.append(f"{report['title']}: {report['reason']}")
            elif event == "complete":
                break
        if missing:
            raise RuntimeError("cannot be brought up: " + "; ".join(missing))
        if "SYNCLINE_TEST_PGBIN" not in self.variables:
            raise RuntimeError("PostgreSQL runs in a container here; its own programs (createdb, psql) are needed on this machine")

    def url(self, key):
        """Where a server is."""
        names = {"postgres": "POSTGRES_URL", "redis": "REDIS_URL", "kafka": "KAFKA_BROKERS"}
        return self.variables[f"SYNCLINE_TEST_{names[key]}"]

    def control(self, key, what):
        """Stops or starts a server; blocks until that is done."""
        ctl = shlex.split(self.variables[f"SYNCLINE_TEST_{key.upper()}_CTL"])
        done = subprocess.run([*ctl, what], capture_output=True, text=True, timeout=180)
        if done.returncode != 0:
            raise RuntimeError(f"{key} {what}: {done.stderr.strip()}")

    def kill(self, key):
        """SIGKILL. PostgreSQL is one process for each connection: all of them at once, as when its container is killed."""
        if key == "postgres":
            pids = self.pids(key)
            if not pids:
                raise RuntimeError("PostgreSQL's processes cannot be found; a server in a container cannot be killed from here")
            for pid in pids:
                send_signal(pid, signal.SIGKILL)
        self.control(key, "stop")

    def start(self, key):
        """Starts what was killed, on the same data, and waits until it answers."""
        self.control(key, "start")

    def pids(self, key):
        """The processes of a server, told by the directory they work in."""
        home = str(self.directory / key)
        found = []
        for pid in descendants(self.supervisor.pid):
            try:
                if os.readlink(f"/proc/{pid}/cwd").startswith(home):
                    found.append(pid)
            except OSError:
                continue
        return found

    def program(self, name):
        """One of PostgreSQL's own programs."""
        return Path(self.variables["SYNCLINE_TEST_PGBIN"]) / name

    def database(self, name):
        """Makes a database; answers its URL."""
        url = self.url("postgres")
        port = url.rsplit(":", 1)[1].split("/")[0]
        where = ["-h", "127.0.0.1", "-p", port, "-U", "syncline", "-w"]
        subprocess.run([self.program("createdb"), *where, name], check=True, timeout=60)
        return url.rsplit("/", 1)[0] + f"/{name}"

    def keep_logs(self, directory):
        """Copies the servers' logs before they are removed."""
        for key in KEYS:
            log = self.directory / key / "log" if self.directory else None
            if log and log.exists():
                shutil.copyfile(log, directory / f"{key}.log")

    def end(self):
        """Takes all of them down and waits until they are gone."""
        try:
            self.supervisor.stdin.close()
        except OSError:
            pass
        for _ in self.supervisor.stdout:
            pass
        self.supervisor.wait()
