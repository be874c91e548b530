"""A gap that no device can fill is named, and the device goes on."""

import msgspec
import pytest

from server.database.tables.people import audit
from server.sync import commands
from server.sync.refusals import SyncRefused
from sync_protocol.jobs import JobEvent
from tests.server.factories import rows
from tests.server.sync.field import Field
from tests.server.tablets import move


def test_what_a_tablet_names_as_lost_is_passed_over_and_told(field: Field) -> None:
    field.tablet.say(*(move(field.job_id, JobEvent.ACCEPT) for _ in range(4)))
    field.push(1, 1)
    request = field.tablet.request(4, 4)
    with pytest.raises(SyncRefused, match="operation 4 came, 2 is next"):
        field.store.write_now(
            commands.receive, field.tablet.device_id, request, act=field.tablet.act()
        )

    named = msgspec.structs.replace(request, lost_through=3)
    pushed = field.store.write_now(
        commands.receive, field.tablet.device_id, named, act=field.tablet.act()
    )

    assert pushed.acked_dseq == 4
    (told,) = [row for row in rows(field.store, audit) if row["action"] == "operations.lost"]
    assert (told["detail"]["first_dseq"], told["detail"]["last_dseq"]) == (2, 3)
    again = field.store.write_now(
        commands.receive, field.tablet.device_id, named, act=field.tablet.act()
    )
    assert list(map(bytes, again.verdicts)) == list(map(bytes, pushed.verdicts))
