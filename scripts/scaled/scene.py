"""A set of processes over one database and one topic, and what is done with them over HTTP."""

import secrets
from base64 import urlsafe_b64encode
from urllib.parse import urljoin, urlsplit

from .client import Client, Refused
from .processes import busy_tree, hub_process
from .waits import Waits

PARTITIONS = 12
ORGANIZATION = "proof"


def app_name(number):
    """What an app is called in our configuration."""
    return f"app{number}"


class Scene:
    """API, two intakes, workers. Nothing is started by making one."""

    def __init__(self, name, wanted, servers, sandbox, directory, settings=None, apps=1, workers=3):
        self.name = name
        self.servers, self.sandbox = servers, sandbox
        self.apps = sandbox.apps(apps)
        directory = directory / name
        make = lambda process, role: hub_process(wanted.binary, process, role, self.environment, directory)  # noqa: E731
        self.environment = self.settings(name, settings or {})
        self.api = make("api", "api")
        # Providers send people back here, and sign over it; where a delivery is really sent to is the proxy's business.
        self.public_url = f"http://{self.api.address}"
        self.environment["SYNCLINE_SERVER__PUBLIC_URL"] = self.public_url
        self.api.environment["SYNCLINE_SERVER__PUBLIC_URL"] = self.public_url
        self.intakes = [make(f"intake{number}", "intake") for number in (1, 2)]
        self.workers = [make(f"worker{number}", "worker") for number in range(1, workers + 1)]

    def settings(self, name, more):
        """What packaging/syncline.scaled.toml says, for servers on this machine."""
        key = lambda: urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")  # noqa: E731
        settings = {
            "DATABASE__URL": self.servers.database(f"proof_{name}"),
            "DATABASE__MAX_CONNECTIONS": "16",
            "INTAKE__LOG": "kafka",
            "INTAKE__KAFKA__BROKERS": self.servers.url("kafka"),
            "INTAKE__KAFKA__TOPIC": f"proof.{name}",
            "INTAKE__KAFKA__GROUP": f"proof.{name}",
            "INTAKE__KAFKA__PARTITIONS": str(PARTITIONS),
            "INTAKE__ADDRESS_KEYS": key(),
            "REDIS__URL": self.servers.url("redis"),
            "SEALING__KEYS": key(),
            "PROVIDERS__HUBSPOT__API_URL": f"{self.sandbox.url}/hubspot",
            "PROVIDERS__HUBSPOT__WEB_URL": f"{self.sandbox.url}/hubspot",
            # What is loaded, and when, is decided here.
            "LOAD__ON_CONNECT": "false", "LOAD__EVERY": "never", "LOAD__FULL_EVERY": "never",
            "LOG__LEVEL": "info", "LOG__FORMAT": "json",
        }
        for number, app in enumerate(self.apps):
            section = f"APPS__{app_name(number).upper()}__"
            settings |= {section + "PROVIDER": "hubspot", section + "CLIENT_ID": app["client_id"],
                         section + "CLIENT_SECRET": app["client_secret"]}
        return {f"SYNCLINE_{name}": value for name, value in (settings | more).items()}

    def start(self, workers=0):
        """Starts everything but the workers, and so many of those; waits until all are ready."""
        self.api.start()
        self.api.wait_until_ready()
        key = (self.api.directory / "data" / "local.key").read_text().strip()
        self.client = Client(self.api.address, token=key)
        self.key = key
        started = [*self.intakes, *self.workers[:workers]]
        for process in started:
            process.start()
        for process in started:
            process.wait_until_ready()

    def processes(self):
        """All of them."""
        return [self.api, *self.intakes, *self.workers]

    def end(self):
        """Ends all of them at once: what was to be shown is shown."""
        for process in self.processes():
            process.kill()

    def connect(self, number, account):
        """Connects an account through an app as a browser does, by the page that consents at once; answers the connection's id."""
        asked = {"provider": "hubspot", "org_id": f"{ORGANIZATION}-{account}", "user_id": "proof", "app": app_name(number)}
        url = self.client.post("/v1/connections/authorize", asked)["url"]
        cookie = ""
        for _ in range(6):
            # The page chooses the first account unless its address names one.
            url = url.replace("/hubspot/oauth/authorize", f"/hubspot/oauth/{account}/authorize")
            parts = urlsplit(url)
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            status, headers, body = Client(parts.netloc).exchange("GET", path, headers={"Cookie": cookie})
            cookie = (headers.get("Set-Cookie") or cookie).split(";")[0]
            if not headers.get("Location"):
                break
            url = urljoin(url, headers["Location"])
        for connection in self.client.get("/v1/connections", limit=500)["data"]:
            if connection["app"] == app_name(number) and connection["account"] == str(account):
                return connection["id"]
        raise Refused(status, f"account {account} was not connected: {body.decode(errors='replace')}")

    def stored(self):
        """How many events are stored, as the workers count them since they were started."""
        found = 0
        for worker in self.workers:
            if worker.alive():
                found += Client(worker.address, timeout=10).metrics().get("syncline_events_stored_total", 0.0)
        return int(found)

    def waits(self):
        """What the database's connections wait for, from now on."""
        return Waits(self.servers.program("psql"), self.environment["SYNCLINE_DATABASE__URL"])

    def groups(self):
        """Processor time by what takes it, for `Cores`."""
        many = lambda processes: lambda: sum(process.busy() for process in processes)  # noqa: E731
        server = lambda key: lambda: busy_tree(self.servers.pids(key))  # noqa: E731
        return {"workers": many(self.workers), "intakes and api": many([self.api, *self.intakes]),
                "PostgreSQL": server("postgres"), "Kafka": server("kafka"), "Redis": server("redis"),
                "sandbox": many([self.sandbox.process])}
