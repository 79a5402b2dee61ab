"""Jobs of a repository with several projects: which of them run the tests of its root."""

from __future__ import annotations

import pytest

from loopscope.requirements.pythons import project_pythons

JOB = """\
jobs:
  test:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        python: ["3.6"]
    steps:
      - run: {}
"""
SCRIPT = "#!/bin/bash\npushd services/api\npip install -r requirements.txt\npytest\npopd\n"
RUNS_SCRIPT = "./ci/api.bash test"


@pytest.mark.parametrize(
    ("steps", "counts"),
    [
        ("pytest", True),
        ("cd services/api && pytest", False),
        ("pytest\n        working-directory: ./services/api/tests", False),
        ("cd services/apis && pytest", True),
        ("cd services/api && pytest && cd ../../tests && pytest", True),
        ("cd services/api && pytest && cd .. && make test", False),
        (RUNS_SCRIPT, False),
        ("./ci/other.bash test", True),
        (f"{RUNS_SCRIPT}\n      - run: cd tests && pytest", True),
    ],
)
def test_a_job_in_the_folder_of_another_project_says_nothing(steps: str, counts: bool) -> None:
    files = {".github/workflows/ci.yml": JOB.format(steps), "ci/api.bash": SCRIPT}
    found = project_pythons(files, None, {}, ["services/api"])
    assert [one.line for one in found] == ([6] if counts else [])
    assert project_pythons(files, None, {})
