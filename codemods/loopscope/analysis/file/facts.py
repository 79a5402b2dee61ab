"""The facts of one Python file, as plain picklable values.

An ordinal is the 0-based number of a ``def``, ``async def`` or ``class`` statement in its
file, in the order in which they are written, all levels of nesting counted. Lines are
1-based.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple

from loopscope.analysis.file.mark_facts import Mark, MarkingHook, Spelling
from loopscope.analysis.file.override_facts import LoopMaking, OverrideBody, PolicyBody
from loopscope.frozen import frozen
from loopscope.types import Scope


@frozen
class Import:
    """A name that an import, or an assignment such as ``db = helpers.db``, binds."""

    name: str
    module: str  # absolute dotted module, relative ones start with dots
    attribute: str | None  # None: the module itself; "*": everything
    line: int


class ScopeKind(enum.Enum):
    """How a fixture states its scope."""

    ABSENT = "absent"
    LITERAL = "literal"
    CALLABLE = "callable"  # a name or lambda: known only when pytest asks


@frozen
class Fixture:
    """The decorator that makes a function a fixture."""

    origin: str  # "pytest.fixture", "pytest.yield_fixture" or "pytest_asyncio.fixture"
    spelled: Spelling
    name: str  # the name by which tests ask for it
    scope: Scope
    scope_kind: ScopeKind
    loop_scope: Scope | None
    autouse: bool
    keywords: tuple[str, ...] = ()
    decorators: int = 1  # how many decorators the function has
    bound: str = ""  # the variable that holds it, where a call makes it: ``db = fixture(make_db)``
    line: int = 0  # of the statement with that call
    path: str = ""  # the file of that statement, "" for the function's own
    private: bool = True  # nothing but the fixture uses the function
    # The keywords that a decorator of the project gives it, as source; None: not all are literals.
    written: Mapping[str, str] | None = None
    by_project: bool = False  # a decorator of the project makes it
    replaces: int = 0  # the line that puts it in the place of the plugin's own event_loop


@frozen
class Maker:
    """A function of the project that makes fixtures, by way of ``origin``.

    Its ``keywords``, as source, may name its ``parameters``.
    """

    origin: str
    keywords: Mapping[str, str]
    direct: bool = False  # it takes the function itself: ``@shared``
    called: bool = False  # it takes options and gives a decorator: ``@shared(scope="module")``
    parameters: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    hands_on: bool = False  # all other keywords go to the fixture, too
    wraps: bool = False  # the fixture is a sync function around the one that it gets


@frozen
class Elsewhere:
    """What other files of the suite say of the names of one file, by their dotted origins.

    ``made`` are functions of this file that others make fixtures, by their own names; ``taken``
    are the origins of functions that this file makes fixtures.
    """

    constants: Mapping[str, object] = field(default_factory=dict)
    makers: Mapping[str, Maker] = field(default_factory=dict)
    loops: Mapping[str, LoopMaking] = field(default_factory=dict)
    made: Mapping[str, Fixture] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()


@frozen
class Made:
    """A fixture that a call makes of a function of another file."""

    function: str  # its dotted origin
    fixture: Fixture


class UseKind(enum.Enum):
    """The use that a function makes of its loop argument."""

    CALL = "call"  # loop.method(…) in the function's own body
    VALUE = "value"  # any other mention in the own body
    NESTED = "nested"  # inside a nested sync function, a lambda or a generator expression
    STORE = "store"  # assigned to or deleted: no longer the argument


@frozen
class LoopUse:
    """One mention of the loop argument in a function's body."""

    kind: UseKind
    line: int
    method: str = ""  # for CALL


class Place(enum.Enum):
    """The kind of code around a call. The value completes "in …"."""

    ASYNC = "an async function"
    SYNC = "a sync function"
    NESTED = "a sync function inside another function"
    LAMBDA = "a lambda"
    HANDED = "sync code that it is handed to"
    GENERATOR = "a generator expression"
    DEFAULT = "a default argument or a decorator"
    CLASS = "a class body"
    MODULE = "module level"


# Code that runs where it is called, by whoever it is handed to.
LATER = (Place.NESTED, Place.LAMBDA, Place.HANDED)


@frozen
class LoopCall:
    """A call that asks for the current loop, such as ``asyncio.get_event_loop()``."""

    what: str  # resolved: "asyncio.get_event_loop", "asyncio.Future", …
    spelled: Spelling
    place: Place
    line: int
    column: int
    ordinal: int | None  # the nearest enclosing def, None at module level
    owner: int | None  # the module- or class-level def that it stands in
    method: str = ""  # what is called on the result: "run_until_complete", "time", …
    through: str = ""  # the function that makes the call, where the owner only calls this one
    guarded: bool = False  # what it raises without a current loop is caught there


@frozen
class GivenFunction:
    """A function that another one defines and returns, or a test of such a class."""

    is_async: bool
    parameters: tuple[str, ...]
    in_class: bool = False


@frozen
class Function:
    """A function at module or class level, outside any other function."""

    ordinal: int
    name: str
    qualname: str
    line: int  # of the ``def``
    first_line: int  # of its first decorator
    end_line: int
    class_ordinal: int | None
    is_async: bool
    is_generator: bool
    conditional: bool  # inside ``if``, ``try``, ``with`` …
    parameters: tuple[str, ...]  # those that pytest fills: without default, no self or cls
    fixture: Fixture | None
    marks: tuple[Mark, ...]
    decorators: tuple[str, ...]  # resolved dotted names, "" where unknown
    parametrized: frozenset[str] = frozenset()  # argument names given by direct parametrize
    # Scopes that parametrize gives the fixtures that it parametrizes, for this test.
    parameter_scopes: Mapping[str, Scope] = field(default_factory=dict)
    dynamic: tuple[str, ...] = ()  # names of getfixturevalue("…"), "" where it is not known
    built: tuple[int, ...] = ()  # lines of requests with a computed name, perhaps event_loop
    calls: tuple[str, ...] = ()  # functions and classes that it calls, see callees
    refers: tuple[str, ...] = ()  # what it mentions of the suite, see file/references.py
    passes_loop_name: bool = False  # it calls something with the string "event_loop"
    passed: tuple[tuple[str, str], ...] = ()  # what it calls with a request, and with which name
    loop_uses: tuple[LoopUse, ...] = ()
    override: OverrideBody | None = None
    policy: PolicyBody | None = None
    drives_loops: bool = False  # asyncio.run, another loop's run_until_complete and the like
    known_decorators: bool = True  # nothing but fixtures and marks
    returns_call: bool = False  # a sync function with "return something(…)"
    awaits: frozenset[str] = frozenset()  # arguments that it awaits or iterates over as such
    only_awaits: frozenset[str] = frozenset()  # of these, those that it does nothing else with
    handed: frozenset[str] = frozenset()  # arguments that it hands on, returns or stores as such
    wraps_sync: bool = False  # a decorator that returns a sync function of its own
    decorated_by: tuple[str, ...] = ()  # decorators that are no imported module's, as written
    is_alias: bool = False  # its body only hands on the event_loop argument
    gives: tuple[GivenFunction, ...] = ()  # what it defines and returns

    @property
    def is_method(self) -> bool:
        return self.class_ordinal is not None

    @property
    def is_own(self) -> bool:
        """Whether the definition may go with the fixture: no call makes it of what others use."""
        return self.fixture is None or not self.fixture.line or self.fixture.private

    @property
    def bound_name(self) -> str:
        """The name by which other modules import the fixture."""
        return self.fixture.bound if self.fixture and self.fixture.bound else self.name


@frozen
class Class:
    """A class at module level or inside another class."""

    ordinal: int
    name: str
    qualname: str
    line: int
    parent: int | None
    bases: tuple[str, ...]  # resolved dotted names
    marks: tuple[Mark, ...]
    pytestmark: int | None = None  # the line of its ``pytestmark = …`` statement
    has_init: bool = False
    refers: tuple[str, ...] = ()  # what its body mentions, outside of its methods
    takes: tuple[LoopCall, ...] = ()  # what takes the current loop when an object is made
    builds: tuple[str, ...] = ()  # what else its fields call then
    subclass_marks: tuple[Mark, ...] = ()  # what its ``__init_subclass__`` sets on subclasses
    made_of: tuple[str, ...] = ()  # what the calls mention that make its bases
    second_names: Mapping[str, str] = field(default_factory=dict)  # of functions: test_x = check


class Position(NamedTuple):
    """Where something was found in a file, and what."""

    line: int
    column: int  # 1-based
    detail: str = ""


@frozen
class Hazard:
    """Something that the check of a rule has found in one file.

    ``detail`` is the rule's own word for what was found. ``imports`` are those that the
    function makes for itself, where the check asks for them.
    """

    code: str
    line: int
    column: int
    ordinal: int | None  # the function that it stands in, else the class, None at module level
    detail: str = ""
    imports: tuple[Import, ...] = ()


@frozen
class FileFacts:
    """The facts of one file."""

    path: str
    functions: tuple[Function, ...] = ()
    classes: tuple[Class, ...] = ()
    marks: tuple[Mark, ...] = ()  # of the module-level pytestmark
    pytestmark: int | None = None
    mark_variables: Mapping[str, tuple[Mark, ...]] = field(default_factory=dict)
    imports: tuple[Import, ...] = ()
    assigned: tuple[Import, ...] = ()  # ``db = helpers.db``
    plugins: tuple[str, ...] = ()
    loop_calls: tuple[LoopCall, ...] = ()
    hooks: tuple[MarkingHook, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    ignores: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    called_at_import: tuple[str, ...] = ()  # dotted names, by statements outside of functions
    annotations: Mapping[int, str] = field(default_factory=dict)  # line -> code, by --annotate
    exported: tuple[str, ...] | None = None  # the names in __all__, where that is all read
    offers: Elsewhere = field(default_factory=Elsewhere)  # what its own names are to other files
    made: tuple[Made, ...] = ()
    wanted: frozenset[str] = frozenset()  # origins of names that other files may explain
    elsewhere: Elsewhere = field(default_factory=Elsewhere)  # what of that was known when read
    factories: frozenset[str] = frozenset()  # kinds of loop by its pytest_asyncio_loop_factories
    variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # what each refers to
    mentions: int = 0  # how often something is mentioned that decides about loops
    unread: tuple[Position, ...] = ()  # the mentions that no reader claims

    @property
    def bindings(self) -> tuple[Import, ...]:
        """All names that come from other modules, by whatever statement."""
        return (*self.imports, *(bound for bound in self.assigned if bound.module))

    def standing(self) -> tuple[Function, ...]:
        """Leave out the functions that a later definition of the same name replaces.

        One under a condition may or may not replace another, so both stand.
        """
        last = {(f.class_ordinal, f.name): f.ordinal for f in self.functions if not f.conditional}
        return tuple(
            f for f in self.functions if f.ordinal >= last.get((f.class_ordinal, f.name), -1)
        )

    def is_all_of_a_variable(self, mark: Mark) -> bool:
        """Whether a variable that is used as a decorator holds this mark and nothing else."""
        return (mark,) in self.mark_variables.values()

    def spelling(self, dotted: str) -> str | None:
        """Spell ``asyncio.create_task`` as this file does; None where it lacks the import.

        A name that several imports bind, as under a condition, is taken for what the last one is.
        """
        last = {bound.name: bound for bound in self.imports}
        for bound in last.values():
            origin = (
                bound.module if bound.attribute is None else f"{bound.module}.{bound.attribute}"
            )
            if dotted == origin:
                return bound.name
            if bound.attribute is None and dotted.startswith(origin + "."):
                return bound.name + dotted[len(origin) :]
        return None
