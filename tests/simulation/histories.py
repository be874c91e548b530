"""Histories of several devices through the pure merge, beside an oracle; no database, no clock.

Each seed is one history: what devices and the office did, in which order it arrived, what arrived
twice. Facts and orders are drawn; the policy and the oracle must agree after every step.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from sync_protocol.documents import VersionedValue
from sync_protocol.ids import TechnicianId
from sync_protocol.jobs import JobEvent, JobState, MoveNotAllowed, next_state
from sync_protocol.merge import Decision, Situation, decide
from sync_protocol.operations import OperationBody
from tests.simulation.history_draws import TECHNICIANS, Delivery, Drawing, History, Said, digest
from tests.simulation.oracle import Answer, OracleJob, Told, leads

Policy = Callable[[Situation, OperationBody], Decision]
_PEOPLE: Final = {number: TechnicianId(UUID(int=number)) for number in (0, *TECHNICIANS)}
CLOCKS_EVERY: Final = 4
"""One history in so many is also told with right clocks: to tell it again is to draw it again."""
_STATES: Final = tuple(state.value for state in JobState)
_REACHABLE: Final = {
    state: {state, *(leads(state, event.value) for event in JobEvent)} for state in _STATES
}


class Broken(AssertionError):
    """The policy and the oracle part, or a property does not hold; the text says where."""


class Server:
    """One job at the server: the policy decides, here it is only written down."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.situation: Situation = Situation(actor_id=_PEOPLE[0], state=JobState.UNASSIGNED)
        self.evidence: list[tuple[int, bool]] = []
        self.issues: list[Told] = []
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

    def facts(self) -> tuple[Any, ...]:
        """Give all that is known in the end, and nothing of any clock."""
        now = self.situation
        return (
            now.state,
            now.state_version,
            now.assignee_id,
            now.fields,
            set(now.captures),
            self.evidence,
            self.issues,
            self.answered,
        )

    def _take(self, said: Said) -> Answer:
        before = msgspec.structs.replace(self.situation, actor_id=_PEOPLE[said.actor])
        decision = self._policy(before, said.body)
        changes: dict[str, Any] = {}
        if decision.state is not None:
            changes = {"state": decision.state, "state_version": before.state_version + 1}
        if decision.capture is not None:
            kept = {decision.capture.id: digest(decision.capture)}
            changes["captures"] = {**before.captures, **kept}
        if decision.field_value is not None:
            changes["fields"] = {**before.fields, said.facts[0]: decision.field_value}
        if decision.keeps_evidence:
            self.evidence.append((said.facts[0], decision.late))
        if changes:
            self.situation = msgspec.structs.replace(before, **changes)
        answer = (decision.verdict.value, decision.code.value if decision.code else None)
        if answer[0] not in {"applied", "merged"}:
            self.issues.append((*answer, _clash(said, decision)))
        return answer

    def _office(self, event: str, *said: Any) -> None:  # noqa: ANN401  as the event has it
        now = self.situation
        if event == "edit":
            name, value = said
            version = now.fields[name].version + 1 if name in now.fields else 1
            fields = {**now.fields, name: VersionedValue(value=value, version=version)}
            self.situation = msgspec.structs.replace(now, fields=fields)
            return
        if event == "crew":
            crew = tuple(_PEOPLE[number] for number in said[0])
            self.situation = msgspec.structs.replace(now, crew_ids=crew)
            return
        assert now.state is not None
        try:
            state = next_state(now.state, JobEvent(event))
        except MoveNotAllowed:
            return
        changes: dict[str, Any] = {"state": state, "state_version": now.state_version + 1}
        if event == "assign":
            changes["assignee_id"] = _PEOPLE[said[0]]
        self.situation = msgspec.structs.replace(now, **changes)


def _clash(said: Said, decision: Decision) -> tuple[str, ...] | None:
    clash = decision.clash
    if said.kind != "field" or clash is None:
        return None
    return clash.field, clash.base_value or "", clash.field_value, clash.office_value


def check(seed: int, policy: Policy = decide) -> int:
    """Live through one history; answer how many operations arrived.

    Raises:
        Broken: names the seed and what does not hold.
    """
    drawing = Drawing(seed)
    history = drawing.history()
    first = drawing.interleave(history)
    server, oracle = _run(seed, first, policy)
    _check_nothing_vanished(seed, server, history, oracle)
    _check_again(seed, server, first)
    _require_same(seed, server, _told(first, policy, once=True), "split, and sent only once")
    if seed % CLOCKS_EVERY == 0:
        right = Drawing(seed, clocks_are_right=True)
        on_time = right.interleave(right.history())
        _require_same(seed, server, _told(on_time, policy), "told with right clocks")
    other, _oracle = _run(seed, drawing.interleave(history), policy)
    if set(server.situation.captures) != set(other.situation.captures):
        raise Broken(f"seed {seed}: captures depend on the order of arrival")
    if sorted(key for key, _ in server.evidence) != sorted(key for key, _ in other.evidence):
        raise Broken(f"seed {seed}: evidence depends on the order of arrival")
    return sum(map(len, history.devices))


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
        if oracle.state not in _REACHABLE[before]:
            raise Broken(f"seed {seed}, step {step}: from {before} to {oracle.state}")
    return server, oracle


def _told(deliveries: Sequence[Delivery], policy: Policy, *, once: bool = False) -> Server:
    """Let a fresh server hear it, all of it or each operation the first time only."""
    server = Server(policy)
    for delivery in deliveries:
        if not once or (delivery.device, delivery.number) not in server.answered:
            server.receive(delivery)
    return server


def _require_same(seed: int, server: Server, other: Server, how: str) -> None:
    if server.facts() != other.facts():
        raise Broken(f"seed {seed}: {server.facts()}; {how}: {other.facts()}")


def _check_again(seed: int, server: Server, deliveries: Sequence[Delivery]) -> None:
    before = server.situation, list(server.issues), list(server.evidence)
    for delivery in deliveries:
        if delivery.said is not None:
            server.receive(delivery)
    if (server.situation, server.issues, server.evidence) != before:
        raise Broken(f"seed {seed}: all of it once more changed something")


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
        oracle.captures.keys(),
        oracle.evidence,
        oracle.issues,
    )
    if ours != theirs:
        raise Broken(f"seed {seed}, step {step}: {ours}, the oracle {theirs}")


def _check_nothing_vanished(seed: int, server: Server, history: History, oracle: OracleJob) -> None:
    said = [each for device in history.devices for each in device]
    answers = list(server.answered.values())
    if len(answers) != len(said):
        raise Broken(f"seed {seed}: an operation has no verdict")
    withheld = [answer for answer in answers if answer[0] not in {"applied", "merged"}]
    if sorted(map(str, withheld)) != sorted(str(issue[:2]) for issue in server.issues):
        raise Broken(f"seed {seed}: something was withheld without an issue")
    if {each.facts[0] for each in said if each.kind == "capture"} != oracle.captures.keys():
        raise Broken(f"seed {seed}: a capture is not there")
    finished = sorted(each.facts[0] for each in said if each.kind == "complete")
    if finished != sorted(key for key, _late in server.evidence):
        raise Broken(f"seed {seed}: evidence is not there")
