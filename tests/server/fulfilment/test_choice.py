from uuid import UUID

import pytest

from server.fulfilment.choice import choose
from server.fulfilment.evidence_check import Proven
from sync_protocol.serials import OntSerial

A, B, C = (OntSerial(f"HWTC0000000{letter}") for letter in "ABC")

CASES: dict[str, tuple[list[str], set[str], int, list[int], bool]] = {
    "one completion, seen": ([A], {A}, 0, [], False),
    "one completion, not seen": ([A], set(), 0, [], False),
    "the first is lit": ([A, B], {A}, 0, [1], True),
    "the second is lit": ([A, B], {B}, 1, [0], True),
    "both are lit: first received": ([A, B], {A, B}, 0, [1], False),
    "neither is lit: first received": ([A, B], set(), 0, [1], False),
    "the third is lit": ([A, B, C], {C}, 2, [0, 1], True),
    "two say the same, lit": ([A, B, B], {B}, 1, [0], True),
    "two say the same, both serials lit": ([A, B, B], {A, B}, 0, [1, 2], False),
    "all say the same": ([A, A], {A}, 0, [], False),
    "something foreign is lit": ([A, B], {C}, 0, [1], False),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_network_decides_and_else_who_was_first(
    case: tuple[list[str], set[str], int, list[int], bool],
) -> None:
    serials, lit, chosen, others, by_network = case
    candidates = [
        Proven(completion_id=UUID(int=at), serial=OntSerial(serial), rx_power_cdbm=-1900)
        for at, serial in enumerate(serials)
    ]

    choice = choose(candidates, {OntSerial(serial) for serial in lit})

    assert choice.chosen is candidates[chosen]
    assert choice.others == tuple(candidates[other] for other in others)
    assert choice.by_network is by_network
