"""What is kept of an exchange: bounded, of one task only, and without secrets."""

import asyncio

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from activation.drivers.huawei.olt import HuaweiOlt
from activation.puresnmp_session import PuresnmpSession
from activation.recording import (
    CHARACTERS_MAX,
    Exchanged,
    Recording,
    RecordingSession,
    recorded,
)
from activation.requests import Allocation, Applied, OntRef
from activation.snmp import Secret, SnmpSettings, V2c
from tests.activation.fake_olt import PORT, FakeOlt, a_spec
from tests.activation.running_simulator import RunningSimulator

ALLOCATION = Allocation(ref=OntRef(port=PORT, ont_id=5), service_port=1)
SERIAL_CELL = "1.3.6.1.4.1.2011.6.128.1.1.2.43.1.3.4194312192.5"
TEXTS = st.lists(st.text(max_size=900), max_size=5).map(tuple)


async def test_an_activation_is_kept_with_its_writes_and_what_was_read_back() -> None:
    driver = HuaweiOlt(RecordingSession(FakeOlt()))
    with recorded() as recording:
        assert isinstance(await driver.apply(a_spec(), ALLOCATION), Applied)

    writes = [each for each in recording.entries if each.verb == "set"]
    assert f"{SERIAL_CELL} = 0x485754431a2b3c4d" in writes[0].asked
    assert [each.answered for each in writes] == [("written",), ("written",)]
    last = recording.entries[-1]
    assert (last.verb, last.error) == ("get", None)


async def test_two_activations_at_once_are_kept_apart() -> None:
    session = RecordingSession(FakeOlt())

    async def read(oid: str) -> Recording:
        with recorded() as recording:
            await asyncio.gather(session.get_many([oid]), session.get_many([oid]))
        return recording

    first, second = await asyncio.gather(read("1.3.1"), read("1.3.2"))

    assert [each.asked for each in first.entries] == [("1.3.1",), ("1.3.1",)]
    assert [each.asked for each in second.entries] == [("1.3.2",), ("1.3.2",)]


async def test_outside_of_a_recording_nothing_is_kept() -> None:
    session = RecordingSession(FakeOlt())
    with recorded() as recording:
        pass

    await session.get_many(["1.3.1"])

    assert recording.detail() == {}


async def test_silence_is_kept_as_an_error_and_no_community_with_it(
    simulator: RunningSimulator,
) -> None:
    secrets = V2c(read_community=Secret("reading"), write_community=Secret("writing"))
    session = RecordingSession(
        PuresnmpSession(
            "127.0.0.1",
            simulator.snmp_port,
            secrets,
            SnmpSettings(timeout_ms=100, read_attempts=1),
        )
    )
    simulator.misbehave(kind="silent")
    with recorded() as recording:
        await session.get_many(["1.3.6.1.2.1.1.1.0"])
        await session.bulk_walk("1.3.6.1.2.1.31.1.1.1.1", bulk_size=10)
    simulator.behave()

    kept = msgspec.json.encode(recording.detail())
    assert [each.error for each in recording.entries] == ["no answer within 100 ms"] * 2
    assert b"reading" not in kept
    assert b"writing" not in kept


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=12))
def test_a_recording_never_outgrows_its_bound_and_keeps_the_newest(
    exchanges: list[tuple[tuple[str, ...], tuple[str, ...]]],
) -> None:
    recording = Recording()
    added = [Exchanged(verb="get", asked=asked, answered=found) for asked, found in exchanges]
    for entry in added:
        recording.add(entry)

    kept = recording.entries
    assert sum(entry.characters() for entry in kept) <= CHARACTERS_MAX
    assert kept == tuple(added[recording.left_out :])
