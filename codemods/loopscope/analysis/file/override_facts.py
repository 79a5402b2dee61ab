"""What is known of the bodies of overrides, and of the functions that they call: plain values."""

from __future__ import annotations

import enum
import re

from loopscope.frozen import frozen

NEW_LOOP = "asyncio.new_event_loop()"
_METHOD = re.compile(r"\.[ ]*(\w+)\(")
OF_BASE = "super().new_event_loop()"  # the same in a policy
_MAKES = re.compile(
    r"(?:return|(?P<name>\w+) =) (?:\w+\.)*\w+\([^\n()]*\)(?:\.new_event_loop\(\))?"
)


def _said_to(name: str) -> tuple[str, ...]:
    return (f"{name}.", f"return {name}") if name else ()


class LoopMaking(enum.Enum):
    """What a function of the project does for an override that calls it."""

    PLAIN = "plain"  # it makes a loop of the default kind, and nothing else
    KIND = "kind"  # it makes a loop of another kind, or one with settings
    POLICY = "policy"  # it decides of what kind loops are
    MANAGED = "managed"  # a generator or context manager: makes, yields and closes a plain loop


class BodyKind(enum.Enum):
    """The kinds of overrides of ``event_loop``, see rule LS101."""

    PLAIN = "plain"  # creation and redundant lines only
    DEBUG = "debug"  # set_debug besides
    FACTORY = "factory"  # it makes a loop of another kind
    WORK = "work"  # work before or after the yield
    OTHER = "other"  # anything else; ``reason`` says what
    BRIDGE = "bridge"  # ours: an async fixture that returns the running loop


@frozen
class LoopVariant:
    """One kind of loop that an override makes, as source texts.

    A function with the statements and ``return expression`` makes the loop; without an expression
    the statements return it. ``direct`` is a module-level callable that does it alone, ``policy``
    an expression for an event loop policy that makes such loops, "" where there is none. ``names``
    are those that the code takes from its module.
    """

    key: str
    statements: tuple[str, ...]
    expression: str
    direct: str = ""
    policy: str = ""
    names: frozenset[str] = frozenset()
    kind: str = ""  # see loop_kinds
    condition: str = ""  # of the tests that get it, by ``item``; "" for all others

    @property
    def makes_policy(self) -> bool:
        """Whether a policy gives such loops: ``policy``, or a class whose method is this code."""
        return bool(self.policy or self.method)

    @property
    def method(self) -> tuple[str, ...]:
        """The body of ``new_event_loop`` of a policy that makes such loops; () without one.

        One call makes the loop, of a class, a function or another policy, such as the base of this
        one, and the rest is said to the loop. Whether the policy would ask itself for its loops is
        another question.
        """
        last = (f"return {self.expression}",) if self.expression else ()
        code = [text.replace(NEW_LOOP, OF_BASE) for text in (*self.statements, *last)]
        first = _MAKES.fullmatch(code[0]) if code else None
        if first is None or self.condition:
            return ()
        name = first["name"] or ""
        return tuple(code) if all(text.startswith(_said_to(name)) for text in code[1:]) else ()


@frozen
class PolicyBody:
    """The policies of an ``event_loop_policy`` override, one for each of its params.

    No variants: it does more, or ``reason`` says what stands in the way. ``default`` says that
    it returns the default policy, and nothing else.
    """

    variants: tuple[LoopVariant, ...] = ()
    default: bool = False
    reason: str = ""


@frozen
class OverrideBody:
    """The reading of an override's body; statements are dedented source texts."""

    kind: BodyKind
    reason: str = ""
    line: int = 0
    dropped: tuple[str, ...] = ()  # clean-up that asyncio.Runner does by itself
    variable: str = ""  # the local name of the loop
    before: tuple[str, ...] = ()  # work before the yield
    after: tuple[str, ...] = ()  # work between the yield and the close
    closed: tuple[str, ...] = ()  # work after the close
    around: tuple[str, ...] = ()  # work before the loop, whose variables the work after it uses
    torn: str = ""  # a variable that keeps work after the close and other work in one function
    docstring: str = ""  # one of several lines, as a statement: it explains the work
    sets_current: bool = False  # it calls set_event_loop itself
    parameters: tuple[str, ...] = ()  # fixtures that the work uses
    variants: tuple[LoopVariant, ...] = ()  # for FACTORY: one, or one for each of the params
    windows: tuple[str, ...] = ()  # what it sets on Windows; elsewhere its loop is a plain one
    debug: bool = False  # it switches the debug mode of its loop on

    @property
    def methods(self) -> frozenset[str]:
        """The names of all methods that its work calls, of whatever object."""
        work = (*self.before, *self.after, *self.closed, *self.around)
        return frozenset(name for text in work for name in _METHOD.findall(text))

    @property
    def makes_another_kind(self) -> bool:
        """Whether the loop is, or may be, of another kind than the default."""
        return self.kind in (BodyKind.FACTORY, BodyKind.OTHER)
