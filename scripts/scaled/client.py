"""JSON over HTTP, one connection for each caller."""

import http.client
import json
from urllib.parse import urlencode


class Refused(Exception):
    """An answer that is no success; the text is what the server said."""

    def __init__(self, status, text):
        super().__init__(f"{status}: {text[:300]}")
        self.status = status


class Client:
    """A connection that is kept. Not for several threads at once."""

    def __init__(self, address, token=None, timeout=30, connect=http.client.HTTPConnection):
        self.address = address.removeprefix("http://")
        self.token = token
        self.connection = connect(self.address, timeout=timeout)

    def exchange(self, method, path, body=None, headers=None):
        """One request: (status, headers, body). A connection that was closed meanwhile is opened once more."""
        headers = {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), **(headers or {})}
        if body is not None:
            headers["Content-Type"] = "application/json"
        for last in (False, True):
            try:
                self.connection.request(method, path, body, headers)
                answer = self.connection.getresponse()
                return answer.status, answer.headers, answer.read()
            except (http.client.HTTPException, OSError) as error:
                self.connection.close()
                # An answer that takes too long would take as long again.
                if last or isinstance(error, TimeoutError):
                    raise

    def json(self, method, path, body=None, **query):
        """One request with JSON both ways; raises `Refused` unless it succeeds."""
        if query:
            path = f"{path}?{urlencode(query)}"
        payload = None if body is None else json.dumps(body)
        status, _, answer = self.exchange(method, path, payload)
        if not 200 <= status < 300:
            raise Refused(status, answer.decode(errors="replace"))
        return json.loads(answer) if answer else None

    def get(self, path, **query):
        """GET."""
        return self.json("GET", path, **query)

    def post(self, path, body=None):
        """POST."""
        return self.json("POST", path, {} if body is None else body)

    def metrics(self):
        """The sums of a process's metrics over their labels, and with labels each: {name or name{labels}: value}."""
        status, _, text = self.exchange("GET", "/metrics")
        if status != 200:
            raise Refused(status, text.decode(errors="replace"))
        found = {}
        for line in text.decode().splitlines():
            if line.startswith("#") or " " not in line:
                continue
            key, value = line.rsplit(" ", 1)
            name = key.split("{", 1)[0]
            found[key] = float(value)
            if key != name:
                found[name] = found.get(name, 0.0) + float(value)
        return found
