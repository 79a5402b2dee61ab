from __future__ import annotations

import ast

import pytest

from loopscope.analysis.file.exports import exported_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a = 1", None),
        ("__all__ = []", ()),
        ("__all__ = ['a', 'b']", ("a", "b")),
        ("__all__: list[str] = ['a']", ("a",)),
        ("__all__ = ('a',)\n__all__ += ['b']", ("a", "b")),
        ("__all__ = ['a']\n__all__.append('b')\n__all__.extend(('c',))", ("a", "b", "c")),
        ("__all__ = ['a']\n__all__ = ['b']", ("b",)),
        ("__all__ = ['a'] + other.__all__", None),
        ("__all__ = ['a', b]", None),
        ("__all__ = ['a']\n__all__.remove('a')", None),
        ("__all__ = ['a']\nif a:\n    __all__ = ['b']", None),
        ("__all__ += ['a']", None),
    ],
)
def test_names_that_a_star_import_takes(text: str, names: tuple[str, ...] | None) -> None:
    assert exported_names(ast.parse(text).body) == names
