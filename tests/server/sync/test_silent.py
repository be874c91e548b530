"""A device that only asks what is new: it waits for no writer, and is judged like any other."""

from uuid import UUID

import msgspec
import pytest

from server.sync import commands
from server.sync.refusals import SyncRefused
from sync_protocol.messages import Refusal
from tests.server.sync.field import Field


def test_a_device_without_news_is_told_how_far_it_was_heard_and_nothing_is_written(
    field: Field,
) -> None:
    silent = field.tablet.request(1, 0)
    assert not commands.has_news(silent)
    field.tablet.complete(field.job_id)
    pushed = field.push()
    commits = field.store.commits

    heard = field.store.read_now(commands.heard, field.tablet.device_id, silent)

    assert (heard.acked_dseq, heard.chain) == (pushed.acked_dseq, pushed.chain)
    assert heard.verdicts == ()
    assert field.store.commits == commits


def test_a_device_without_news_is_refused_like_one_with_news(field: Field) -> None:
    stranger = msgspec.structs.replace(field.tablet.request(1, 0), incarnation=UUID(int=9))

    for device_id, request, why in (
        (UUID(int=3), field.tablet.request(1, 0), Refusal.UNKNOWN_DEVICE),
        (field.tablet.device_id, stranger, Refusal.UNKNOWN_INCARNATION),
    ):
        with pytest.raises(SyncRefused) as refused:
            field.store.read_now(commands.heard, device_id, request)
        assert refused.value.body.refusal is why


def test_a_tablet_that_healed_has_news_without_an_operation(field: Field) -> None:
    healed = msgspec.structs.replace(field.tablet.request(1, 0), healed=1)

    assert commands.has_news(healed)
