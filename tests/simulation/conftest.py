"""The ground that the worlds of a test process are lived through on."""

from collections.abc import Generator

import pytest

from tests.simulation.runs import Ground, open_ground


@pytest.fixture(scope="session")
def ground() -> Generator[Ground]:
    """A town to begin with and a folder for one world at a time."""
    with open_ground() as opened:
        yield opened
