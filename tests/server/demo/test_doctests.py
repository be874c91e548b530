import doctest
from types import ModuleType

import pytest

from server.demo import following, ground, installation, narration, snmp_reader, visit


@pytest.mark.parametrize(
    "module",
    [following, ground, installation, narration, snmp_reader, visit],
    ids=lambda module: module.__name__,
)
def test_the_examples_of_docstrings_hold(module: ModuleType) -> None:
    outcome = doctest.testmod(module)

    assert outcome.attempted > 0
    assert outcome.failed == 0
