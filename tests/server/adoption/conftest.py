from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from server.database import Store
from tests.server.adoption.living import Living, living_town


@pytest.fixture
async def living(store: Store, tmp_path: Path) -> AsyncGenerator[Living]:
    """A town whose OLT has four services that Firstlight does not know."""
    async with living_town(store, tmp_path) as town:
        yield town
