"""`ctl <service> stop|start|restart|pause|resume`: blocks until it is done; exit code 0 when it is.

Tests call it through the command in SYNCLINE_TEST_POSTGRES_CTL and its sisters.
"""

import socket
import sys


def main():
    """Hands one command to the supervisor and waits for its answer."""
    path, *command = sys.argv[1:]
    if len(command) != 2:
        sys.exit("usage: ctl <service> stop|start|restart|pause|resume")
    with socket.socket(socket.AF_UNIX) as supervisor:
        try:
            supervisor.connect(path)
        except OSError as error:
            sys.exit(f"ctl: the test run that owned this server is over ({error.strerror})")
        supervisor.sendall(" ".join(command).encode() + b"\n")
        answer = b"".join(iter(lambda: supervisor.recv(4096), b"")).decode(errors="replace")
    if answer != "ok":
        sys.exit(f"ctl {' '.join(command)}: {answer or 'the test run ended meanwhile'}")


if __name__ == "__main__":
    main()
