"""How far storing is behind acknowledging, all the time."""

import threading
import time

from .client import Client, Refused

EVERY = 0.25


class Lag:
    """Looks several times a second at what is acknowledged and what is stored."""

    def __init__(self, scene, sender):
        self.address, self.key, self.sender = scene.api.address, scene.key, sender
        self.looks = []  # (moment in milliseconds, acknowledged, stored or none)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.follow, daemon=True)

    def begin(self):
        """Looks in the background until `finish`."""
        self.thread.start()

    def finish(self):
        """The last look."""
        self.stop.set()
        self.thread.join()

    def follow(self):
        """One look after the other."""
        client = Client(self.address, token=self.key, timeout=5)
        while not self.stop.wait(EVERY):
            acknowledged = len(self.sender.acknowledged)
            try:
                stored = client.get("/v1/status")["events"]["stored"]
            except (Refused, OSError):
                stored = None
            self.looks.append((int(time.time() * 1000), acknowledged, stored))

    def judge(self, phases):
        """{phase: the most events behind, and the longest time in seconds without a new acknowledgement, and without a new stored event}."""
        ends = [start for _, start in phases[1:]] + [self.looks[-1][0] if self.looks else 0]
        figures = {}
        for (name, start), end in zip(phases, ends):
            looks = [look for look in self.looks if start <= look[0] <= end]
            known = [look for look in looks if look[2] is not None]
            figures[name] = {
                "behind": max((acknowledged - stored for _, acknowledged, stored in known), default=None),
                "without_acknowledgement_s": longest_still([(at, acknowledged) for at, acknowledged, _ in looks], start, end),
                "without_storing_s": longest_still([(at, stored) for at, _, stored in known], start, end),
            }
        return figures


def longest_still(looks, start, end):
    """The longest time in seconds, from `start` to `end`, in which a number was not seen to grow."""
    longest, since, before = 0, start, None
    for at, number in looks:
        if before is None or number > before:
            longest, since, before = max(longest, at - since), at, number
    return round(max(longest, end - since) / 1000, 1)
