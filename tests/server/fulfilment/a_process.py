"""A process and what stands around it, made by one call."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from server.fulfilment.records import Intent, Process, ProcessState, Progress
from tests.server.factories import NOON

TOKEN: Final = 7


def a_process(**changes: Any) -> Process:  # noqa: ANN401  whatever the record takes
    process = Process(
        id=uuid7(),
        effect_key="service:item:activate",
        intent=Intent.ACTIVATE,
        service_id=UUID(int=1),
        order_item_id=UUID(int=2),
        job_id=UUID(int=3),
        state=ProcessState.LEASED,
        step="register",
        attempt=1,
        lane="olt:1",
        next_at=NOON,
        lease_owner="worker-1",
        lease_until=NOON + timedelta(seconds=30),
        fencing_token=TOKEN,
        code=None,
        progress=Progress(),
        created_at=NOON,
        updated_at=NOON,
    )
    return msgspec.structs.replace(process, **changes)
