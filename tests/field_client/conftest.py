from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.field_client.tablets import Tablet, enrolled_tablet


@pytest.fixture
async def tablet(tmp_path: Path) -> AsyncIterator[Tablet]:
    async with enrolled_tablet(tmp_path) as made:
        yield made
