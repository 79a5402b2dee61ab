"""Immutable values, as ``attrs.frozen`` makes them, at the price of plain classes.

``@dataclass(frozen=True)`` compiles two more methods for each class, which took a fifth of the
start, and sets each field through ``object.__setattr__``. That nobody sets a field is held by the
type checker, which takes these classes for frozen ones. The values of the public API
(``loopscope.types``) are frozen while they run, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: Any) -> Any:
        """Leave the decorator as it is: only type checkers know of it."""
        return lambda decorator: decorator


T = TypeVar("T")


@overload
def frozen(cls: type[T], /) -> type[T]: ...
@overload
def frozen(*, order: bool = False) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T] | None = None, /, *, order: bool = False) -> Any:
    """Make a class of immutable values with slots, hashed and compared by all of their fields."""
    decorator = dataclass(slots=True, unsafe_hash=True, order=order)
    return decorator if cls is None else decorator(cls)
