"""Histories of several devices through the pure merge, beside an oracle; no database, no clock.

Each seed is one history: what devices and the office did, in which order it arrived, what arrived
twice. Facts and orders are drawn; the policy and the oracle must agree after every step.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from sync_protocol import evidence
from sync_protocol.documents import VersionedValue
from sync_protocol.ids import CaptureId, CompletionId, JobId, TechnicianId
from sync_protocol.jobs import JobEvent, JobState, MoveNotAllowed, next_state
from sync_protocol.merge import Decision, Situation, decide
from sync_protocol.operations import (
    Capture,
    CompleteJob,
    GiveUpJob,
    Manifest,
    MoveJob,
    OperationBody,
    RecordCapture,
    SerialScan,
    SetField,
)
from tests.simulation.oracle import Answer, OracleJob, leads
from tests.sync_protocol.vectors.facts import AT

Policy = Callable[[Situation, OperationBody], Decision]
_JOB: Final = JobId(UUID(int=1))
_FIELDS: Final = ("access_notes", "contact_phone", "technician_remark", "priority", "nobody's")
_EVENTS: Final = tuple(JobEvent)
_LIKELY: Final = (JobEvent.ACCEPT, JobEvent.DEPART, JobEvent.ARRIVE, JobEvent.START)


class Broken(AssertionError):
    """The policy and the oracle part, or a property does not hold; the text says where."""


class Said(NamedTuple):
    """An operation, for the policy and for the oracle."""

    actor: int
    body: OperationBody
    kind: str
    facts: tuple[Any, ...]


class Delivery(NamedTuple):
    """What arrives next: the office's deed, or an operation of a device."""

    device: int
    number: int
    said: Said | None
    office: tuple[Any, ...] = ()


def _capture(key: int, content: int) -> Capture:
    scan = SerialScan(serial="HWTC1A2B3C4D", raw_text=str(content), method="scan")
    return Capture(id=CaptureId(UUID(int=key)), at=AT, body=scan)


_CAPTURES: Final = {
    (key, content): _capture(key, content) for key in range(6) for content in (0, 1)
}


class Server:
    """One job at the server: the policy decides, here it is only written down."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.situation: Situation = Situation(
            actor_id=TechnicianId(UUID(int=0)), state=JobState.UNASSIGNED
        )
        self.evidence: list[int] = []
        self.issues: list[Answer] = []
        self.answered: dict[tuple[int, int], Answer] = {}

    def receive(self, delivery: Delivery) -> Answer | None:
        """Take what arrives; an operation that came before gets the stored answer."""
        if delivery.said is None:
            self._office(*delivery.office)
            return None
        key = (delivery.device, delivery.number)
        if key not in self.answered:
            self.answered[key] = self._take(delivery.said)
        return self.answered[key]

    def _take(self, said: Said) -> Answer:
        before = msgspec.structs.replace(
            self.situation, actor_id=TechnicianId(UUID(int=said.actor))
        )
        decision = self._policy(before, said.body)
        changes: dict[str, Any] = {}
        if decision.state is not None:
            changes = {"state": decision.state, "state_version": before.state_version + 1}
        if decision.capture is not None:
            digest = evidence.capture_digest(decision.capture)
            changes["captures"] = {**before.captures, decision.capture.id: digest}
        if decision.field_value is not None:
            changes["fields"] = {**before.fields, said.facts[0]: decision.field_value}
        if decision.keeps_evidence:
            self.evidence.append(said.facts[0])
        if changes:
            self.situation = msgspec.structs.replace(before, **changes)
        answer = (decision.verdict.value, decision.code.value if decision.code else None)
        if answer[0] not in {"applied", "merged"}:
            self.issues.append(answer)
        return answer

    def _office(self, event: str, *said: Any) -> None:  # noqa: ANN401  as the event has it
        now = self.situation
        if event == "edit":
            name, value = said
            version = now.fields[name].version + 1 if name in now.fields else 1
            fields = {**now.fields, name: VersionedValue(value=value, version=version)}
            self.situation = msgspec.structs.replace(now, fields=fields)
            return
        assert now.state is not None
        try:
            state = next_state(now.state, JobEvent(event))
        except MoveNotAllowed:
            return
        changes: dict[str, Any] = {"state": state, "state_version": now.state_version + 1}
        if event == "assign":
            changes["assignee_id"] = TechnicianId(UUID(int=said[0]))
        self.situation = msgspec.structs.replace(now, **changes)


def check(seed: int, policy: Policy = decide) -> int:
    """Live through one history; answer how many operations arrived.

    Raises:
        Broken: names the seed and what does not hold.
    """
    chance = random.Random(seed)  # noqa: S311  a simulation, not a secret
    devices = [
        [_operation(chance, actor, number) for number in range(chance.randint(1, 6))]
        for actor in (chance.randint(1, 2) for _ in range(chance.randint(1, 4)))
    ]
    office = [("assign", 1), *(_deed(chance) for _ in range(chance.randint(0, 5)))]
    first = _interleave(chance, devices, office)
    server, oracle = _run(seed, first, policy)
    other, _oracle = _run(seed, _interleave(chance, devices, office), policy)
    if set(server.situation.captures) != set(other.situation.captures):
        raise Broken(f"seed {seed}: captures depend on the order of arrival")
    if sorted(server.evidence) != sorted(other.evidence):
        raise Broken(f"seed {seed}: evidence depends on the order of arrival")
    before = server.situation, list(server.issues), list(server.evidence)
    for delivery in first:
        if delivery.said is not None:
            server.receive(delivery)
    if (server.situation, server.issues, server.evidence) != before:
        raise Broken(f"seed {seed}: all of it once more changed something")
    _check_nothing_vanished(seed, server, devices, oracle)
    return sum(map(len, devices))


def _run(seed: int, deliveries: Sequence[Delivery], policy: Policy) -> tuple[Server, OracleJob]:
    server, oracle = Server(policy), OracleJob()
    heard: dict[tuple[int, int], Answer] = {}
    for step, delivery in enumerate(deliveries):
        before = oracle.state
        answer = server.receive(delivery)
        said, key = delivery.said, (delivery.device, delivery.number)
        if said is None:
            oracle.office(*delivery.office)
        elif key not in heard:
            heard[key] = oracle.take(said.actor, said.kind, said.facts)
        if said is not None and answer != heard[key]:
            raise Broken(f"seed {seed}, step {step}: {said}: {answer}, the oracle {heard[key]}")
        _compare(seed, step, server, oracle)
        if oracle.state not in {before, *(leads(before, event) for event in _EVENTS)}:
            raise Broken(f"seed {seed}, step {step}: from {before} to {oracle.state}")
    return server, oracle


def _compare(seed: int, step: int, server: Server, oracle: OracleJob) -> None:
    now = server.situation
    ours = (
        now.state,
        now.state_version,
        now.assignee_id.int if now.assignee_id else None,
        {name: (field.value, field.version) for name, field in now.fields.items()},
        {key.int for key in now.captures},
        server.evidence,
        server.issues,
    )
    theirs = (
        oracle.state,
        oracle.version,
        oracle.assignee,
        oracle.fields,
        set(oracle.captures),
        oracle.evidence,
        oracle.issues,
    )
    if ours != theirs:
        raise Broken(f"seed {seed}, step {step}: {ours}, the oracle {theirs}")


def _check_nothing_vanished(
    seed: int, server: Server, devices: Sequence[Sequence[Said]], oracle: OracleJob
) -> None:
    answers = list(server.answered.values())
    if len(answers) != sum(map(len, devices)):
        raise Broken(f"seed {seed}: an operation has no verdict")
    withheld = [answer for answer in answers if answer[0] not in {"applied", "merged"}]
    if sorted(map(str, withheld)) != sorted(map(str, server.issues)):
        raise Broken(f"seed {seed}: something was withheld without an issue")
    said = [each for device in devices for each in device]
    if {each.facts[0] for each in said if each.kind == "capture"} != set(oracle.captures):
        raise Broken(f"seed {seed}: a capture is not there")
    if sorted(each.facts[0] for each in said if each.kind == "complete") != sorted(server.evidence):
        raise Broken(f"seed {seed}: evidence is not there")


def _operation(chance: random.Random, actor: int, number: int) -> Said:
    kind = chance.choice(("capture", "capture", "move", "move", "field", "complete", "give_up"))
    base = chance.randint(0, 4)
    if kind == "capture":
        facts = (chance.randrange(6), int(chance.random() < 0.1))
        return Said(actor, RecordCapture(job_id=_JOB, capture=_CAPTURES[facts]), kind, facts)
    if kind == "move":
        event = chance.choice(_LIKELY if chance.random() < 0.6 else _EVENTS)
        body = MoveJob(job_id=_JOB, event=event, base_state_version=base)
        return Said(actor, body, kind, (event.value, base))
    if kind == "field":
        name, value = chance.choice(_FIELDS), chance.choice("ab")
        body = SetField(job_id=_JOB, field=name, value=value, base_version=base, base_value="")
        return Said(actor, body, kind, (name, value, base))
    if kind == "give_up":
        return Said(
            actor, GiveUpJob(job_id=_JOB, code="N01", base_state_version=base), kind, (base,)
        )
    return _completion(chance, actor, number, base)


def _completion(chance: random.Random, actor: int, number: int, base: int) -> Said:
    named = tuple((key, 0) for key in range(6) if chance.random() < 0.2)
    manifest = Manifest(
        completion_id=CompletionId(UUID(int=number)),
        job_id=_JOB,
        captures=evidence.digests_of(_CAPTURES[each] for each in named),
        completed_at=AT,
    )
    body = CompleteJob(job_id=_JOB, code="D01", base_state_version=base, manifest=manifest)
    return Said(actor, body, "complete", (number, base, named))


def _deed(chance: random.Random) -> tuple[Any, ...]:
    kind = chance.choice(("assign", "assign", "edit", "edit", "cancel"))
    if kind == "assign":
        return kind, chance.randint(1, 2)
    return (kind, chance.choice(_FIELDS[:3]), chance.choice("abc")) if kind == "edit" else (kind,)


def _interleave(
    chance: random.Random, devices: Sequence[Sequence[Said]], office: Sequence[tuple[Any, ...]]
) -> list[Delivery]:
    """Draw an order that keeps each one's own; some comes late, some comes again."""
    waits = [
        [Delivery(device, number, each) for number, each in enumerate(said)]
        for device, said in enumerate(devices)
    ]
    waits.append([Delivery(-1, number, None, deed) for number, deed in enumerate(office)])
    arrived: list[Delivery] = []
    late = chance.randrange(len(waits)) if chance.random() < 0.3 else None
    while any(waits):
        ready = [place for place, each in enumerate(waits) if each]
        ahead = [place for place in ready if place != late] or ready
        batch = waits[chance.choice(ahead)]
        count = chance.randint(1, len(batch))
        arrived += batch[:count]
        if batch[0].said is not None and chance.random() < 0.2:
            arrived += batch[:count]
        del batch[:count]
    return arrived
