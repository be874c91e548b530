import shutil
from pathlib import Path

import pytest

import server.demo


@pytest.fixture
def town() -> Path:
    """The sample town."""
    return Path(server.demo.__file__).parent / "town"


@pytest.fixture
def copy(town: Path, tmp_path: Path) -> Path:
    """A copy of the sample town that a test may alter."""
    return shutil.copytree(town, tmp_path / "town")
