"""scripts/run-documents: see --help."""

import argparse
import os
import pty
import shutil
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

from . import hubspot, pages, story

EPILOG = """\
The test suite runs what the documents show, but for what needs more than it may count on. Those blocks have
`<!-- run by hand: KIND -->` above them; this runs them in the order of their pages, each section in a copy of the repository, and what
stands between them in the same section. It ends at the first command that does not end as it should.

kinds:
  containers   Docker with Buildx and Compose, and the ports 80 and 443 of this machine; refused where containers or volumes of
               the compose files are, because it deletes them at the end
  kills        the same, for the containers' proof; about ten minutes
  systemd      root on a machine that systemd runs, and that may be thrown away: it makes a user and a service
  builds       the toolchain; about ten minutes; what is installed goes with the copy
  hubspot      Node.js, the internet and openssl: HubSpot's own command line, with a HubSpot that is played on this machine
  tests        what ./test needs, and an hour

examples:
  scripts/run-documents containers
  scripts/run-documents systemd --built target/release/syncline
"""


#: The compose files, and the names that they give what they start.
PROJECTS = {"compose.yaml": "syncline", "compose.scaled.yaml": "syncline-scaled"}


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


def read(terminal):
    """What was printed."""
    return os.read(terminal, 1024)


def run(section, wanted, directory):
    """Runs a section's story at a terminal of its own, as a person does; answers the exit code."""
    story.copy(directory)
    editor = Path(directory, ".editor")
    editor.write_text(story.EDITOR)
    editor.chmod(0o755)
    script = Path(directory, ".story")
    script.write_text(story.script(section, wanted.kind, wanted.built and os.path.abspath(wanted.built)))
    # Nobody's own program is replaced.
    installed = str(Path(directory, ".installed"))
    os.environ.update(SUDO_EDITOR=str(editor), CARGO_INSTALL_ROOT=installed, NPM_CONFIG_PREFIX=installed)
    os.environ["PATH"] = f"{installed}/bin:{os.environ['PATH']}"
    here = os.getcwd()
    os.chdir(directory)
    try:
        with hubspot.played(directory) if wanted.kind == "hubspot" else nullcontext(read) as reading:
            return os.waitstatus_to_exitcode(pty.spawn(["bash", str(script)], reading))
    finally:
        os.chdir(here)


def docker(*words, **options):
    """(what a command of Docker prints, ""), or (None, why it failed)."""
    try:
        done = subprocess.run(["docker", *words], capture_output=True, text=True, **options)
    except OSError as problem:
        return None, str(problem)
    return (None, done.stderr.strip()) if done.returncode else (done.stdout, "")


def refuse_to_delete():
    """Ends this where the compose files' containers or volumes are somebody's own."""
    for project in PROJECTS.values():
        label = f"label=com.docker.compose.project={project}"
        for words in (("ps", "--all"), ("volume", "ls")):
            there, why = docker(*words, "--quiet", "--filter", label)
            if there is None:
                sys.exit(f"scripts/run-documents: Docker does not answer: {why}")
            if there.strip():
                sys.exit(f"scripts/run-documents: there are containers or volumes of the project {project} already; this would delete them")


def take_down(directory):
    """Removes the containers and volumes that the compose files made."""
    for file in PROJECTS:
        _, why = docker("compose", "-f", file, "down", "--volumes", "--timeout", "5", cwd=Path(directory, "packaging"))
        if why:
            print(f"not taken down ({file}): {why}")


def main():
    """Runs, tells, cleans up."""
    wanted, code = parse(), 0
    if wanted.kind == "containers" and not wanted.list:
        refuse_to_delete()
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
                if os.path.exists(directory):
                    print(f"this is left, of another user's: {directory}")
        if code:
            break
    if not wanted.list:
        print("\nFAILED" if code else "\nall of them did what they should")
    sys.exit(code)


main()
