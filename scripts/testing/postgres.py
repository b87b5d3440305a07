"""PostgreSQL."""

import glob
import os
import re
import signal
import struct

from .service import Service
from .util import find_program, server_account

PLACES = [
    "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/usr/libexec/postgresql*",
    "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
]


class Postgres(Service):
    key = "postgres"
    title = "PostgreSQL"
    url_variable = "SYNCLINE_TEST_POSTGRES_URL"
    control_variable = "SYNCLINE_TEST_POSTGRES_CTL"
    packages = ("postgresql",)
    image = "docker.io/library/postgres:17"
    death_signal = signal.SIGQUIT  # PostgreSQL's own "immediate" shutdown: no checkpoint, recovery at the next start

    bin = None
    settings = {
        # Durability is what the tests are about: these two stay at their safe values whatever the defaults become.
        "fsync": "on", "synchronous_commit": "on",
        "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
        "max_connections": "200", "shared_buffers": "64MB", "jit": "off",
        "log_min_messages": "warning", "logging_collector": "off",
    }

    def url(self):
        return f"postgres://syncline@127.0.0.1:{self.port}/syncline_test"

    def tools(self):
        return {"SYNCLINE_TEST_PGBIN": self.bin} if self.bin else {}

    def account(self):
        return server_account("postgres")

    def find(self):
        on_path = find_program("postgres")
        places = [os.path.dirname(os.path.realpath(on_path))] if on_path else []
        # The newest version first.
        globbed = [place for pattern in PLACES for place in glob.glob(pattern)]
        places += sorted(globbed, key=lambda place: [int(n) for n in re.findall(r"\d+", place)], reverse=True)
        for place in places:
            if all(os.access(os.path.join(place, tool), os.X_OK) for tool in ("postgres", "initdb", "createdb")):
                self.bin = place
                return place
        return None

    async def prepare(self):
        # Without sync: only initdb's own work would be lost in a power cut, and that is made anew for every run.
        await self.run(f"{self.bin}/initdb", "--pgdata=data", "--username=syncline", "--auth=trust",
                       "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")

    def command(self):
        settings = [f"--{name}={value}" for name, value in self.settings.items()]
        return [f"{self.bin}/postgres", "-D", "data", "-p", self.port, *settings]

    async def probe(self):
        # A start packet; 'R' asks for authentication (here: none), 'E' means that it is still starting.
        wish = struct.pack("!i", 196608) + b"user\0syncline\0database\0postgres\0\0"
        return await self.ask(struct.pack("!i", len(wish) + 4) + wish, 1) == b"R"

    async def after_first_start(self):
        await self.run(f"{self.bin}/createdb", "-h", "127.0.0.1", "-p", self.port, "-U", "syncline", "-w", "syncline_test")

    def container_options(self):
        settings = {**self.settings, "listen_addresses": "*", "unix_socket_directories": "/var/run/postgresql"}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        options = ["-p", f"127.0.0.1:{self.port}:5432", "-e", "POSTGRES_USER=syncline",
                   "-e", "POSTGRES_DB=syncline_test", "-e", "POSTGRES_HOST_AUTH_METHOD=trust"]
        return options, arguments
