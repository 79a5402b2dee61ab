"""Whatever stands around the declarations stays, byte for byte."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from loopscope.requirements import read_pins, set_pins, spaced_like
from loopscope.requirements.compatibility import PLUGIN
from loopscope.types import FileError

_SPECIFIERS = st.sampled_from(["", "<1", ">=0.21,<0.22", "~=0.21", "==0.21.1", "==0.21.*"])
_ROWS = {
    "requirements.txt": [
        "{}",
        "{}  # é",
        "\t{} ; python_version < '4' #x",
        "# {}",
        "",
        "x==1",
        "-r y",
    ],
    "tox.ini": ["  {}", "  py{{3,4}}: {}", "  # {}", "", "\t{}"],
    "pyproject.toml": ["  '{}',", '"{}", # "{}"', '# "{}"', "", '"x", "y[z]>1",\t"{}" ,'],
    "noxfile.py": ["'{}',", "u'{}', '''{}''',  # '{}'", "", "'é', '{}',", "f(r'{}'),"],
    "environment.yml": ["  - {}", "  - '{}' # x", "  # {}", "", "  - x"],
}
_AROUND = {
    "requirements.txt": ("", ""),
    "tox.ini": ("[testenv]\ndeps =\n", "\n[x]\ny = 1\n"),
    "pyproject.toml": ("[dependency-groups]\nt = [\n", "\n]\n"),
    "noxfile.py": ("X = [\n", "\n]\n"),
    "environment.yml": ("dependencies:\n", "\n"),
}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_only_the_specifiers_change(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(_ROWS)))
    rows = data.draw(st.lists(st.tuples(st.sampled_from(_ROWS[path]), _SPECIFIERS), max_size=6))
    newline = data.draw(st.sampled_from(["\n", "\r\n"]))
    head, tail = _AROUND[path]
    lines = [row.format(*[f"pytest-asyncio{spec}"] * 3) for row, spec in rows]
    text = (head + "\n".join(lines) + tail).replace("\n", newline)
    pins = read_pins(path, text.encode())
    assert not isinstance(pins, FileError), pins
    assert all(pin.package == PLUGIN and pin.kind.editable for pin in pins)
    wanted = {place: f">=1.{place}" for place in range(len(pins))}
    expected = ""
    at = 0
    for place, pin in enumerate(pins):
        assert text[pin.start : pin.end] == pin.specifier
        assert text[: pin.start].endswith(("pytest-asyncio",))
        new = wanted[place] if pin.specifier else spaced_like(text, wanted[place])
        expected += text[at : pin.start] + new
        at = pin.end
    assert set_pins(path, text.encode(), wanted).decode() == expected + text[at:]
