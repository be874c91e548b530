import doctest
import importlib

import pytest

MODULES = (
    "digest",
    "versions",
    "serials",
    "sqlite_builds",
    "units",
    "jobs",
    "optics",
    "wire",
    "evidence",
    "merge",
)


@pytest.mark.parametrize("name", MODULES)
def test_what_a_docstring_shows_is_true(name: str) -> None:
    module = importlib.import_module(f"sync_protocol.{name}")

    assert doctest.testmod(module).failed == 0
