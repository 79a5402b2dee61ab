"""The plain values that flow through the pipeline: options in, migrations out.

Everything here is immutable and picklable, so that a suite can be handled in this
process, in a pool or on another machine. Paths are relative to the suite's root, with
forward slashes.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from loopscope.frozen import frozen

if TYPE_CHECKING:
    from loopscope.analysis.suite.trace import Trace
    from loopscope.loop_map.report_model import LoopMaps

# (major, minor) of every pytest-asyncio series that a migration can aim at.
KNOWN_TARGETS: tuple[tuple[int, int], ...] = (
    (0, 24), (0, 25), (0, 26), (1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 5),
)  # fmt: skip


class Safety(enum.Enum):
    """How sure an edit is: the same by pytest's rules, or resting on an assumption."""

    SAFE = "safe"
    ASSUMPTION = "assumption"


class Level(enum.Enum):
    """What a finding asks for: a person must act, or advice."""

    ACTION = "action"
    NOTE = "note"


class Status(enum.Enum):
    """What became of a suite; the value is the word used in JSON documents."""

    CURRENT = "current"  # nothing to change, nothing to do
    CHANGED = "changed"  # changes, and nothing left for a person
    MANUAL = "manual"  # a person must act on something
    ERROR = "error"  # a file of it could not be read or parsed

    @classmethod
    def of(
        cls,
        changes: Collection[Change],
        findings: Iterable[Finding],
        *,
        errors: Collection[FileError],
    ) -> Status:
        """Return what became of a suite with these changes, findings and errors."""
        if errors:
            return cls.ERROR
        if any(finding.level is Level.ACTION for finding in findings):
            return cls.MANUAL
        return cls.CHANGED if changes else cls.CURRENT


@frozen(order=True, guarded=True)
class Target:
    """The oldest pytest-asyncio series that the result must run on, such as 1.5.

    ``KNOWN_TARGETS`` lists those that can be aimed at; ``parse`` accepts no other.
    """

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Target:
        """Read a series as a user writes it.

        Args:
            text: Major and minor number, such as ``"1.5"``; a release of it may be named.

        Raises:
            ValueError: ``text`` is no known series; the message names those that are.
        """
        numbers = text.split(".")
        if len(numbers) == 3 and numbers[2].isdecimal():
            numbers.pop()
        for major, minor in KNOWN_TARGETS:
            if numbers == [str(major), str(minor)]:
                return cls(major, minor)
        known = ", ".join(f"{major}.{minor}" for major, minor in KNOWN_TARGETS)
        raise ValueError(f"{text!r} is not a pytest-asyncio series that loopscope knows ({known})")

    @classmethod
    def newest(cls) -> Target:
        """Return the newest series known to this release of loopscope."""
        return cls(*KNOWN_TARGETS[-1])

    def has(self, major: int, minor: int) -> bool:
        """Whether a feature that came with pytest-asyncio ``major.minor`` may be used."""
        return (self.major, self.minor) >= (major, minor)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


RUNS_ON = ("0.21", "0.23", "1.x")  # what a user may say that a suite runs on


@frozen(guarded=True)
class Options:
    """What the user asked for; the same names and defaults as on the command line.

    Values are taken as they are: the command line has checked them, other callers should.
    """

    target: Target = field(default_factory=Target.newest)
    target_named: bool = False  # the target was asked for: exact pins move to just that release
    runs_on: str = ""  # what the suite runs on now: "0.21", "0.23" or "1.x"; "": by evidence
    style: str = "config"  # "config" or "explicit"
    select: tuple[str, ...] = ()  # rule codes or prefixes; empty means all
    ignore: tuple[str, ...] = ()  # rule codes or prefixes
    safe_only: bool = False  # no edit that rests on an assumption
    annotate: bool = False  # leave a comment where a person must act
    requirements: bool = True  # raise dependency pins (LS202)
    tests_only: bool = False  # leave get_event_loop() in product code alone (LS107)
    ambient_loop: bool = True  # give sync tests a current loop where they ask for one (LS109)
    loop_maps: bool = False  # draw ``Migration.maps``: only some reports need them
    time_limit: float = 60.0  # seconds that reading, or rewriting, one file may take; 0: no limit

    def wants(self, code: str) -> bool:
        """Whether the rule ``code`` is selected and not ignored."""
        chosen = not self.select or code.startswith(self.select)
        return chosen and not (self.ignore and code.startswith(self.ignore))


@frozen(order=True, guarded=True)
class Finding:
    """Something that a person should know, at a place in the file as it was."""

    path: str
    line: int  # 1-based; 0 where the whole file is meant
    column: int  # 1-based; 0 where the whole line is meant
    code: str
    message: str
    level: Level = field(default=Level.ACTION, compare=False)


@frozen(guarded=True)
class EditRecord:
    """One edit that was made (or would be): the rule, the place in the old file, the reason."""

    code: str
    line: int  # 1-based line in the file as it was; 0 in a new file
    definition: str  # qualified name of the function or class, option name, or ""
    message: str
    safety: Safety = Safety.SAFE
    value: str = ""  # what an option is set to
    reason: str = ""  # the test for whose sake it is made, and how that needs it

    @property
    def subject(self) -> str:
        """What is edited; with an option the value that it gets."""
        return f"{self.definition} = {self.value}" if self.value else self.definition

    @property
    def trust(self) -> str:
        """What stands behind the message of an edit that rests on an assumption, else ""."""
        return " [assumption]" if self.safety is Safety.ASSUMPTION else ""

    @property
    def text(self) -> str:
        """The edit in words, without its place: what it changes, and how."""
        subject = f"{self.subject}: " if self.definition else ""
        return f"{subject}{self.message}{self.trust}"


@frozen(guarded=True)
class Change:
    """A file before and after, and the edits behind the difference."""

    path: str
    before: bytes | None  # None: the file is new
    after: bytes  # in the encoding and with the line ends of the file as it was
    edits: tuple[EditRecord, ...]


@frozen(guarded=True)
class FileError:
    """A file that could not be read, parsed or written. The others are done all the same.

    The path is relative to the suite's root, "." for all of it; that of a path which does not
    exist is as the caller gave it.
    """

    path: str
    message: str  # what happened, and what to do about it
    line: int = 0  # 1-based; 0 where it is not known


@frozen(guarded=True)
class PytestConfig:
    """The configuration that pytest really reads for a suite.

    ``path`` is None where there is no configuration at all. ``table`` is the table or
    section that holds the options: ``pytest`` (ini files and pytest.toml), ``tool.pytest``,
    ``tool.pytest.ini_options`` or ``tool:pytest``. ``native`` says that values have real
    TOML types there. ``options`` holds every option of that table; a value is a string, a
    tuple of strings for lists (TOML arrays, and ini values split on white space or lines
    where pytest declares a list: python_files, python_classes, python_functions, testpaths,
    norecursedirs, usefixtures, and by lines for filterwarnings, pytest_plugins and markers),
    or a bool. ``passed_over`` are options in ``[tool.pytest]`` beside ``ini_options``: pytest
    before 9 does not read them, pytest 9 refuses both together.
    """

    path: str | None = None
    table: str = ""
    native: bool = False
    options: Mapping[str, str | bool | tuple[str, ...]] = field(default_factory=dict)
    passed_over: tuple[str, ...] = ()

    def text(self, name: str) -> str | None:
        """Return the option as a stripped string, or None where it is not set or is no string."""
        value = self.options.get(name)
        return value.strip() if isinstance(value, str) else None


@frozen(guarded=True)
class CrossSuiteFiles:
    """Files of other suites that count for one; they are read with it, and never changed.

    ``outside`` holds conftests above the root that pytest loads all the same, modules that the
    suite imports from elsewhere, and the lock file of a workspace that it is a member of (of its
    lines those that matter); its keys start with ``../``. ``modules`` maps the dotted
    names of the latter to those keys. ``below`` holds the suites whose tests a run of pytest in
    the root collects, too; its keys are their folders, with a slash at the end. ``importers``
    names the files of other suites that import from a module of this one. ``above`` is the
    configuration of a suite above whose runs collect this suite's tests, too. ``own_names`` are
    the dotted names by which the root itself can be imported, from the folders above it.
    ``projects`` are the folders of the suites below, and whether each has a pytest configuration.
    """

    outside: Mapping[str, bytes] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    below: Mapping[str, Suite] = field(default_factory=dict)
    importers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    above: PytestConfig | None = None
    own_names: tuple[str, ...] = ()
    projects: Mapping[str, bool] = field(default_factory=dict)

    @property
    def bare(self) -> tuple[str, ...]:
        """The projects below for which pytest would read a configuration in the root."""
        return tuple(folder for folder, configured in self.projects.items() if not configured)

    def __contains__(self, path: str) -> bool:
        """Whether a path, relative to the root of the suite, is that of another suite."""
        return path.startswith("../") or path.startswith(tuple(self.below))

    @property
    def loads_above(self) -> bool:
        """Whether pytest loads conftests from above the root."""
        return any(path.endswith("/conftest.py") for path in self.outside)


@frozen(guarded=True)
class Suite:
    """One pytest rootdir: its configuration and the files that matter, as bytes.

    ``files`` holds every conftest and test module, the files that mention a legacy idiom,
    the configuration and requirement files. ``editable`` names the files that may be
    changed (a user who names one file gets only this one changed); None means all.
    ``label`` is what reports call the suite: its path as the user would type it. ``trace``
    is what a run of it, or pytest's collection, has shown, where there is a record of one.
    """

    label: str
    config: PytestConfig
    files: Mapping[str, bytes]
    editable: frozenset[str] | None = None
    errors: tuple[FileError, ...] = ()
    cross_suite: CrossSuiteFiles = field(default_factory=CrossSuiteFiles)
    trace: Trace | None = None
    uncollected: str = ""  # why pytest, which was asked, could not collect it
    in_tests: bool = False  # its root is the folder of tests of a project

    @property
    def size(self) -> int:
        """The bytes of its files."""
        return sum(map(len, self.files.values()))


@frozen(guarded=True)
class Migration:
    """What the pipeline makes of one suite. Nothing of it has been written."""

    label: str  # that of the suite
    config: str | None  # the file that pytest reads its configuration from, None: there is none
    status: Status
    changes: tuple[Change, ...] = ()  # sorted by path
    findings: tuple[Finding, ...] = ()  # sorted by place
    errors: tuple[FileError, ...] = ()
    loops_before: int = 0  # how many distinct loops the tests meet
    loops_after: int = 0
    requires: str = ""  # such as "pytest-asyncio>=1.1"; "" where pytest-asyncio is not used
    claimed: int = 0  # mentions of what decides about loops that were understood
    unread: int = 0  # those that were not: LS318
    runs_on: str = ""  # what it runs on now, and what says so
    product: frozenset[str] = frozenset()  # the files of product code, which reports tell apart
    maps: LoopMaps | None = None  # where the options ask for them and the suite could be read
    seconds: float = field(default=0.0, compare=False)  # how long it took


class Scope(enum.IntEnum):
    """A fixture scope or a loop scope; ``max`` of two scopes is the wider one."""

    FUNCTION = 1  # not 0: every scope is true
    CLASS = 2
    MODULE = 3
    PACKAGE = 4
    SESSION = 5

    @property
    def word(self) -> str:
        """The lower-case word that pytest uses, such as ``"session"``."""
        return self.name.lower()

    @classmethod
    def parse(cls, word: object) -> Scope | None:
        """Return the scope that ``word`` names, or ``None`` if it names none."""
        return _BY_WORD.get(word) if isinstance(word, str) else None


_BY_WORD = {scope.name.lower(): scope for scope in Scope}


# Folders of a project that modules are imported from; each is empty or ends in a slash.
SOURCE_ROOTS = ("", "src/", "lib/")
# What makes a folder a project; the first of them that says something counts.
PROJECT_FILES = ("pyproject.toml", "setup.cfg", "setup.py")
JOURNAL = ".loopscope-unfinished"
