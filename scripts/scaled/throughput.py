"""How much more three workers do than one: events from a backlog, and records loaded without the provider's limits."""

import time

from .client import Client
from .loads import load_all
from .processes import Cores
from .scene import Scene
from .webhooks import Sender, Story

LOOK = 0.1
# The longest a backlog may take; a worker that stores nothing at all should not be waited for all day.
PATIENCE = 900
CONNECTIONS = 8
PER_DELIVERY = 100
APPS = 3


def events(wanted, servers, sandbox, directory, say):
    """Drains the same backlog with each number of workers; answers the figures of each."""
    return [drain(wanted, servers, sandbox, directory, workers, say) for workers in wanted.workers]


def drain(wanted, servers, sandbox, directory, workers, say):
    """One backlog, in a database and a topic of its own."""
    scene = Scene(f"events{workers}", wanted, servers, sandbox, directory, workers=workers)
    try:
        scene.start()
        sender = Sender(scene, Story(), PER_DELIVERY, CONNECTIONS)
        began = time.monotonic()
        sender.send(wanted.backlog)
        intake = wanted.backlog / (time.monotonic() - began)
        say(f"a backlog of {len(sender.acknowledged)} events is in Kafka ({intake:.0f} a second); {workers} worker(s) start")
        for worker in scene.workers:
            worker.start()
        for worker in scene.workers:
            worker.wait_until_ready()
        with scene.waits() as waits:
            figures = follow(scene, len(sender.acknowledged))
        duplicates = sum(
            Client(worker.address).metrics().get("syncline_events_duplicate_total", 0.0) for worker in scene.workers)
        shares = [Client(worker.address).metrics().get("syncline_events_stored_total", 0.0) for worker in scene.workers]
        stored = scene.client.get("/v1/status")["events"]["stored"]
        return {"workers": workers, "events": wanted.backlog, "sent_per_second": round(intake), **figures,
                "read_twice": int(duplicates), "shares": [int(share) for share in shares],
                "database": waits.average(), "stored": stored, "lost": len(sender.acknowledged) - stored}
    finally:
        scene.end()


def follow(scene, events):
    """Watches until everything is stored. The rate is that between a tenth and nine tenths: how long workers take to start, and to
    share the partitions out among themselves, is another figure."""
    began, looks, cores, taken = time.monotonic(), [], None, {}
    first, last = events // 10, events - events // 10
    while True:
        now = time.monotonic() - began
        stored = scene.stored()
        looks.append((now, stored))
        if cores is None and stored >= first:
            cores = Cores(scene.groups())
        if cores is not None and not taken and stored >= last:
            taken = cores.taken()
        if stored >= events:
            break
        if now > PATIENCE:
            raise RuntimeError(f"{stored} of {events} events are stored after {PATIENCE} s")
        time.sleep(LOOK)
    low = next(look for look in looks if look[1] >= first)
    high = next(look for look in looks if look[1] >= last)
    rate = (high[1] - low[1]) / max(high[0] - low[0], LOOK)
    return {"per_second": round(rate), "all_after_seconds": round(looks[-1][0], 1), "cores": taken}


def loads(wanted, servers, sandbox, directory, say):
    """The same for records: each account through several apps, all loads side by side, no limits anywhere."""
    sandbox.limits(False)
    return [load(wanted, servers, sandbox, directory, workers, say) for workers in wanted.workers]


def load(wanted, servers, sandbox, directory, workers, say):
    """All loads with one number of workers."""
    connections = APPS * len(sandbox.accounts)
    # As many for each worker that all of them are needed.
    settings = {"PROVIDERS__HUBSPOT__BUDGET": "0.0", "LOAD__RUNS": str(-(-connections // workers))}
    scene = Scene(f"loads{workers}", wanted, servers, sandbox, directory, settings, apps=APPS, workers=workers)
    try:
        scene.start(workers)
        made = [scene.connect(app, account["portal_id"]) for app in range(APPS) for account in sandbox.accounts]
        say(f"{len(made)} connections load, {workers} worker(s)")
        cores = Cores(scene.groups())
        with scene.waits() as waits:
            seconds, records = load_all(scene, made)
        taken = cores.taken()
        shares = [Client(worker.address).metrics().get("syncline_records_read_total", 0.0) for worker in scene.workers]
        return {"workers": workers, "records": records, "per_second": round(records / seconds), "seconds": round(seconds, 1),
                "cores": taken, "database": waits.average(), "shares": [int(share) for share in shares]}
    finally:
        scene.end()
