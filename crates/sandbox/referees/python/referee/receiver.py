"""A small HTTP server on loopback that takes webhooks and keeps them, byte for byte."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace


@dataclass
class Delivery:
    """What was sent."""

    method: str
    url: str
    headers: object
    body: str


@contextmanager
def receiver(path="/hook", status=200):
    """Listens while the block runs; `.url` is where, `.deliveries` what came, `.status` what is answered."""
    hook = SimpleNamespace(url="", deliveries=[], status=status)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):  # noqa: N802 (the name is http.server's)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("utf-8")
            hook.deliveries.append(Delivery("POST", f"http://{self.headers['Host']}{self.path}", self.headers, body))
            self.send_response(hook.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_given):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hook.url = f"http://127.0.0.1:{server.server_address[1]}{path}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
