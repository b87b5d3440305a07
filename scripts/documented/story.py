"""A section's commands as a script for bash, with what a reader does between them."""

import shlex
import shutil
import subprocess
from pathlib import Path

from .pages import ROOT

# Caddy makes the certificate of such a name itself, and asks nobody.
HOST = "hub.localhost"
# What stands for things that are the reader's own.
OWN = {"hub.example.com": HOST}

EDITOR = f"""#!/bin/sh
# Stands for the person at the editor.
case "$1" in
    *.toml) sed -i 's/hub\\.example\\.com/{HOST}/' "$1" ;;
    *) echo a-client-secret > "$1" ;;
esac
"""

# What bash has before the first command. A command that ends otherwise than it should ends everything.
HEAD = """set -u
told() { printf '\\n\\033[1m%s  $ %s\\033[0m\\n' "$1" "$2"; }
ended() {
    if [ "$1" -ne "$2" ]; then printf '\\nFAILED: it ended with %s instead of %s\\n' "$1" "$2"; exit 1; fi
}
"""

#: What a reader does before a command that begins so.
BEFORE = {
    # Both ways have the ports 80 and 443.
    "docker compose -f compose.scaled.yaml down": "docker compose down",
    "cd hubspot-app": "cp -r packaging/hubspot-app .",
}
#: And after one that contains this.
AFTER = {
    "./make-secrets": "echo a-client-secret > secrets/hubspot",
    # From here on HubSpot is played, and what its command line remembers goes with the copy.
    "npm install -g @hubspot/cli": 'export HTTPS_PROXY="$PLAYED_AT" NODE_EXTRA_CA_CERTS="$PLAYED_CERTIFICATE" HOME="$PWD" BROWSER=none',
}
#: It exits with 1 to say that the client secret is missing.
ENDS_WITH_1 = "packaging/make-secrets"


def copy(directory):
    """The files that the repository keeps, as they are now, in a directory of their own."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, names):
        to = Path(directory, name)
        to.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, to)


def script(section, kind, built):
    """All of the section's story; `built` is a program to take in the place of building one."""
    lines = [HEAD]
    for command in section.story(kind):
        text = command.text
        for theirs, ours in OWN.items():
            text = text.replace(theirs, ours)
        lines.append(f"told {shlex.quote(command.at)} {shlex.quote(text)}")
        if built and text.startswith("cargo build --release"):
            text = f"install -D {shlex.quote(built)} target/release/syncline"
        lines += [done for start, done in BEFORE.items() if text.startswith(start)]
        lines += [text, f"ended $? {int(command.fails or ENDS_WITH_1 in text)}"]
        lines += [done for part, done in AFTER.items() if part in text]
    return "\n".join(lines) + "\n"
