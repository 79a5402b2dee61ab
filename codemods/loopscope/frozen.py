"""Immutable values, as ``dataclass(frozen=True, slots=True)`` makes them, in a third of its time.

``dataclass`` compiles each method of a class for itself, which took a fifth of the start; here one
compilation makes all of them. That nobody sets a field is held by the type checker, which takes
these classes for frozen ones. The values of the public API (``loopscope.types``) are ``guarded``:
they refuse it while they run, too.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: Any) -> Any:
        """Leave the decorator as it is: only type checkers know of it."""
        return lambda decorator: decorator


T = TypeVar("T")
_ORDER = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}


@overload
def frozen(cls: type[T], /) -> type[T]: ...
@overload
def frozen(*, order: bool = False, guarded: bool = False) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T] | None = None, /, *, order: bool = False, guarded: bool = False) -> Any:
    """Make a class of immutable values with slots, hashed and compared by all of their fields.

    ``dataclasses.fields``, ``replace`` and ``asdict`` work on them. ``guarded`` values raise
    ``FrozenInstanceError`` where a field is set.
    """
    if cls is None:
        return lambda given: _made(given, order, guarded)
    return _made(cls, order, guarded)


def _made(cls: type, order: bool, guarded: bool) -> type:
    if cls.__doc__ is None:
        cls.__doc__ = cls.__name__  # ``dataclass`` would ask for the signature
    cls = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    known: dict[str, Any] = {"_MISSING": MISSING, "_set": object.__setattr__}
    code = [*_init(cls, known, guarded), *_comparisons(cls, order)]
    exec("\n".join(code), known)
    methods = ["__init__", "__eq__", "__hash__", *(_ORDER if order else ())]
    made = {name: known[name] for name in methods} | {"__repr__": _repr}
    if guarded:
        made |= {"__setattr__": _refuse, "__delattr__": _refuse}
        made |= {"__getstate__": _state, "__setstate__": _set_state}
    for name, method in made.items():
        if name not in cls.__dict__ or name in ("__init__", "__hash__"):
            setattr(cls, name, method)
    return cls


def _init(cls: type, known: dict[str, Any], guarded: bool) -> Iterator[str]:
    """Yield the lines of the constructor; what it knows by name goes to ``known``."""
    positional, by_keyword, body = ["self"], list[str](), list[str]()
    for item in _fields(cls):
        name, value = item.name, item.name
        argument = name
        if item.default_factory is not MISSING:
            known[f"_{name}"] = item.default_factory
            argument = f"{name}=_MISSING"
            value = f"_{name}() if {name} is _MISSING else {name}"
        elif item.default is not MISSING:
            known[f"_{name}"] = item.default
            argument = f"{name}=_{name}"
        (by_keyword if item.kw_only else positional).append(argument)
        body.append(f" _set(self, {name!r}, {value})" if guarded else f" self.{name} = {value}")
    arguments = [*positional, *(["*", *by_keyword] if by_keyword else [])]
    yield f"def __init__({', '.join(arguments)}):"
    yield from body or [" pass"]


def _comparisons(cls: type, order: bool) -> Iterator[str]:
    compared = [item.name for item in _fields(cls) if item.compare]
    mine, other = (
        f"({''.join(f'{owner}.{name}, ' for name in compared)})" for owner in ("self", "other")
    )
    for name, operator in {"__eq__": "==", **(_ORDER if order else {})}.items():
        yield f"def {name}(self, other):"
        yield f" return {mine} {operator} {other} if other.__class__ is self.__class__ \\"
        yield "  else NotImplemented"
    yield f"def __hash__(self):\n return hash({mine})"


def _fields(cls: type) -> tuple[Field[Any], ...]:
    return fields(cls)


def _repr(self: object) -> str:
    shown = (f"{item.name}={getattr(self, item.name)!r}" for item in _fields(type(self)))
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse(self: object, name: str, value: object = None) -> None:
    raise FrozenInstanceError(f"cannot set field {name!r} of {type(self).__qualname__}")


def _state(self: object) -> list[object]:
    """Return what is pickled; ``__setattr__`` would refuse to put it back."""
    return [getattr(self, item.name) for item in _fields(type(self))]


def _set_state(self: object, state: list[object]) -> None:
    for item, value in zip(_fields(type(self)), state, strict=True):
        object.__setattr__(self, item.name, value)
