"""What the examples of docstrings say is true."""

import doctest
from types import ModuleType

import pytest

from server.console import wording
from server.people import commands, pages


@pytest.mark.parametrize("module", [wording, commands, pages], ids=lambda m: m.__name__)
def test_the_examples_hold(module: ModuleType) -> None:
    outcome = doctest.testmod(module)
    assert outcome.attempted > 0
    assert outcome.failed == 0
