"""The documents' commands, by the sections that they stand in."""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", "CONTRIBUTING.md", "packaging/README.md", *sorted(str(page.relative_to(ROOT)) for page in ROOT.glob("docs/*.md"))]
#: Kinds whose commands only make sense after those that the test suite runs as well.
STORIES = {"containers"}
MARK = re.compile(r"<!-- (?:run by hand: (?P<kind>.*)|(?P<other>.*)) -->")


@dataclass
class Command:
    """A command line as somebody would type it."""

    at: str
    text: str
    fails: bool


@dataclass
class Section:
    """What stands below one heading."""

    page: str
    heading: str
    #: Which kinds of commands to run by hand it has.
    kinds: set = field(default_factory=set)
    #: (kind or None for what the test suite runs as well, command)
    commands: list = field(default_factory=list)

    def story(self, kind):
        """What is typed one after the other: commands of this kind, and where they need them, those of no kind between them."""
        wanted = (kind, None) if kind in STORIES else (kind,)
        return [command for own, command in self.commands if own in wanted]


def of_page(name):
    """The sections of a page that have commands to run by hand."""
    sections, mark, block = [Section(name, "")], "", None
    for number, line in enumerate((ROOT / name).read_text().splitlines(), 1):
        if block is None and line.startswith("#"):
            sections.append(Section(name, line.strip("# ")))
        elif line.startswith("```"):
            block, mark = (line[3:], mark) if block is None else (None, "")
        elif block is None:
            mark = line.strip() or mark
        elif block == "console" and line.startswith("$ "):
            take(sections[-1], MARK.fullmatch(mark), f"{name}:{number}", line[2:])
        elif block == "console" and sections[-1].commands and sections[-1].commands[-1][1].text.endswith("\\"):
            sections[-1].commands[-1][1].text += f"\n{line}"
    return [section for section in sections if section.kinds]


def take(section, mark, at, text):
    """Notes a command, unless a test or nobody runs it."""
    kind, other = (mark["kind"], mark["other"]) if mark else (None, None)
    if other in (None, "fails"):
        section.commands.append((kind, Command(at, text, other == "fails")))
        section.kinds |= {kind} if kind else set()


def sections(kind):
    """All that have commands of this kind."""
    return [section for page in PAGES for section in of_page(page) if kind in section.kinds]


def kinds():
    """All that the documents name."""
    return sorted({kind for page in PAGES for section in of_page(page) for kind in section.kinds})
