"""A running hub, for what it sends: its API, and an endpoint that is this program."""

import contextlib
import os
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

BASE, KEY = os.environ["SYNCLINE_HUB_URL"], os.environ["SYNCLINE_HUB_KEY"]


def ask(method, path, body=None):
    """Asks the hub's API; anything but a success is an error."""
    answer = requests.request(method, BASE + path, json=body, headers={"Authorization": f"Bearer {KEY}"}, timeout=30)
    answer.raise_for_status()
    return answer.json() if answer.content else None


class Receiver(BaseHTTPRequestHandler):
    """Takes messages and keeps them, byte for byte."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.put((body, {name.lower(): value for name, value in self.headers.items()}))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_arguments):
        pass


@contextlib.contextmanager
def endpoint():
    """An endpoint for as long as the block runs: how to have something told, and the endpoint as it was made."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.got = queue.Queue()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made = ask("POST", "/v1/endpoints", {"org_id": "referees", "url": f"http://127.0.0.1:{server.server_port}/hook"})

    def told(payload):
        ask("POST", "/v1/messages", {"org_id": "referees", "type": "referee.asked", "payload": payload})
        return server.got.get(timeout=30)

    try:
        yield told, made
    finally:
        ask("DELETE", f"/v1/endpoints/{made['id']}")
        server.shutdown()
        server.server_close()
