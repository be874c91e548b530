"""Histories through the pure merge agree with the oracle, and a wrong policy is found out."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from sync_protocol.jobs import JobState
from sync_protocol.merge import Code, Decision, Situation, decide
from sync_protocol.messages import VerdictKind
from sync_protocol.operations import OperationBody
from tests.simulation.__main__ import main
from tests.simulation.histories import Broken, Policy, check
from tests.simulation.history_draws import Delivery, Drawing, History
from tests.simulation.history_runs import Fallen, live_some
from tests.simulation.oracle import leads
from tests.sync_protocol.vectors.facts import AT
from tests.sync_protocol.vectors.reading import read

MUTANT_SEEDS = 200


@pytest.mark.parametrize("first", range(0, 4000, 500))
def test_histories_of_many_devices_agree_with_the_oracle(first: int) -> None:
    for seed in range(first, first + 500):
        check(seed)


def test_the_oracle_knows_the_published_moves() -> None:
    for vector in read("states"):
        assert leads(vector["state"], vector["event"]) == vector["next"], vector


def test_the_command_shares_histories_and_says_how_many(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--histories", "40", "--start", "7", "--workers", "1"]) == 0

    assert "40 histories from seed 7" in capsys.readouterr().out


def changed(when: Callable[[Situation, Decision], bool], **changes: Any) -> Policy:  # noqa: ANN401  whatever the record takes
    def policy(situation: Situation, body: OperationBody) -> Decision:
        decision = decide(situation, body)
        return (
            msgspec.structs.replace(decision, **changes) if when(situation, decision) else decision
        )

    return policy


def by_wall_clock(situation: Situation, decision: Decision) -> bool:
    """The second technician's clock is a year behind: that tablet always loses."""
    return decision.code is Code.EDITED_ON_BOTH_SIDES and situation.actor_id.int == 2


def late_by_its_clock(_situation: Situation, decision: Decision) -> bool:
    return decision.capture is not None and decision.capture.at.wall > AT.wall


def of_the_crew(situation: Situation, decision: Decision) -> bool:
    return (
        decision.state is not None
        and situation.actor_id != situation.assignee_id
        and situation.actor_id in situation.crew_ids
    )


def without_the_office_value(situation: Situation, body: OperationBody) -> Decision:
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


MUTANTS: dict[str, Policy] = {
    "last writer by wall clock": changed(by_wall_clock, field_value=None),
    "late by the tablet's own clock": changed(
        late_by_its_clock, late=True, verdict=VerdictKind.MERGED, code=Code.LATE
    ),
    "the crew may look only": changed(
        of_the_crew, state=None, verdict=VerdictKind.KEPT_AS_CONFLICT, code=Code.NOT_ASSIGNED
    ),
    "conflicts without the office's value": without_the_office_value,
    "remembers what it decided": PerBatch(),
    "late captures dropped": changed(lambda _s, d: d.late and d.capture is not None, capture=None),
    "late work not called late": changed(lambda _s, d: d.keeps_evidence and d.late, late=False),
    "evidence dropped": changed(
        lambda _s, d: d.verdict is VerdictKind.PARKED, keeps_evidence=False
    ),
    "former assignee moves": changed(
        lambda _s, d: d.code is Code.NOT_ASSIGNED, state=JobState.WORKING
    ),
    "silent conflicts": changed(
        lambda _s, d: d.verdict is VerdictKind.KEPT_AS_CONFLICT, verdict=VerdictKind.MERGED
    ),
    "a completed job completed again": changed(
        lambda _s, d: d.code is Code.ALREADY_COMPLETED, state=JobState.COMPLETED
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_policy_is_found_out_by_a_seed_that_shows_it_again(name: str) -> None:
    fallen = live_some(range(MUTANT_SEEDS), MUTANTS[name])

    assert isinstance(fallen, Fallen)
    assert f"seed {fallen.seed}" in fallen.why
    if not isinstance(MUTANTS[name], PerBatch):
        with pytest.raises(Broken, match=f"seed {fallen.seed}"):
            check(fallen.seed, MUTANTS[name])


def test_the_histories_hold_what_tablets_and_offices_do() -> None:
    """How many of a thousand hold each; what is missing here was never checked."""
    seen: Counter[str] = Counter()
    for seed in range(1000):
        drawing = Drawing(seed)
        history = drawing.history()
        arrived = drawing.interleave(history)
        seen.update(set(traits(history, arrived)))

    assert min(seen[trait] for trait in TRAITS) > 50, seen


TRAITS = (
    "two devices", "three devices", "four devices", "two devices of one technician",
    "there and back", "crew", "cancelled", "edited", "sent again", "office in between",
    "an older copy arrives",
)  # fmt: skip


def traits(history: History, arrived: Sequence[Delivery]) -> Iterator[str]:
    yield {2: "two devices", 3: "three devices", 4: "four devices"}[len(history.devices)]
    actors = [said[0].actor for said in history.devices]
    if len(set(actors)) < len(actors):
        yield "two devices of one technician"
    names = {"crew": "crew", "cancel": "cancelled", "edit": "edited"}
    yield from (names[deed[0]] for deed in history.deeds if deed[0] in names)
    assigned = [deed[1] for deed in history.deeds if deed[0] == "assign"]
    moves = list(pairwise(assigned))
    if any(there == back[::-1] and there[0] != there[1] for there, back in pairwise(moves)):
        yield "there and back"
    seen: set[tuple[int, int]] = set()
    newest: dict[int, int] = {}
    for before, now in pairwise(arrived):
        key = (now.device, now.number)
        if key in seen:
            yield "sent again"
            if newest[now.device] > now.number:
                yield "an older copy arrives"
        if before.said is not None and now.said is None:
            yield "office in between"
        seen.add(key)
        newest[now.device] = max(now.number, newest.get(now.device, -1))
