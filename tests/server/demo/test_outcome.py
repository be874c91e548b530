from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.acts import ActorKind
from server.audit import AuditEntry
from server.demo.outcome import (
    Effects,
    Instants,
    LatencyMs,
    Operations,
    Outcome,
    Replay,
    Rival,
    Snmp,
    Story,
    Webhook,
    count_operations,
    human_touches,
    latency,
    new_effects,
    shortfalls,
)
from sync_protocol.messages import VerdictKind

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
JOB = UUID(int=1)


def after(ms: int) -> datetime:
    return NOON + timedelta(milliseconds=ms)


def an_entry(kind: ActorKind, at: datetime) -> AuditEntry:
    return AuditEntry(
        id=UUID(int=2),
        at=at,
        actor_kind=kind,
        actor_id=None,
        action="job.assigned",
        job_id=JOB,
        order_id=None,
        process_id=None,
        detail={},
    )


def an_outcome() -> Outcome:
    return Outcome(
        seed=1,
        story=Story(
            job_id=JOB,
            completed_at=after(-1000),
            received_at=after(0),
            live_at=after(8000),
            billing_start=date(2026, 5, 4),
            invoice_line_minor=1064,
            currency="EUR",
            notified_at=after(9000),
            human_touches=0,
        ),
        latency_ms=LatencyMs(
            received_to_live=8000,
            received_to_billed=8200,
            ont_come_up=5500,
            poll_wait=2400,
            overhead=300,
        ),
        snmp=Snmp(sets=2, serial_on_olt="HWTC1A2B3C4D", ont_state="up", rx_power_dbm=-19.12),
        webhook=Webhook(deliveries=1, distinct_events=1, signature_verified=True),
        replay=Replay(batches=10, new_effects=0, identical_verdicts=True),
        rivals=(Rival(name="a rival", expected="this", happened="this", ok=True),),
        operations=Operations(captured=10, applied=7, superseded=1, parked=1, rejected=1),
    )


def test_overhead_is_what_neither_the_ont_nor_the_poll_schedule_took() -> None:
    found = latency(
        Instants(
            received_at=after(0),
            registered_at=after(240),
            acceptable_at=after(5740),
            polled_at=after(8510),
            live_at=after(8510),
            billed_at=after(8610),
        )
    )

    assert found == LatencyMs(
        received_to_live=8510,
        received_to_billed=8610,
        ont_come_up=5500,
        poll_wait=2770,
        overhead=340,
    )


@given(gaps=st.lists(st.integers(0, 100_000), min_size=4, max_size=4))
def test_overhead_is_the_way_to_the_olt_and_the_way_from_the_last_look(gaps: list[int]) -> None:
    to_olt, come_up, poll, to_bill = gaps
    registered, acceptable = to_olt, to_olt + come_up
    polled = acceptable + poll

    found = latency(
        Instants(
            received_at=after(0),
            registered_at=after(registered),
            acceptable_at=after(acceptable),
            polled_at=after(polled),
            live_at=after(polled),
            billed_at=after(polled + to_bill),
        )
    )

    assert found.overhead == to_olt + to_bill


def test_only_people_between_the_two_instants_are_touches() -> None:
    timeline = [
        an_entry(ActorKind.HUMAN, after(-1)),
        an_entry(ActorKind.HUMAN, after(0)),
        an_entry(ActorKind.DEVICE, after(1)),
        an_entry(ActorKind.SYSTEM, after(2)),
        an_entry(ActorKind.INTEGRATION, after(2)),
        an_entry(ActorKind.HUMAN, after(3)),
        an_entry(ActorKind.HUMAN, after(4)),
    ]

    assert human_touches(timeline, since=after(0), until=after(3)) == 2


@pytest.mark.parametrize("name", Effects.__struct_fields__)
def test_one_effect_of_any_kind_is_seen(name: str) -> None:
    before = Effects(olt_sets=2, invoice_lines=1, feed_events=1, webhook_events=1, mails=1)
    more = msgspec.structs.replace(before, **{name: getattr(before, name) + 1})

    assert new_effects(before, before) == 0
    assert new_effects(before, more) == 1


def test_merged_counts_as_applied_and_all_servers_are_added() -> None:
    counted = count_operations(
        15,
        [
            {VerdictKind.APPLIED: 7, VerdictKind.MERGED: 1, VerdictKind.PARKED: 2},
            {VerdictKind.APPLIED: 1, VerdictKind.KEPT_AS_CONFLICT: 3, VerdictKind.REJECTED: 1},
        ],
    )

    assert counted == Operations(captured=15, applied=9, superseded=3, parked=2, rejected=1)
    assert counted.adds_up


def test_an_operation_without_a_verdict_shows() -> None:
    assert not count_operations(3, [{VerdictKind.APPLIED: 2}]).adds_up


def test_an_outcome_as_it_should_be_falls_short_of_nothing() -> None:
    assert shortfalls(an_outcome()) == ()


CHANGES: dict[str, Callable[[Outcome], Outcome]] = {
    "human touches": lambda o: replace_in(o, "story", human_touches=1),
    "out of order": lambda o: replace_in(o, "story", live_at=after(-5)),
    "not up": lambda o: replace_in(o, "snmp", ont_state="down"),
    "signature": lambda o: replace_in(o, "webhook", signature_verified=False),
    "replay": lambda o: replace_in(o, "replay", new_effects=1),
    "add up": lambda o: replace_in(o, "operations", captured=11),
    "a rival": lambda o: msgspec.structs.replace(
        o, rivals=(Rival(name="a rival", expected="this", happened="that", ok=False),)
    ),
}


def replace_in(outcome: Outcome, part: str, **changes: object) -> Outcome:
    changed = msgspec.structs.replace(getattr(outcome, part), **changes)
    return msgspec.structs.replace(outcome, **{part: changed})


@pytest.mark.parametrize("named", CHANGES)
def test_what_differs_is_named(named: str) -> None:
    complaints = shortfalls(CHANGES[named](an_outcome()))

    assert len(complaints) == 1
    assert named in complaints[0]


def test_times_are_written_with_their_offset() -> None:
    written = msgspec.json.decode(msgspec.json.encode(an_outcome()))

    assert written["story"]["received_at"] == "2026-05-04T12:00:00Z"
    assert written["story"]["billing_start"] == "2026-05-04"
