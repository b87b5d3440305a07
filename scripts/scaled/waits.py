"""What PostgreSQL's connections are busy with: whether they work, or wait for one another."""

import subprocess
import threading
from collections import Counter

EVERY = 0.5
ASK = ("SELECT COALESCE(wait_event_type || ' ' || wait_event, 'working') FROM pg_stat_activity "
       "WHERE state = 'active' AND datname = current_database() AND pid <> pg_backend_pid()")


class Waits:
    """Looks at a database's connections from time to time."""

    def __init__(self, program, url):
        self.command = [str(program), "--no-psqlrc", "--tuples-only", "--no-align", "--command", ASK, url]
        self.seen = Counter()
        self.looks = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.follow, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()

    def follow(self):
        """One look after the other; one that fails is none."""
        while not self.stop.wait(EVERY):
            done = subprocess.run(self.command, capture_output=True, text=True, timeout=30)
            if done.returncode == 0:
                self.looks += 1
                self.seen.update(line for line in done.stdout.splitlines() if line)

    def average(self):
        """{what: how many connections at a time, on average}, most first."""
        return {what: round(count / max(self.looks, 1), 2) for what, count in self.seen.most_common()}
