"""Histories through the pure merge agree with the oracle, and a wrong policy is found out."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest

from tests.simulation.__main__ import main
from tests.simulation.histories import Broken, check
from tests.simulation.history_draws import Delivery, Drawing, History
from tests.simulation.history_runs import Fallen, live_some
from tests.simulation.oracle import leads
from tests.simulation.policies import POLICIES, PerBatch
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


@pytest.mark.parametrize("name", POLICIES)
def test_a_wrong_policy_is_found_out_by_a_seed_that_shows_it_again(name: str) -> None:
    fallen = live_some(range(MUTANT_SEEDS), POLICIES[name])

    assert isinstance(fallen, Fallen)
    assert f"seed {fallen.seed}" in fallen.why
    if not isinstance(POLICIES[name], PerBatch):
        with pytest.raises(Broken, match=f"seed {fallen.seed}"):
            check(fallen.seed, POLICIES[name])


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
