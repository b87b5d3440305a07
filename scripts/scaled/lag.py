"""How far storing is behind acknowledging, all the time."""

import threading
import time

from .client import Client, Refused

EVERY = 0.25


class Lag:
    """Looks several times a second at what is acknowledged, and at what is stored."""

    def __init__(self, scene, sender):
        self.address, self.key, self.sender = scene.api.address, scene.key, sender
        self.acknowledged = []  # (moment in milliseconds, how many)
        self.stored = []  # (moment in milliseconds, how many, how many were acknowledged before)
        self.stop = threading.Event()
        # Apart, because without the database the second question is answered late.
        self.threads = [threading.Thread(target=look, daemon=True) for look in (self.follow_acknowledged, self.follow_stored)]

    def begin(self):
        """Looks in the background until `finish`."""
        for thread in self.threads:
            thread.start()

    def finish(self):
        """The last look."""
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def follow_acknowledged(self):
        """One look after the other."""
        while not self.stop.wait(EVERY):
            self.acknowledged.append((now(), len(self.sender.acknowledged)))

    def follow_stored(self):
        """The same over the API; where it cannot answer there is no look."""
        client = Client(self.address, token=self.key, timeout=5)
        while not self.stop.wait(EVERY):
            acknowledged = len(self.sender.acknowledged)
            try:
                stored = client.get("/v1/status")["events"]["stored"]
            except (Refused, OSError):
                continue
            self.stored.append((now(), stored, acknowledged))

    def judge(self, phases):
        """{phase: the most events behind, and the longest time in seconds without anything acknowledged, and stored}."""
        ends = [start for _, start in phases[1:]] + [now()]
        figures = {}
        for (name, start), end in zip(phases, ends):
            acknowledged = [look for look in self.acknowledged if start <= look[0] <= end]
            stored = [look for look in self.stored if start <= look[0] <= end]
            figures[name] = {
                "behind": max((before - number for _, number, before in stored), default=None),
                "without_acknowledgement_s": longest_still(acknowledged, start, end),
                "without_storing_s": longest_still(stored, start, end),
            }
        return figures


def now():
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


def longest_still(looks, start, end):
    """The longest time in seconds, from `start` to `end`, in which a number was not seen to grow."""
    longest, since, before = 0, start, None
    for at, number, *_ in looks:
        if before is None or number > before:
            longest, since, before = max(longest, at - since), at, number
    return round(max(longest, end - since) / 1000, 1)
