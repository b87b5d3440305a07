"""Whether the provider's limits were kept, by the provider's own record of calls."""

import bisect
import re
import threading
from collections import Counter, defaultdict
from urllib.parse import parse_qs

# HubSpot's limits of an app with OAuth: calls of an account in ten seconds, searches of an account in one.
BURST, BURST_MS = 110, 10_000
SEARCH, SEARCH_MS = 5, 1_000
# How often the record is read.
EVERY = 1.0


class Watch:
    """Reads the sandbox's record as it grows, before it forgets."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.after = 0
        self.whose = {}  # beginning of a token, as the record shows it: account
        self.calls = []  # (moment in milliseconds, account, "burst" or "search", whether it was refused as one too many)
        self.unknown = Counter()  # what could not be told whose it is
        self.lost = 0
        self.stop = threading.Event()

    def begin(self):
        """Reads in the background until `finish`."""
        self.read()
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def finish(self):
        """Reads the rest."""
        self.stop.set()
        self.thread.join()
        self.read()

    def follow(self):
        """One look after the other."""
        while not self.stop.wait(EVERY):
            self.read()

    def read(self):
        """Takes in what is new. Numbers are given in order to every call, so what is missing between two was forgotten."""
        for call in self.sandbox.record(self.after):
            self.lost += call["seq"] - self.after - 1
            self.after = call["seq"]
            self.take(call)

    def take(self, call):
        """Takes in one call."""
        path = call["path"].split("?")[0]
        if re.search(r"/oauth/.*token", path):
            self.learn(call)
            return
        if path.startswith("/oauth/"):
            return  # browsers, and questions about tokens: no limit of an account counts them
        authorization = next((value for name, value in call["headers"] if name == "authorization"), "")
        if authorization.startswith("Bearer pat-"):
            return  # ours, filling the accounts
        account = self.whose.get(authorization)
        if account is None:
            self.unknown[f"{call['method']} {path}"] += 1
            return
        kind = "search" if call["method"] == "POST" and path.endswith("/search") else "burst"
        self.calls.append((call["at_ms"], account, kind, call["status"] == 429))

    def learn(self, call):
        """A token was given out: the record shows it whole, and whose it is."""
        token = re.search(r'"access_token":"([^"]+)"', call["answer"])
        account = re.search(r'"hub_id":(\d+)', call["answer"])
        if not token:
            return
        shown = f"Bearer {token[1]}"[:16] + "…"
        if account:
            self.whose[shown] = int(account[1])
        else:
            self.unknown[f"a token without account for {parse_qs(call['body']).get('client_id')}"] += 1


def judge(calls, phases):
    """{phase: figures} of the calls: the fullest window of each kind, how many calls were beyond the limit, and how many refused.
    `phases` are (name, first moment in milliseconds), in order. A window belongs to the phase of its last call."""
    starts = [start for _, start in phases]
    figures = {name: {"calls": 0, "searches": 0, "fullest_burst": 0, "fullest_search": 0, "beyond": 0, "refused": 0,
                      "last_beyond_s": None} for name, _ in phases}
    taken = defaultdict(list)
    for moment, account, kind, refused in sorted(calls):
        at = bisect.bisect_right(starts, moment) - 1
        if at < 0:
            continue
        figure = figures[phases[at][0]]
        figure["searches" if kind == "search" else "calls"] += 1
        if refused:
            # The provider counts what it refuses nowhere.
            figure["refused"] += 1
            figure["last_beyond_s"] = round((moment - starts[at]) / 1000, 1)
            continue
        limit, span = (SEARCH, SEARCH_MS) if kind == "search" else (BURST, BURST_MS)
        window = taken[account, kind]
        window.append(moment)
        within = len(window) - bisect.bisect_right(window, moment - span)
        figure[f"fullest_{kind}"] = max(figure[f"fullest_{kind}"], within)
        if within > limit:
            figure["beyond"] += 1
            figure["last_beyond_s"] = round((moment - starts[at]) / 1000, 1)
    return figures
