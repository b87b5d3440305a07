"""What every service has in common, and how one runs as a local process."""

import asyncio
import os
import signal
import time

from .util import Unavailable, descendants, send_signal, signal_group, spawn_options, tail

# Generous: on a small machine the servers start while the compiler uses every core.
READY_WITHIN = 120


class Service:
    """One kind of server. The subclasses say what differs; `local` and `container` say how to run it."""

    key = title = ""
    url_variable = ""  # tells the tests where the server is
    control_variable = ""  # tells them the command which stops and starts it
    packages = ()  # Debian packages that bring the server
    image = ""  # container image that brings the server
    death_signal = signal.SIGKILL  # what ends it at once and still lets it tidy up its shared memory

    def __init__(self, directory, port):
        self.directory = directory
        self.port = port
        self.log = directory / "log"

    def url(self):
        """What the tests find in the variable."""
        raise NotImplementedError

    def find(self):
        """Looks for the server on this system; says in a few words what was found, or returns None."""
        raise NotImplementedError

    async def install(self, installer):
        """Gets what `find` missed. Most servers are packages of the system."""
        await installer.packages(self.packages)

    def tools(self):
        """{variable: directory with the server's own tools}, where they are on this system."""
        return {}

    def account(self):
        """The account to run under, or None for our own."""
        return None

    async def prepare(self):
        """Lays out the data directory. Called once."""

    def command(self):
        """The command line of the server, which stays in the foreground."""
        raise NotImplementedError

    async def probe(self):
        """True when the server answers. Raises OSError or returns False while it does not."""
        raise NotImplementedError

    async def after_first_start(self):
        """What has to be done once, over a connection."""

    def container_options(self):
        """(options of `run` before the image, arguments after it) for a container engine."""
        raise NotImplementedError

    async def run(self, *command):
        """Runs a helper program of the server to its end, under the server's account, into the log."""
        process = await asyncio.create_subprocess_exec(
            *map(str, command), cwd=self.directory, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, **spawn_options(self.account()),
        )
        try:
            output, _ = await process.communicate()
        except asyncio.CancelledError:
            signal_group(process.pid, signal.SIGKILL)  # its own children included: initdb and mvn have some
            await process.wait()
            raise
        with open(self.log, "ab") as log:
            log.write(output)
        if process.returncode != 0:
            raise Unavailable(f"{os.path.basename(str(command[0]))} failed:\n{tail(self.log)}")

    async def ask(self, question, answer_bytes, timeout=2):
        """Connects, sends `question`, and returns the first bytes of the answer."""
        reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self.port), timeout)
        try:
            writer.write(question)
            return await asyncio.wait_for(reader.readexactly(answer_bytes), timeout)
        finally:
            writer.close()

    async def wait_until_ready(self, still_alive):
        """Blocks until the server answers; `still_alive` tells whether there is anything to wait for."""
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            if not still_alive():
                raise Unavailable(f"{self.title} ended while starting; its last words:\n{tail(self.log)}")
            try:
                if await self.probe():
                    return
            except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
                pass
            await asyncio.sleep(0.05)
        raise Unavailable(f"{self.title} did not answer within {READY_WITHIN} s; its last words:\n{tail(self.log)}")


class LocalServer:
    """A service that runs as a child process of ours."""

    def __init__(self, service, on_death):
        self.service = service
        self.on_death = on_death  # called when the server ends without having been asked to
        self.process = None
        self.fresh = True

    def alive(self):
        return self.process is not None and self.process.returncode is None

    async def start(self):
        """Starts the server, on a prepared data directory, and waits until it answers."""
        if self.alive():
            return
        service = self.service
        if self.fresh:
            account = service.account()
            if account is not None:
                os.chown(service.directory, account.pw_uid, account.pw_gid)
            await service.prepare()
        with open(service.log, "ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *map(str, service.command()), cwd=service.directory, stdin=asyncio.subprocess.DEVNULL,
                stdout=log, stderr=log, **spawn_options(service.account(), service.death_signal),
            )
        await service.wait_until_ready(self.alive)
        if self.fresh:
            await service.after_first_start()
            self.fresh = False
        asyncio.ensure_future(self.watch(self.process))

    async def watch(self, process):
        """Reports a server that ends by itself."""
        code = await process.wait()
        if process is self.process:
            how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
            self.on_death(self.service, f"{how}; its last words:\n{tail(self.service.log)}")

    async def stop(self):
        """Ends the server at once, as a crash would, and waits until it is gone."""
        process, self.process = self.process, None
        if process is None or process.returncode is not None:
            return
        below = descendants(process.pid)
        send_signal(process.pid, self.service.death_signal)
        for pid in (*below, process.pid):
            send_signal(pid, signal.SIGCONT)  # a paused process would never see the signal
        try:
            await asyncio.wait_for(asyncio.shield(process.wait()), 10)
        except asyncio.TimeoutError:
            for pid in (process.pid, *below):
                send_signal(pid, signal.SIGKILL)
            await process.wait()

    async def pause(self):
        """Freezes the server: connections stay open and nothing answers."""
        if self.alive():
            send_signal(self.process.pid, signal.SIGSTOP)  # first, so that it cannot fork any more
            for pid in descendants(self.process.pid):
                send_signal(pid, signal.SIGSTOP)

    async def resume(self):
        """Thaws a paused server."""
        if self.alive():
            for pid in (*descendants(self.process.pid), self.process.pid):
                send_signal(pid, signal.SIGCONT)
            await self.service.wait_until_ready(self.alive)

    async def remove(self):
        """Nothing outlives the process but the directory, which the supervisor removes."""
        await self.stop()
