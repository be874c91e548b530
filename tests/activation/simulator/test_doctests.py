import doctest
from types import ModuleType

import pytest

from activation.simulator import datagrams, events, oids, rows


@pytest.mark.parametrize("module", [datagrams, events, oids, rows])
def test_the_examples_in_the_docstrings_are_right(module: ModuleType) -> None:
    result = doctest.testmod(module)

    assert result.attempted > 0
    assert result.failed == 0
