"""Small helpers which know nothing about any particular service."""

import ctypes
import os
import pwd
import random
import shutil
import signal
import socket
import sys
from pathlib import Path

# Where servers live besides the PATH: an ordinary user's PATH often lacks the sbin directories.
EXTRA_PATH = ["/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/homebrew/sbin"]

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Unavailable(Exception):
    """A service cannot be had in the way that was tried; the text says why and what to do."""


def find_program(name):
    """The full path of a program on the PATH or in the usual server directories, or None."""
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(EXTRA_PATH))


def free_port(taken=set()):  # noqa: B006 (the shared default is the memory of what was handed out)
    """A port on 127.0.0.1 that nothing listens on, never handed out twice.

    It lies below the range from which the kernel serves outgoing connections: a test may stop a
    server and start it again, and in between no client socket must be able to take its port.
    """
    low, high = 15000, 32000
    try:
        first_ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
        high = min(high, first_ephemeral - 1)
    except (OSError, ValueError, IndexError):
        pass
    if high - low < 1000:
        low, high = 10000, 65000
    for _ in range(200):
        port = random.randint(low, high)
        if port in taken:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        taken.add(port)
        return port
    raise Unavailable("no free port was found on 127.0.0.1")


def server_account(*names):
    """The account to run a server under which refuses root: the first of `names` that exists, else nobody.

    None when we are not root: then the server simply runs as ourselves.
    """
    if os.geteuid() != 0:
        return None
    for name in (*names, "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unavailable("this server refuses to run as root, and there is no account 'nobody' to run it under")


def spawn_options(account=None, death_signal=signal.SIGKILL):
    """Options for a child process: its account, a session of its own, and that it dies with its parent."""

    def die_with_parent():
        # The kernel forgets this when the account changes, so it is set after that (as preexec_fn is).
        _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)

    options = {"start_new_session": True}
    if _libc is not None:
        options["preexec_fn"] = die_with_parent
    if account is not None:
        options.update(user=account.pw_uid, group=account.pw_gid, extra_groups=[])
    return options


def descendants(pid):
    """All living descendants of a process, parents before children. Empty where /proc is missing."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in brackets, may itself hold blanks and brackets: read from the last one on.
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(0), [])
        found += below
        todo += below
    return found


def send_signal(pid, sig):
    """Sends a signal; a process that is already gone is no error."""
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        pass


def signal_group(group, sig):
    """Sends a signal to a process group; one that is already gone (or, on macOS, all zombies) is no error."""
    try:
        os.killpg(group, sig)
    except (ProcessLookupError, PermissionError):
        pass


def tail(path, lines=15):
    """The last lines of a log, indented, or an empty string when there is none."""
    try:
        text = Path(path).read_text(errors="replace").strip()
    except OSError:
        return ""
    return "\n".join("    | " + line for line in text.splitlines()[-lines:])


def seconds(value):
    """A duration for people: 0.8 s, 12 s, 3 min 05 s."""
    if value < 10:
        return f"{value:.1f} s"
    if value < 100:
        return f"{value:.0f} s"
    return f"{int(value) // 60} min {int(value) % 60:02d} s"
