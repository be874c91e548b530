"""What the examples of docstrings say is true."""

import doctest
from types import ModuleType

import pytest

from server import input_words, times
from server.imports import complaints, kinds, profiles
from server.sync import unknown

MODULES = [complaints, input_words, kinds, profiles, times, unknown]


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__)
def test_the_examples_of_docstrings_hold_as_written(module: ModuleType) -> None:
    outcome = doctest.testmod(module)
    assert outcome.attempted > 0
    assert outcome.failed == 0
