"""scripts/run-documents: see --help."""

import argparse
import os
import pty
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import pages, story

EPILOG = """\
The test suite runs what the documents show, but for what needs more than it may count on. Those blocks have
`<!-- run by hand: KIND -->` above them; this runs them in the order of their pages, each section in a copy of the repository, and what
stands between them in the same section. It ends at the first command that does not end as it should.

kinds:
  containers   Docker with Buildx and Compose, and the ports 80 and 443 of this machine
  kills        the same, for the containers' proof; about ten minutes
  systemd      root on a machine that systemd runs, and that may be thrown away: it makes a user and a service
  builds       the toolchain; about ten minutes
  tests        what ./test needs, and an hour

examples:
  scripts/run-documents containers
  scripts/run-documents systemd --built target/release/syncline
"""


def parse():
    """What is asked for."""
    parser = argparse.ArgumentParser(
        prog="scripts/run-documents", description="Runs the commands of the documents that the test suite leaves out.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("kind", choices=pages.kinds(), metavar="KIND", help=", ".join(pages.kinds()))
    parser.add_argument("--built", metavar="PROGRAM", help="take this program where the documents build one")
    parser.add_argument("--list", action="store_true", help="say what would be run, and run nothing")
    parser.add_argument("--keep", action="store_true", help="keep the copies, and leave running what runs")
    return parser.parse_args()


def run(section, wanted, directory):
    """Runs a section's story at a terminal of its own, as a person does; answers the exit code."""
    story.copy(directory)
    editor = Path(directory, ".editor")
    editor.write_text(story.EDITOR)
    editor.chmod(0o755)
    script = Path(directory, ".story")
    script.write_text(story.script(section, wanted.kind, wanted.built and os.path.abspath(wanted.built)))
    os.environ["SUDO_EDITOR"] = str(editor)
    here = os.getcwd()
    os.chdir(directory)
    try:
        return os.waitstatus_to_exitcode(pty.spawn(["bash", str(script)]))
    finally:
        os.chdir(here)


def take_down(directory):
    """Removes the containers and volumes that the compose files made."""
    for file in ("compose.yaml", "compose.scaled.yaml"):
        subprocess.run(["docker", "compose", "-f", file, "down", "--volumes", "--timeout", "5"],
                       cwd=Path(directory, "packaging"), capture_output=True)


def main():
    """Runs, tells, cleans up."""
    wanted, code = parse(), 0
    for section in pages.sections(wanted.kind):
        if wanted.list:
            print(*(f"{command.at}: {command.text}" for command in section.story(wanted.kind)), sep="\n")
            continue
        directory = tempfile.mkdtemp(prefix="syncline-documents-")
        try:
            code = run(section, wanted, directory)
        finally:
            if wanted.keep:
                print(f"kept: {directory}")
            else:
                if wanted.kind == "containers":
                    take_down(directory)
                shutil.rmtree(directory, ignore_errors=True)
        if code:
            break
    if not wanted.list:
        print("\nFAILED" if code else "\nall of them did what they should")
    sys.exit(code)


main()
