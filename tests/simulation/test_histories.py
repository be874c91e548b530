"""Histories through the pure merge agree with the oracle, and a wrong policy is found out."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from sync_protocol.jobs import JobState
from sync_protocol.merge import Code, Decision, Situation, decide
from sync_protocol.messages import VerdictKind
from sync_protocol.operations import OperationBody
from tests.simulation.__main__ import main
from tests.simulation.histories import Broken, Policy, check
from tests.simulation.oracle import leads
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


MUTANTS: dict[str, Policy] = {
    "last writer by wall clock": changed(by_wall_clock, field_value=None),
    "late captures dropped": changed(lambda _s, d: d.late and d.capture is not None, capture=None),
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
def test_a_wrong_policy_is_found_out(name: str) -> None:
    with pytest.raises(Broken):
        check_all(MUTANTS[name])


def check_all(policy: Policy) -> None:
    for seed in range(MUTANT_SEEDS):
        check(seed, policy)
