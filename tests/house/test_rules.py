import ast
from collections.abc import Callable, Iterator
from pathlib import PurePath

import pytest

from tests.house import rules

# An @ splits a word that our own rules would find here; it is taken out before use.
# fmt: off
BREACHES_OF_TEXT = [
    (rules.unfinished_or_foreign, "x = 1  # TO@DO: more"),
    (rules.unfinished_or_foreign, "see https://py@pi.org/simple"),
    (rules.unfinished_or_foreign, "registry.npm@js.org"),
    (rules.unfinished_or_foreign, "cd /wo@rk/main"),
    (rules.unfinished_or_foreign, "index = file:/@//mirror"),
    (rules.too_long, "\n" * 401),
    (rules.banners, "x = 1\n# --@- queries ---\n"),
    (rules.unexplained_suppressions, "x = 1  # no@qa"),
    (rules.unexplained_suppressions, "x = 1  # no@qa: S101"),
    (rules.unexplained_suppressions, "x = 1  # py@right: ignore  the library is wrong"),
    (rules.unexplained_suppressions, "x = 1  # py@right: ignore[reportFoo]"),
    (rules.unexplained_suppressions, "x = 1  # ty@pe: ignore[misc]  some reason"),
]
BREACHES_OF_CODE = [
    (rules.without_docstring, "x = 1"),
    (rules.sleeping, "import time\ntime.sleep(1)"),
    (rules.sleeping, "from time import sleep"),
    (rules.not_implemented, "def f(): raise NotImplementedError"),
    (rules.not_implemented, "def f(): raise NotImplementedError('later')"),
    (rules.unread_bounds, "def f(limit: FromQuery[Annotated[int, Meta(ge=1)]] = 1): ..."),
    (rules.untrue_tests, "@pytest.mark.skip\ndef test_a_thing_that_is_true(): ..."),
    (rules.untrue_tests, "@pytest.mark.skipif(True)\ndef test_a_thing_that_is_true(): ..."),
    (rules.untrue_tests, "def test_a_thing_that_is_true(): pytest.skip('no')"),
    (rules.untrue_tests, "from unittest.mock import patch"),
    (rules.untrue_tests, "async def test_jobs(): ..."),
]
CLEAN = [
    "x = 1  # no@qa: S101  the caller checked it",
    "if len(x) == 2:  # no@qa: PLR2004",
    "y = f()  # py@right: ignore[reportFoo]  its stubs are wrong",
    'path = root / "work" / "main"',
    "GET /jobs/work/next",
    "# A comment - with dashes -- in it",
]
# fmt: on


@pytest.mark.parametrize(("rule", "text"), BREACHES_OF_TEXT)
def test_a_breach_in_a_text_is_found(rule: Callable[[str], Iterator[str]], text: str) -> None:
    assert list(rule(text.replace("@", ""))) != []


@pytest.mark.parametrize(("rule", "code"), BREACHES_OF_CODE)
def test_a_breach_in_code_is_found(rule: Callable[[ast.Module], Iterator[str]], code: str) -> None:
    assert list(rule(ast.parse(code))) != []


@pytest.mark.parametrize("text", CLEAN)
def test_what_is_allowed_is_left_alone(text: str) -> None:
    found = [
        breach
        for rule in (rules.unfinished_or_foreign, rules.banners, rules.unexplained_suppressions)
        for breach in rule(text.replace("@", ""))
    ]

    assert found == []


@pytest.mark.parametrize(
    "path", ["server/utils.py", "server/common/jobs.py", "tests/test_helpers.py"]
)
def test_an_empty_word_is_no_name_for_a_module(path: str) -> None:
    assert list(rules.badly_named(PurePath(path))) != []


@pytest.mark.parametrize("path", ["server/jobs/commands.py", "tests/house/test_rules.py"])
def test_a_noun_is_a_name_for_a_module(path: str) -> None:
    assert list(rules.badly_named(PurePath(path))) == []
