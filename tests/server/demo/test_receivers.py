import base64
from pathlib import Path

import httpx
import pytest

from server.demo.children import Household
from server.demo.receivers import Receiver, hold_port

SECRET = "whsec_" + base64.b64encode(b"0" * 24).decode()


async def test_a_held_port_refuses_until_its_receiver_starts_there(tmp_path: Path) -> None:
    household = Household(tmp_path)
    receiver = Receiver(household, "late", SECRET, hold_port())
    try:
        with pytest.raises(httpx.ConnectError):
            await receiver.seen()

        await receiver.start()

        assert (await receiver.seen()).deliveries == 0
    finally:
        await household.stop_all()
