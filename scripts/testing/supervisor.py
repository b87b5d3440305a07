"""The process that owns the servers of one test run, and clears up after it.

The runner (__main__.py) starts it with a pipe as its standard input. When that pipe closes, in whatever way
the runner ended, kill -9 included, every server is stopped and the directory is removed. Should this process
itself be killed, the kernel ends the servers (see util.spawn_options), and the next run sweeps the directory up.

To the runner it reports one JSON object per line on standard output. It takes commands on a socket (ctl.py).
"""

import asyncio
import fcntl
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from . import browser
from .container import ContainerServer, find_engine
from .install import Installer
from .kafka import Kafka
from .mariadb import MariaDb
from .postgres import Postgres
from .redis import Redis
from .service import LocalServer
from .util import Unavailable, descendants, free_port, send_signal, signal_group

SERVICES = [Postgres, MariaDb, Redis, Kafka]
PREFIX = "syncline-test-"
MEMORY = "/dev/shm"
MEMORY_NEEDED = 4 << 30


def report(event, **details):
    """One line to the runner. It may be gone already: then nobody needs to know."""
    try:
        print(json.dumps({"event": event, **details}), flush=True)
    except (BrokenPipeError, ValueError):
        pass


def sweep_old_directories(parent):
    """Removes what runs left behind that were killed together with their supervisor: nobody holds their lock."""
    for old in parent.glob(PREFIX + "*"):
        try:
            if old.is_symlink() or old.stat().st_uid != os.getuid() or (old / "keep").exists():
                continue
            if (old / "lock").exists():
                with open(old / "lock") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            elif time.time() - old.stat().st_mtime < 600:
                continue  # it may be about to get its lock
            shutil.rmtree(old, ignore_errors=True)
        except OSError:
            continue


def in_memory():
    """A file system in memory with room for the servers' data, if there is one. Every test has a database of its own, and a
    disk takes longer to keep thousands of tables for a minute than the tests take. The servers are killed in tests, the machine
    is not: what they wrote is there after a restart, as on a disk."""
    try:
        there = os.statvfs(MEMORY)
        with open("/proc/meminfo") as lines:
            available = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return None
    roomy = min(there.f_bavail * there.f_frsize, available // 2) >= MEMORY_NEEDED
    return Path(MEMORY) if roomy and os.access(MEMORY, os.W_OK) else None


class Supervisor:
    def __init__(self, keep, durable):
        self.keep = keep
        parent = (None if durable or keep else in_memory()) or Path(tempfile.gettempdir())
        for old in {parent, Path(tempfile.gettempdir()), Path(MEMORY)}:
            sweep_old_directories(old)
        self.directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        self.directory.chmod(0o711)  # servers that run under another account must get through to their own
        self.lock = open(self.directory / "lock", "w")  # held for as long as this process lives
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.installer = Installer(self.directory / "install.log", lambda text: report("progress", text=text))
        self.servers = {}
        self.locks = {}
        self.guarded = None  # the process group of the tests, ended together with the runner
        self.closing = False
        self.conversations = set()  # with ctl

    async def run(self, keys):
        """Brings up the services named, then serves until the runner goes away."""
        loop = asyncio.get_running_loop()
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(sig, lambda: None)  # the pipe alone decides when to end
        listener = await asyncio.start_unix_server(self.serve, self.directory / "socket")
        self.write_ctl()
        (self.directory / "skipped").touch()
        report("directory", path=str(self.directory))
        starting = asyncio.ensure_future(self.bring_up_all(keys))
        await self.follow_runner()
        self.closing = True
        if self.guarded:
            signal_group(self.guarded, signal.SIGKILL)  # the runner was killed; the servers are about to go
        listener.close()
        # An installation is let go to its end; everything else that is under way may be dropped.
        async with self.installer.lock:
            under_way = [starting, *self.conversations]
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
        await asyncio.gather(*(server.remove() for server in self.servers.values()), return_exceptions=True)
        for pid in descendants(os.getpid()):
            send_signal(pid, signal.SIGKILL)
        if self.keep:
            (self.directory / "keep").touch()
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    async def follow_runner(self):
        """Reads the runner's notes until it closes the pipe or is gone."""
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := (await reader.readline()).split():
            if line[0] == b"guard":
                self.guarded = int(line[1])
            elif line[0] == b"release":
                self.guarded = None

    def write_ctl(self):
        """Writes the command with which a test stops and starts a server."""
        ctl = self.directory / "ctl"
        client = Path(__file__).with_name("ctl.py")
        ctl.write_text(f"#!/bin/sh\nexec '{sys.executable}' '{client}' '{self.directory}/socket' \"$@\"\n")
        ctl.chmod(0o755)

    async def bring_up_all(self, keys):
        """Starts every service side by side."""
        self.engine = asyncio.ensure_future(find_engine())
        wanted = [self.bring_up(kind) for kind in SERVICES if kind.key in keys]
        if browser.KEY in keys:
            wanted.append(self.have_browser())
        await asyncio.gather(*wanted)
        report("complete")

    async def have_browser(self):
        """Sees to it that there is a browser."""
        try:
            await browser.have(self.installer)
        except Unavailable as problem:
            report("unavailable", key=browser.KEY, title=browser.TITLE, reason=str(problem))

    async def bring_up(self, kind):
        """Finds, fetches or installs one service, and starts it."""
        began = time.monotonic()
        try:
            directory = self.directory / kind.key
            directory.mkdir()
            service = kind(directory, free_port())
            server, how = await self.find_and_start(service)
        except Exception as problem:  # whatever it is, the runner waits for an answer
            reason = str(problem) if isinstance(problem, Unavailable) else repr(problem)
            report("unavailable", key=kind.key, title=kind.title, reason=reason)
            return
        variables = {service.url_variable: service.url(), service.control_variable: f"{self.directory}/ctl {service.key}"}
        variables |= service.tools()
        report("ready", key=kind.key, title=kind.title, variables=variables, how=how, seconds=time.monotonic() - began)

    async def find_and_start(self, service):
        """Tries the ways one after the other: on this system, in a container, freshly installed."""
        found = service.find() or (isinstance(service, Kafka) and await service.find_in_maven_repository())
        if not found:
            engine = await self.engine
            if engine:
                server = self.servers[service.key] = ContainerServer(service, engine)
                try:
                    await server.start()
                    return server, f"{engine} {service.image}"
                except Unavailable as problem:
                    report("progress", text=f"{service.title}: {problem}")
                    await server.remove()
            report("progress", text=f"{service.title} is not on this system")
            await service.install(self.installer)
            found = service.find()
            if not found:
                raise Unavailable("it was installed, and its programs were still not found")
        server = self.servers[service.key] = LocalServer(service, self.died)
        await server.start()
        return server, found

    def died(self, service, how):
        """Tells the runner about a server that ended by itself."""
        if not self.closing:
            report("died", key=service.key, title=service.title, reason=how)

    async def serve(self, reader, writer):
        """One command of ctl.py: `<service> <what>`, answered by `ok` or by what went wrong."""
        self.conversations.add(asyncio.current_task())
        try:
            answer = await self.obey((await reader.readline()).decode().split())
        except asyncio.CancelledError:
            answer = "the test run is ending"
        except Exception as problem:  # whatever it is, a test waits for the answer
            answer = str(problem) if isinstance(problem, Unavailable) else repr(problem)
        try:
            writer.write(answer.encode())
            await writer.drain()
            writer.close()
        except OSError:
            pass
        self.conversations.discard(asyncio.current_task())

    async def obey(self, words):
        """Carries a command out, one at a time for each service."""
        if len(words) != 2 or words[0] not in self.servers:
            return f"there is no such service here; known are: {' '.join(sorted(self.servers))}"
        key, what = words
        server = self.servers[key]
        actions = {"stop": [server.stop], "start": [server.start], "restart": [server.stop, server.start],
                   "pause": [server.pause], "resume": [server.resume]}
        if what not in actions:
            return f"cannot '{what}'; possible are: {' '.join(actions)}"
        async with self.locks.setdefault(key, asyncio.Lock()):
            for action in actions[what]:
                await action()
        return "ok"


async def main():
    """`supervisor [--keep] [--durable] <service> ...`"""
    arguments = sys.argv[1:]
    keys = [argument for argument in arguments if not argument.startswith("--")]
    await Supervisor("--keep" in arguments, "--durable" in arguments).run(keys)


if __name__ == "__main__":
    asyncio.run(main())
