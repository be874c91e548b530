from pathlib import Path

import pytest

import server.demo


@pytest.fixture
def town() -> Path:
    """The sample town."""
    return Path(server.demo.__file__).parent / "town"
