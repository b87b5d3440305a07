"""Loads of records: asked for again and again over the API, while anything may be away."""

import threading
import time
from collections import Counter

from .client import Client, Refused

OVER = {"succeeded", "partial", "failed", "cancelled"}
# Between two looks at a run.
LOOK = 0.5


class Loads:
    """Keeps a run going on every connection: a full one, then some for changes, which search."""

    def __init__(self, scene, connections, searches=4):
        self.address, self.key = scene.api.address, scene.key
        self.connections = connections
        self.searches = searches
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self.ended = Counter()
        self.unwanted = []  # runs that did not succeed: what is known of them
        self.records = 0
        self.threads = []

    def begin(self):
        """Starts asking, beginning at another place of the sequence for each connection."""
        for number, connection in enumerate(self.connections):
            self.threads.append(threading.Thread(target=self.work, args=(number, connection), daemon=True))
            self.threads[-1].start()

    def finish(self, patience):
        """Asks for nothing new and waits for the runs under way; answers whether all ended in time."""
        self.stop.set()
        deadline = time.monotonic() + patience
        for thread in self.threads:
            thread.join(max(deadline - time.monotonic(), 0.1))
        return not any(thread.is_alive() for thread in self.threads)

    def work(self, number, connection):
        """One connection's runs, one after the other."""
        client = Client(self.address, token=self.key)
        turn = number
        while not self.stop.is_set():
            mode = "full" if turn % (self.searches + 1) == 0 else "incremental"
            turn += 1
            run = self.insist(lambda: client.post(f"/v1/connections/{connection}/runs", {"mode": mode}))
            while run["state"] not in OVER:
                time.sleep(LOOK)
                run = self.insist(lambda: client.get(f"/v1/runs/{run['id']}"))
            with self.lock:
                self.ended[f"{run['mode']} {run['state']}"] += 1
                self.records += run["read"]
                if run["state"] != "succeeded":
                    errors = [lane["error"] for lane in run["lanes"] if lane["error"]]
                    self.unwanted.append({"run": run["id"], "state": run["state"], "reason": run["reason"], "lanes": errors})

    def insist(self, ask):
        """Asks until there is an answer: the database or Kafka may be away."""
        while True:
            try:
                return ask()
            except Refused as refused:
                if refused.status < 500:
                    raise
            except OSError:
                pass
            time.sleep(LOOK)


def load_all(scene, connections):
    """One full run of every connection side by side; answers (seconds, records)."""
    began = time.monotonic()
    runs = [scene.client.post(f"/v1/connections/{one}/runs", {"mode": "full"})["id"] for one in connections]
    records = 0
    for run in runs:
        while True:
            now = scene.client.get(f"/v1/runs/{run}")
            if now["state"] in OVER:
                break
            time.sleep(0.1)
        if now["state"] != "succeeded":
            raise RuntimeError(f"a load without faults ended as {now['state']}: {now['reason']} {now['lanes']}")
        records += now["read"]
    return time.monotonic() - began, records
