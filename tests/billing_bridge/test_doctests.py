import doctest
from types import ModuleType

import pytest

from billing_bridge import feed, money, proration, webhooks


@pytest.mark.parametrize("module", [feed, money, proration, webhooks])
def test_the_examples_in_the_docstrings_are_right(module: ModuleType) -> None:
    result = doctest.testmod(module)

    assert result.attempted > 0
    assert result.failed == 0
