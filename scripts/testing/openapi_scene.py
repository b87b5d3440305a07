"""What the requests that are made from the API's document can be about."""

import base64
import hashlib
import hmac
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

#: Whose accounts are connected.
ORG = "acme"
USER = "ada"
#: What HubSpot's deliveries are signed with.
PUBLIC_URL = "https://hub.example.com"
SECRET = "not much of a secret, and long enough"
#: What fields of these names mean wherever they are. A cursor that is made up is refused, and nothing behind it is seen.
EVERYWHERE = {
    "org_id": [ORG], "user_id": [USER], "cursor": [""], "after": ["1"],
    "from": ["2026-01-01", "2026-01-01T00:00:00Z"], "to": ["2036-01-01"], "since": ["2026-01-01"], "until": ["2036-01-01"],
    "before": ["2026-01-01"], "limit": [2, 500], "every": ["1h", "never"], "per": ["1s"], "overlap": ["1h", "0s"],
}


class Scene:
    """What requests can be about: made through the API, as an application would."""

    def __init__(self, sandbox, hub):
        self.sandbox, self.hub = sandbox, hub
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, method, path, body=None, url=None):
        """What an address answers."""
        request = urllib.request.Request(f"{url or self.hub.url}{path}", method=method)
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if url is None:
            request.add_header("Authorization", f"Bearer {self.hub.key}")
        try:
            with self.opener.open(request, data, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            sys.exit(f"[test] {method} {path}: {error.code}: {error.read().decode(errors='replace')}")
        return json.loads(text) if text else None

    def wait(self, path, over):
        """Asks until what is answered is over."""
        for _ in range(600):
            found = self.call("GET", path)
            if over(found):
                return found
            time.sleep(0.1)
        sys.exit(f"[test] {path} has not come to its end: {found}")

    def ended(self, path):
        """Waits for the end of a run."""
        return self.wait(path, lambda run: run["finished_at"])

    def connect(self):
        """HubSpot and 10to8, connected, set up and loaded."""
        self.call("POST", "/_sandbox/seed", {"people": 40, "companies": 5, "deals": 5}, self.sandbox.url)
        all_of = self.call("GET", "/_sandbox/credentials", url=self.sandbox.url)
        keys = {"hubspot": all_of["hubspot"]["accounts"][0]["private_app_token"],
                "tentoeight": all_of["tentoeight"]["organizations"][0]["api_key"]}
        made = []
        for provider, key in keys.items():
            body = {"provider": provider, "org_id": ORG, "user_id": USER, "key": key}
            made.append(self.call("POST", "/v1/connections", body)["id"])
            self.call("POST", f"/v1/connections/{made[-1]}/setup")
        return made

    def sync(self, left, right):
        """A sync, its first run and a dry one."""
        agreement = self.call("GET", f"/v1/syncs/template?left={left}&right={right}")
        body = {"left": left, "right": right, "agreement": {**agreement, "policy": "ask"}, "run": False}
        one = self.call("POST", "/v1/syncs", body)["id"]
        runs = []
        for dry in (False, True):
            runs.append(self.call("POST", f"/v1/syncs/{one}/runs", {"dry_run": dry})["id"])
            self.ended(f"/v1/sync-runs/{runs[-1]}")
        self.conflict(one)
        return one, runs

    def conflict(self, sync):
        """Both sides change a name, and a person is asked."""
        link = self.call("GET", f"/v1/syncs/{sync}/links?state=linked&limit=1")["data"][0]
        contact, customer = link["left_id"], link["right_id"]
        edit = {"action": "update", "id": contact, "properties": {"firstname": "Adah", "lastname": "Byron"}}
        self.call("POST", "/_sandbox/hubspot/edit", edit, self.sandbox.url)
        edit = {"action": "update", "resource_uri": customer, "name": "Augusta King"}
        self.call("POST", "/_sandbox/tentoeight/edit", edit, self.sandbox.url)
        self.ended(f"/v1/sync-runs/{self.call('POST', f'/v1/syncs/{sync}/runs')['id']}")

    def event(self, account):
        """What HubSpot tells of a contact."""
        now = int(time.time() * 1000)
        body = json.dumps([{"eventId": 1, "subscriptionId": 7, "portalId": int(account), "appId": 1, "occurredAt": now,
                            "subscriptionType": "contact.creation", "attemptNumber": 0, "objectId": 101}])
        path = "/webhooks/hubspot/main"
        signed = hmac.new(SECRET.encode(), f"POST{PUBLIC_URL}{path}{body}{now}".encode(), hashlib.sha256).digest()
        request = urllib.request.Request(f"{self.hub.url}{path}", method="POST", headers={
            "Content-Type": "application/json", "X-HubSpot-Request-Timestamp": str(now),
            "X-HubSpot-Signature-v3": base64.b64encode(signed).decode()})
        self.opener.open(request, body.encode(), timeout=60).close()
        return self.wait("/v1/events", lambda page: page["data"])["data"][0]["id"]

    def counter(self, name, connection):
        """A definition, some counters, a comparison."""
        body = {"name": name, "connection_id": connection, "object_type": "contacts", "property": "num_bookings",
                "target": {"kind": "property"}}
        one = self.call("POST", "/v1/counters", body)["id"]
        for key in ("101", "102"):
            self.call("POST", f"/v1/counters/{one}/values/{key}/increment")
        return one, self.call("POST", f"/v1/counters/{one}/runs", {"dry_run": True})["id"]

    def endpoint(self):
        """An endpoint, where nobody listens, and a message for it."""
        body = {"org_id": ORG, "url": "https://hooks.example.com/syncline"}
        return self.call("POST", "/v1/endpoints", body)["id"]

    def known(self):
        """What there is, by operation: what destroys gets something of its own."""
        left, right = self.connect()
        sync, sync_runs = self.sync(left, right)
        counter, comparison = self.counter("bookings", left)
        endpoint = self.endpoint()
        message = self.call("POST", "/v1/messages", {"org_id": ORG, "type": "invoice.paid", "payload": {"invoice": 1}})["id"]
        ids = {
            "connections": [left, right], "syncs": [sync], "sync-runs": sync_runs, "counters": [counter],
            "counter-runs": [comparison], "endpoints": [endpoint], "messages": [message],
            "values": ["101", "102"], "deliveries": [endpoint],
            "runs": [run["id"] for run in self.call("GET", "/v1/runs")["data"]],
            "links": [link["id"] for link in self.call("GET", f"/v1/syncs/{sync}/links?limit=5")["data"]],
            "conflicts": [one["id"] for one in self.call("GET", "/v1/conflicts?limit=5")["data"]],
            "event-types": ["sync.complete"], "webhooks": ["hubspot"], "integrations": ["hubspot", "tentoeight"],
            "accounts": ["hubspot"], "events": [self.event(self.call("GET", f"/v1/connections/{left}")["account"])],
            "jobs": [job["id"] for job in self.call("GET", "/v1/jobs?state=waiting")["data"]],
        }
        record = self.call("GET", f"/v1/records?connection_id={left}&limit=1")["data"][0]
        known = {}
        document = self.call("GET", "/v1/openapi.json")
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                known[operation["operationId"]] = {"path": in_path(path, ids, method), "body": {}, "query": {}}
        known["getRecord"]["path"] = {"connection": [left], "type": [record["type"]], "id": [record["id"]]}
        both = {"left": [left], "right": [right]}
        for name in ("createSync", "checkSync"):
            known[name]["body"] = both
        known["getSyncTemplate"]["query"] = both
        known["createCounter"]["body"] = {"connection_id": [left]}
        known["changeCounter"]["body"] = {"connection_id": [left]}
        known["receiveWebhook"]["path"] = {"provider": ["hubspot"], "app": ["main"]}
        known["pageLoad"]["body"] = {"credentials": [self.credentials()]}
        known["publishMessage"]["body"] = {"type": ["invoice.paid", "exam.booked"]}
        for name in ("readCounterValues", "changeCounters"):
            known[name]["body"] = {"keys": ["101", "102"], "key": ["101", "102"]}
        known["everywhere"] = EVERYWHERE
        keys = [key["id"] for key in self.call("GET", "/v1/api-keys")["data"]]
        known["kept"] = sorted({*keys, *(one for some in ids.values() for one in some)})
        known.update(self.spare())
        return known

    def credentials(self):
        """What a page is given to load with."""
        form = urllib.parse.urlencode({"org_id": ORG, "user_id": USER}).encode()
        request = urllib.request.Request(f"{self.hub.url}/integrations/hubspot/credentials", data=form,
                                         headers={"Authorization": f"Bearer {self.hub.key}"})
        with self.opener.open(request, timeout=60) as answer:
            return answer.read().decode()

    def spare(self):
        """What may be destroyed."""
        keys = [self.call("POST", "/v1/api-keys", {"name": f"spare {n}"})["id"] for n in range(3)]
        endpoints = [self.endpoint() for _ in range(3)]
        nothing = {"body": {}, "query": {}}
        return {"revokeApiKey": {"path": {"id": keys}, **nothing}, "deleteEndpoint": {"path": {"id": endpoints}, **nothing}}


def in_path(path, ids, method):
    """The ids that fit the names in a path; none for what destroys."""
    if method == "delete":
        return {}
    parts = path.split("/")
    names = [(before, part[1:-1]) for before, part in zip(parts, parts[1:]) if part.startswith("{")]
    return {name: ids[before] for before, name in names if ids.get(before)}
