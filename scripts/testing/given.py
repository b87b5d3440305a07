"""Servers that are given from outside."""

import os
import socket
import sys
from urllib.parse import urlsplit

DEFAULT_PORTS = {"postgres": 5432, "mysql": 3306, "redis": 6379, "kafka": 9092}


def check_given(kind):
    """Ends the run when a server that was named does not answer: silently using another one would mislead."""
    given = os.environ[kind.url_variable]
    address = given.split(",")[0]
    parts = urlsplit(address if "://" in address else f"//{address}")
    try:
        host, port = parts.hostname or "127.0.0.1", parts.port or DEFAULT_PORTS[kind.key]
        socket.create_connection((host, port), timeout=5).close()
    except (OSError, ValueError) as error:
        # The URL itself may hold a password: it is not repeated.
        sys.exit(f"[test] {kind.title}, as given in {kind.url_variable}, cannot be reached: {error}.\n"
                 f"[test] Start it, correct the variable, or unset it: ./test then brings up a server of its own.")
