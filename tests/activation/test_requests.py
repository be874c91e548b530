"""Ports as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.requests import NotAPonPort, OntRef, PonPort, parse_pon_port

NUMBERS = st.integers(0, 999)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_port_reads_back_as_it_was_written(frame: int, slot: int, port: int) -> None:
    place = PonPort(frame=frame, slot=slot, port=port)

    assert parse_pon_port(f" {place} ") == place
    assert str(OntRef(port=place, ont_id=5)) == f"{frame}/{slot}/{port}:5"


@pytest.mark.parametrize("text", ["", "0/1", "0/1/2/3", "a/b/c", "0/-1/0", "0/1/0000", "0/¹/0"])
def test_what_is_no_port_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(NotAPonPort, match="like 0/1/0"):
        parse_pon_port(text)
