"""Wrong rules for the pure merge: the histories must find each out."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from sync_protocol.jobs import JobState
from sync_protocol.merge import Code, Decision, Situation, decide
from sync_protocol.messages import VerdictKind
from sync_protocol.operations import OperationBody
from tests.simulation.histories import Policy
from tests.sync_protocol.vectors.facts import AT


def _changed(when: Callable[[Situation, Decision], bool], **changes: Any) -> Policy:  # noqa: ANN401  whatever the record takes
    def policy(situation: Situation, body: OperationBody) -> Decision:
        decision = decide(situation, body)
        return (
            msgspec.structs.replace(decision, **changes) if when(situation, decision) else decision
        )

    return policy


def _by_wall_clock(situation: Situation, decision: Decision) -> bool:
    """The second technician's clock is a year behind: that tablet always loses."""
    return decision.code is Code.EDITED_ON_BOTH_SIDES and situation.actor_id.int == 2


def _late_by_its_clock(_situation: Situation, decision: Decision) -> bool:
    return decision.capture is not None and decision.capture.at.wall > AT.wall


def _of_the_crew(situation: Situation, decision: Decision) -> bool:
    return (
        decision.state is not None
        and situation.actor_id != situation.assignee_id
        and situation.actor_id in situation.crew_ids
    )


def _without_the_office_value(situation: Situation, body: OperationBody) -> Decision:
    decision = decide(situation, body)
    if decision.clash is None or decision.code is not Code.EDITED_ON_BOTH_SIDES:
        return decision
    forgetful = msgspec.structs.replace(decision.clash, office_value="")
    return msgspec.structs.replace(decision, clash=forgetful)


class PerBatch:
    """Decides by what it has decided before: another answer where the batches are others."""

    def __init__(self) -> None:
        self._calls = 0

    def __call__(self, situation: Situation, body: OperationBody) -> Decision:
        self._calls += 1
        decision = decide(situation, body)
        if self._calls % 40 == 0 and decision.field_value is not None:
            return msgspec.structs.replace(decision, field_value=None)
        return decision


POLICIES: Final[Mapping[str, Policy]] = {
    "last writer by wall clock": _changed(_by_wall_clock, field_value=None),
    "late by the tablet's own clock": _changed(
        _late_by_its_clock, late=True, verdict=VerdictKind.MERGED, code=Code.LATE
    ),
    "the crew may look only": _changed(
        _of_the_crew, state=None, verdict=VerdictKind.KEPT_AS_CONFLICT, code=Code.NOT_ASSIGNED
    ),
    "conflicts without the office's value": _without_the_office_value,
    "remembers what it decided": PerBatch(),
    "late captures dropped": _changed(lambda _s, d: d.late and d.capture is not None, capture=None),
    "late work not called late": _changed(lambda _s, d: d.keeps_evidence and d.late, late=False),
    "evidence dropped": _changed(
        lambda _s, d: d.verdict is VerdictKind.PARKED, keeps_evidence=False
    ),
    "former assignee moves": _changed(
        lambda _s, d: d.code is Code.NOT_ASSIGNED, state=JobState.WORKING
    ),
    "silent conflicts": _changed(
        lambda _s, d: d.verdict is VerdictKind.KEPT_AS_CONFLICT, verdict=VerdictKind.MERGED
    ),
    "a completed job completed again": _changed(
        lambda _s, d: d.code is Code.ALREADY_COMPLETED, state=JobState.COMPLETED
    ),
}
