"""Redis (or Valkey, its twin)."""

from .service import Service
from .util import find_program


class Redis(Service):
    key = "redis"
    title = "Redis"
    url_variable = "SYNCLINE_TEST_REDIS_URL"
    control_variable = "SYNCLINE_TEST_REDIS_CTL"
    packages = ("redis-server",)
    image = "docker.io/library/redis:7"

    server = None
    # Nothing is kept: Syncline must survive a Redis that comes back empty.
    settings = ["--save", "", "--appendonly", "no", "--loglevel", "warning"]

    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def find(self):
        self.server = find_program("redis-server") or find_program("valkey-server")
        return self.server

    def command(self):
        return [self.server, "--port", self.port, "--bind", "127.0.0.1", "--dir", self.directory,
                "--daemonize", "no", *self.settings]

    async def probe(self):
        return await self.ask(b"PING\r\n", 5) == b"+PONG"

    def container_options(self):
        return ["-p", f"127.0.0.1:{self.port}:6379"], ["redis-server", *self.settings]
