"""A service in a container, for machines with a container engine and without the server itself."""

import asyncio
import shutil

from .util import Unavailable


async def engine_command(*command, timeout):
    """Runs a command of the container engine; returns (worked, output)."""
    try:
        process = await asyncio.create_subprocess_exec(
            *map(str, command), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, start_new_session=True)
    except OSError as error:
        return False, str(error)
    try:
        output, _ = await asyncio.wait_for(process.communicate(), timeout)
    except asyncio.TimeoutError:
        process.kill()
        return False, f"no answer within {timeout} s"
    return process.returncode == 0, output.decode(errors="replace").strip()


async def find_engine():
    """The first container engine that really answers: a client without an engine is common."""
    for name in ("docker", "podman"):
        if shutil.which(name) and (await engine_command(name, "info", timeout=4))[0]:
            return name
    return None


class ContainerServer:
    """The same door as LocalServer, over a container engine."""

    def __init__(self, service, engine):
        self.service = service
        self.engine = engine
        self.name = f"syncline-test-{service.key}-{service.port}"
        self.created = self.running = False

    async def command(self, *arguments, timeout=60):
        worked, output = await engine_command(self.engine, *arguments, timeout=timeout)
        if not worked:
            raise Unavailable(f"'{self.engine} {arguments[0]}' failed for {self.service.title}: {output}")

    async def start(self):
        """Creates the container (the image may have to be fetched) or starts it again; waits until it answers."""
        if self.running:
            return
        if self.created:
            await self.command("start", self.name)
        else:
            options, arguments = self.service.container_options()
            self.created = True
            await self.command("run", "-d", "--name", self.name, "--label", "syncline-test",
                               *options, self.service.image, *arguments, timeout=600)
        self.running = True
        await self.service.wait_until_ready(lambda: True)

    async def stop(self):
        """Ends the server at once, as a crash would."""
        if self.running:
            self.running = False
            await self.command("kill", self.name)

    async def pause(self):
        """Freezes every process of the container."""
        await self.command("pause", self.name)

    async def resume(self):
        """Thaws it."""
        await self.command("unpause", self.name)
        await self.service.wait_until_ready(lambda: True)

    async def remove(self):
        """Removes the container and its data."""
        if self.created:
            self.created = self.running = False
            await engine_command(self.engine, "rm", "-f", "-v", self.name, timeout=60)
