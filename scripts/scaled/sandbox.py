"""The simulated HubSpot: apps, accounts, records, its limits, and its own record of who called it."""

from .client import Client
from .processes import Process
from testing.util import free_port

BATCH = 100
# Answers of several pages of records are in it, so it has to be asked often: the sandbox keeps 64 MB.
MOST = 20_000


class Sandbox:
    """A sandbox of its own process."""

    def __init__(self, binary, directory):
        port = free_port()
        command = [binary, "sandbox", "--listen", f"127.0.0.1:{port}", "--consent", "approve",
                   "--people", 0, "--companies", 0, "--deals", 0]
        self.process = Process("sandbox", command, {}, directory / "sandbox", port)
        self.url = f"http://127.0.0.1:{port}"

    def start(self):
        """Starts it and waits until it answers."""
        self.process.start()
        self.process.wait_until_ready("/_sandbox/credentials")
        self.client = Client(self.url)
        self.accounts = self.client.get("/_sandbox/credentials")["hubspot"]["accounts"]

    def apps(self, count):
        """So many apps, those missing registered, with the scopes of the first."""
        apps = self.client.get("/_sandbox/hubspot/apps")["apps"]
        first = apps[0]
        while len(apps) < count:
            wanted = {"name": f"Proof {len(apps)}", "required_scopes": first["required_scopes"],
                      "optional_scopes": first["optional_scopes"]}
            apps.append(self.client.post("/_sandbox/hubspot/apps", wanted))
        return apps[:count]

    def limits(self, on):
        """Switches HubSpot's limits on or off."""
        self.client.json("PATCH", "/_sandbox/settings", {"hubspot": {"limits": {"enabled": on}}})

    def fill(self, records):
        """So many records in each account, of three types, through HubSpot's own API; answers the contacts' ids by account."""
        contacts = {}
        for account in self.accounts:
            api = Client(self.url, token=account["private_app_token"])
            each = max(records // 3, 1)
            names = {"contacts": contact, "companies": company, "deals": deal}
            for kind, properties in names.items():
                ids = create(api, kind, [properties(number) for number in range(each)])
                if kind == "contacts":
                    contacts[account["portal_id"]] = ids
        return contacts

    def record(self, after):
        """What was recorded behind a number: calls of clients to HubSpot."""
        asked = {"provider": "hubspot", "direction": "in", "after": after, "limit": MOST}
        return self.client.get("/_sandbox/requests", **asked)["requests"]


def create(api, kind, wanted):
    """Makes records in batches; answers their ids."""
    ids = []
    for start in range(0, len(wanted), BATCH):
        inputs = [{"properties": properties} for properties in wanted[start:start + BATCH]]
        made = api.post(f"/hubspot/crm/v3/objects/{kind}/batch/create", {"inputs": inputs})
        ids += [int(one["id"]) for one in made["results"]]
    return ids


def contact(number):
    """Somebody."""
    return {"email": f"person{number}@example.com", "firstname": f"First {number}", "lastname": f"Last {number}"}


def company(number):
    """A company."""
    return {"name": f"Company {number}", "domain": f"company{number}.example"}


def deal(number):
    """A deal."""
    return {"dealname": f"Deal {number}", "amount": str(100 + number), "pipeline": "default", "dealstage": "appointmentscheduled"}
