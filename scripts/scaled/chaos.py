"""One of each is killed in turn under load; afterwards everything that was acknowledged is there, once."""

import time

from .budgets import Watch, judge
from .client import Client
from .lag import Lag
from .loads import Loads
from .scene import Scene
from .stored import mirrored, read_all
from .verdict import reasons
from .webhooks import Sender, Story

APPS = 3
WORKERS = 3
CONNECTIONS = 12
PER_DELIVERY = 5
RECORDS = 3_000
QUIET = 0.5
# Jobs that webhooks and loads give; the others are for later.
WORK = {"event.store", "events.adopt", "load.run", "records.hydrate"}

SETTINGS = {
    # Every worker has its share of the loads, so that all three call the same accounts.
    "LOAD__RUNS": "2",
    # What a dead worker had in hand is taken over within the time that the others are watched.
    "JOBS__LEASE": "10s",
}


class Chaos:
    """The part `chaos`, from the first process to the verdict."""

    def __init__(self, wanted, servers, sandbox, directory, say):
        self.wanted, self.servers, self.sandbox, self.say = wanted, servers, sandbox, say
        self.scene = Scene("chaos", wanted, servers, sandbox, directory, SETTINGS, apps=APPS, workers=WORKERS)
        self.phases = []  # (name, first moment in milliseconds)
        self.kills = []
        self.provider_calls = {worker.name: 0.0 for worker in self.scene.workers}

    def run(self):
        """All of it; answers the figures, with `reasons` why the proof failed."""
        self.sandbox.limits(False)
        contacts = self.sandbox.fill(RECORDS)
        self.sandbox.limits(True)
        watch = Watch(self.sandbox)
        watch.begin()
        try:
            self.scene.start(WORKERS)
            connections = [
                self.scene.connect(app, account["portal_id"]) for app in range(APPS) for account in self.sandbox.accounts]
            self.say(f"{len(connections)} connections of {len(self.sandbox.accounts)} accounts, through {APPS} apps each")
            sender = Sender(self.scene, Story(contacts), PER_DELIVERY, CONNECTIONS)
            loads = Loads(self.scene, connections)
            self.lag = Lag(self.scene, sender)
            self.phase("calm")
            self.lag.begin()
            loads.begin()
            sender.send_steadily(self.wanted.rate)
            began = time.monotonic()
            self.pause(self.wanted.calm)
            for number in range(1, self.wanted.rounds + 1):
                for target in self.wanted.kill:
                    self.kill(target, "" if self.wanted.rounds == 1 else f" ({number})")
            self.phase("calm again")
            self.pause(self.wanted.calm)
            sender.finish()
            sent_for = time.monotonic() - began
            quiet = self.wait_for_quiet(sender, loads)
            self.lag.finish()
            watch.finish()
            figures = self.verdict(sender, loads, watch, quiet, sent_for)
            figures["incomplete_mirrors"] = self.incomplete(connections)
            figures["reasons"] = reasons(figures, WORKERS)
            return figures
        finally:
            self.scene.end()

    def phase(self, name):
        """From now on it is this."""
        self.phases.append((name, int(time.time() * 1000)))
        self.say(name)

    def pause(self, seconds):
        """Lets load go on, and watches that nothing ends by itself."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for process in [*self.scene.processes(), self.sandbox.process]:
                if not process.alive():
                    raise RuntimeError(f"{process.name} ended by itself: {process.log}")
            time.sleep(0.2)

    def kill(self, target, round_name):
        """Kills one, leaves it away for a while, starts it again, and lets the rest recover."""
        ours = {"intake": self.scene.intakes[0], "worker": self.scene.workers[0]}.get(target)
        if target == "worker":
            # Its own count ends with it.
            self.provider_calls[ours.name] += calls_of(ours)
        self.phase(f"{target} killed{round_name}")
        began = time.monotonic()
        ours.kill() if ours else self.servers.kill(target)
        time.sleep(self.wanted.away)
        if ours:
            ours.start()
            ours.wait_until_ready()
        else:
            self.servers.start(target)
        away = time.monotonic() - began
        self.kills.append({"what": ours.name if ours else target, "away_seconds": round(away, 1)})
        self.phase(f"{target} back{round_name}")
        self.pause(self.wanted.settle if target == "redis" else self.wanted.recover)
        if target == "redis":
            self.phase(f"redis settled{round_name}")
            self.pause(self.wanted.recover)

    def wait_for_quiet(self, sender, loads):
        """Until all that was acknowledged is stored and no load is under way: seconds, or none when that did not come."""
        began = time.monotonic()
        self.phase("waiting for quiet")
        ended = loads.finish(self.wanted.patience)
        while time.monotonic() - began < self.wanted.patience:
            status = self.scene.client.get("/v1/status")
            under_way = [job for job in status["jobs"] if job["kind"] in WORK and job["state"] != "parked"]
            if ended and status["events"]["stored"] >= len(sender.acknowledged) and not under_way:
                return round(time.monotonic() - began, 1)
            time.sleep(QUIET)
        return None

    def verdict(self, sender, loads, watch, quiet, sent_for):
        """The figures and the reasons against."""
        for worker in self.scene.workers:
            self.provider_calls[worker.name] += calls_of(worker)
        found = read_all(self.scene, self.say)
        status = self.scene.client.get("/v1/status")
        return {
            "sent_for_seconds": round(sent_for, 1), "acknowledged": len(sender.acknowledged),
            "per_second": round(len(sender.acknowledged) / sent_for), "attempts": dict(sender.outcomes),
            "repeated_deliveries": sender.repeated, "kills": self.kills, "quiet_after_seconds": quiet,
            "stored": found.stored, "missing": len(sender.acknowledged - found.once), "stored_twice": len(found.twice),
            "never_sent": len(found.once - sender.acknowledged), "runs": dict(loads.ended), "records_read": loads.records,
            "unwanted_runs": loads.unwanted, "jobs": status["jobs"], "budgets": judge(watch.calls, self.phases),
            "lag": self.lag.judge(self.phases), "kept_in_memory": self.wanted.in_memory,
            "calls_by_worker": {name: int(calls) for name, calls in self.provider_calls.items()},
            "record_of_calls_lost": watch.lost, "calls_of_nobody_known": dict(watch.unknown),
            "redis_was_away_for": {worker.name: worker.said("every process keeps to budgets of its own")
                                   for worker in self.scene.workers},
            "panics": sum(process.said("panicked") for process in self.scene.processes()),
            "deadlocks": sum(process.said("deadlock detected") for process in self.scene.processes()),
        }

    def incomplete(self, connections):
        """Mirrors that lack records: after faults as before them, every connection has all of its account's."""
        each = RECORDS // 3
        found = {}
        for connection in connections:
            counts = mirrored(self.scene, connection)
            if counts != {"companies": each, "contacts": each, "deals": each}:
                found[connection] = counts
        return found


def calls_of(worker):
    """How many calls to providers a process made since it was started."""
    return Client(worker.address, timeout=10).metrics().get("syncline_provider_calls_total", 0.0)
