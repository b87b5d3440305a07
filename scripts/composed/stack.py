"""A compose file's containers, from a copy of packaging/ with secrets of its own, under a project name of its own."""

import http.client
import json
import secrets
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "syncline-check"
# Caddy makes the certificate of such a name itself and asks nobody.
HOST = "hub.localhost"
OWN_AUTHORITY = ssl.create_default_context()
OWN_AUTHORITY.check_hostname = False
OWN_AUTHORITY.verify_mode = ssl.CERT_NONE


class ThroughProxy(http.client.HTTPSConnection):
    """To the proxy on this machine, whichever address the name leads to."""

    def __init__(self, _address, timeout):
        super().__init__(HOST, timeout=timeout)

    def connect(self):
        """TLS under the host's name."""
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        self.sock = OWN_AUTHORITY.wrap_socket(plain, server_hostname=self.host)


class Stack:
    """The containers. Nothing is started by making one."""

    def __init__(self, files, directory):
        self.directory = Path(directory) / "packaging"
        self.files = [part for name in files for part in ("-f", name)]
        shutil.copytree(ROOT / "packaging", self.directory, ignore=shutil.ignore_patterns("secrets", ".env", "backup"))
        (self.directory / ".env").write_text(f"SYNCLINE_HOST={HOST}\n")
        self.client_secret = secrets.token_urlsafe(24)
        # It exits with 1, because nobody has given the client secret yet.
        subprocess.run(["./make-secrets"], cwd=self.directory, capture_output=True)
        (self.directory / "secrets" / "hubspot").write_text(self.client_secret + "\n")

    def docker(self, *arguments):
        """What a command of Docker prints; raises with its complaint when it fails."""
        done = subprocess.run(["docker", *arguments], cwd=self.directory, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"docker {' '.join(arguments)}: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def compose(self, *arguments):
        """What a command of Compose prints."""
        return self.docker("compose", "--project-name", PROJECT, *self.files, *arguments)

    def services(self):
        """Names of the services that are started."""
        return self.compose("config", "--services").split()

    def up(self):
        """Starts what does not run, and waits until all of it runs, and is healthy where that can be asked."""
        self.compose("up", "--detach", "--wait")

    def kill(self, service):
        """SIGKILL to one container of a service."""
        self.docker("kill", self.compose("ps", "--quiet", service).split()[0])

    def key(self):
        """A key for everything, from the process that serves the API."""
        api = "api" if "api" in self.services() else "syncline"
        return self.compose("exec", "-T", api, "syncline", "api-key", "create", "check").split()[-1]

    def memory(self):
        """{container: what it takes, as Docker says}."""
        lines = self.docker("stats", "--no-stream", "--format", "{{json .}}", *self.compose("ps", "--quiet").split())
        rows = map(json.loads, lines.splitlines())
        return {row["Name"].removeprefix(f"{PROJECT}-"): row["MemUsage"].split(" /")[0] for row in rows}

    def logs(self):
        """What all of them said."""
        return self.compose("logs", "--no-color")

    def down(self):
        """Removes containers, networks and volumes."""
        self.compose("down", "--volumes", "--timeout", "5")
