"""Deliveries as HubSpot sends them: signed, to both intakes in turn, again until one of them said 2xx."""

import hashlib
import hmac
import http.client
import threading
import time
from base64 import b64encode
from collections import Counter

# HubSpot hangs up after five seconds.
PATIENCE = 5.0
# HubSpot waits minutes and hours; what is proven is that repeating is enough, not how long that takes.
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0

EVENT = (
    '{"eventId":%d,"subscriptionId":7,"portalId":%d,"appId":%d,"occurredAt":%d,"subscriptionType":"contact.propertyChange",'
    '"attemptNumber":%d,"objectId":%d,"propertyName":"lifecyclestage","propertyValue":"lead %d","changeSource":"CRM_UI",'
    '"sourceId":"userId:%d","isSensitive":false}'
)


class Story:
    """Which events there are: event `id` is always about the same record of the same account."""

    def __init__(self, connected=None, others=40):
        """`connected`: ids of contacts by account, which every third event is about; the rest are accounts nobody connected."""
        self.connected = list((connected or {}).items())
        self.others = others

    def about(self, event):
        """(account, record) of an event."""
        scattered = event * 7_919 % 1_000_003
        if self.connected and event % 3 == 0:
            account, contacts = self.connected[event // 3 % len(self.connected)]
            return account, contacts[scattered % len(contacts)]
        return 900_000 + event % self.others, 180_000_000_000 + scattered


class Sender:
    """Sends events to addresses, over several connections, and knows which were acknowledged."""

    def __init__(self, scene, story, per_delivery, connections, connect=http.client.HTTPConnection):
        self.public_url = scene.public_url
        self.targets = [intake.address for intake in scene.intakes]
        self.apps = scene.apps
        self.story, self.per_delivery, self.connections, self.connect = story, per_delivery, connections, connect
        self.lock = threading.Lock()
        self.next_event = 1
        self.acknowledged = set()
        self.outcomes = Counter()  # of attempts
        self.repeated = 0  # deliveries that needed more than one
        self.stop = threading.Event()
        self.threads = []

    def send(self, events):
        """Sends so many as fast as they are taken, and waits for the last answer."""
        last = self.next_event + events - 1
        self.begin(lambda: self.next_event <= last, None)
        self.join()

    def send_steadily(self, rate):
        """Begins to send so many events a second; `finish` ends it."""
        self.begin(lambda: not self.stop.is_set(), rate)

    def finish(self):
        """Sends nothing new, and waits until everything that was begun is acknowledged."""
        self.stop.set()
        self.join()

    def begin(self, more, rate):
        """Starts the connections, each with its share of the rate."""
        pace = None if rate is None else self.connections * self.per_delivery / rate
        for number in range(self.connections):
            arguments = (number, more, pace)
            self.threads.append(threading.Thread(target=self.work, args=arguments, daemon=True))
            self.threads[-1].start()

    def join(self):
        """Waits for all connections to end."""
        for thread in self.threads:
            thread.join()
        self.threads = []

    def work(self, number, more, pace):
        """One connection's life."""
        wire = Wire(self.targets, number, self.connect)
        due = time.monotonic() + (pace or 0) * number / self.connections
        while True:
            if pace is not None:
                time.sleep(max(due - time.monotonic(), 0))
                due = max(due + pace, time.monotonic() - pace)
            with self.lock:
                if not more():
                    return
                events = range(self.next_event, self.next_event + self.per_delivery)
                self.next_event += self.per_delivery
            self.deliver(wire, events)

    def deliver(self, wire, events):
        """One delivery, until it is acknowledged."""
        occurred = int(time.time() * 1000)
        pause = FIRST_PAUSE
        app = events[0] // self.per_delivery % len(self.apps)
        for attempt in range(100_000):
            outcome = wire.post(*self.request(app, events, occurred, attempt))
            with self.lock:
                self.outcomes[outcome] += 1
                if outcome == "2xx":
                    self.acknowledged.update(events)
                    self.repeated += attempt > 0
                    return
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        raise RuntimeError("a delivery was never acknowledged")

    def request(self, app, events, occurred, attempt):
        """(path, headers, body) of an attempt, signed now."""
        card = self.apps[app]
        path = f"/webhooks/hubspot/{card.get('door', f'app{app}')}"
        one = lambda event: EVENT % (  # noqa: E731
            event, self.story.about(event)[0], card["app_id"], occurred, attempt, self.story.about(event)[1], event, event)
        body = f"[{','.join(map(one, events))}]".encode()
        moment = str(int(time.time() * 1000))
        signed = b"POST" + f"{self.public_url}{path}".encode() + body + moment.encode()
        headers = {"Content-Type": "application/json", "User-Agent": "HubSpot Connect", "X-HubSpot-Request-Timestamp": moment,
                   "X-HubSpot-Signature-v3": b64encode(hmac.digest(card["client_secret"].encode(), signed, "sha256")).decode(),
                   "X-HubSpot-Signature": hashlib.sha256(card["client_secret"].encode() + body).hexdigest(),
                   "X-HubSpot-Signature-Version": "v1"}
        return path, headers, body


class Wire:
    """One connection to each target, used in turn."""

    def __init__(self, targets, number, connect):
        self.connections = [connect(target, timeout=PATIENCE) for target in targets]
        self.turn = number

    def post(self, path, headers, body):
        """What came of it: `2xx`, another status, `refused`, `broken`, `no answer`."""
        connection = self.connections[self.turn % len(self.connections)]
        self.turn += 1
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            return "2xx" if 200 <= answer.status < 300 else str(answer.status)
        except ConnectionRefusedError:
            outcome = "refused"
        except TimeoutError:
            outcome = "no answer"
        except (http.client.HTTPException, OSError):
            outcome = "broken"
        connection.close()
        return outcome
