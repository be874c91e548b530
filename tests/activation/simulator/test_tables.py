"""Walking the tables: true lexicographic order, nothing left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.simulator.columns import date_and_time
from activation.simulator.huawei import oids
from activation.simulator.huawei.columns import columns_of
from activation.simulator.oids import IF_NAME, SYS_DESCR, SYS_UP_TIME, Oid
from activation.simulator.rows import Rows
from activation.simulator.tables import Absence, Binding, Tree
from tests.activation.simulator.factories import (
    IF_INDEX,
    START,
    Bench,
    creating_flow,
    registering,
)

indexes = st.lists(st.integers(0, 5), min_size=1, max_size=4).map(tuple)


def a_tree() -> Tree:
    bench = Bench()
    assert bench.set(registering()) == (0, 0)
    assert bench.set(creating_flow()) == (0, 0)
    bench.wait(10)
    return Tree(columns_of(bench.olt))


TREE = a_tree()


def walk(start: Oid) -> list[Binding]:
    found: list[Binding] = []
    binding = TREE.get_next(start, START)
    while isinstance(binding, Binding):
        found.append(binding)
        binding = TREE.get_next(binding.oid, START)
    assert binding is Absence.END_OF_VIEW
    return found


def test_a_walk_gives_every_variable_once_and_in_order() -> None:
    names = [binding.oid for binding in walk((1, 3))]
    assert names == sorted(set(names))
    assert len(names) > 80


def test_what_a_walk_gives_can_be_read_by_name() -> None:
    assert [TREE.get(binding.oid, START) for binding in walk((1, 3))] == walk((1, 3))


NAMES = [binding.oid for binding in walk((1, 3))]


@given(name=st.sampled_from(NAMES), cut=st.integers(1, 20), tail=indexes)
def test_the_next_variable_of_any_name_is_the_first_behind_it(
    name: Oid, cut: int, tail: Oid
) -> None:
    start = (*name[:cut], *tail)
    found = TREE.get_next(start, START)
    behind = [oid for oid in NAMES if oid > start]
    assert (found.oid if isinstance(found, Binding) else None) == (behind[0] if behind else None)


@pytest.mark.parametrize(
    ("name", "absence"),
    [
        ((1, 3, 6, 1, 2, 1, 9), Absence.NO_SUCH_OBJECT),
        ((1,), Absence.NO_SUCH_OBJECT),
        ((*oids.ONT_CONFIG, 99, IF_INDEX, 5), Absence.NO_SUCH_OBJECT),
        ((*oids.ONT_CONFIG, 3, IF_INDEX, 99), Absence.NO_SUCH_INSTANCE),
        ((*SYS_DESCR, 1), Absence.NO_SUCH_INSTANCE),
    ],
)
def test_what_is_absent_says_whether_column_or_row_is_missing(name: Oid, absence: Absence) -> None:
    assert TREE.get(name, START) is absence


@given(kept=st.sets(indexes), dropped=st.sets(indexes), start=indexes)
def test_rows_stay_in_order_whatever_comes_and_goes(
    kept: set[Oid], dropped: set[Oid], start: Oid
) -> None:
    rows: Rows[str] = Rows()
    for index in kept | dropped:
        rows.put(index, f"{index}")
    for index in dropped:
        rows.drop(index)
    left = sorted(kept - dropped)
    assert rows.values() == [f"{index}" for index in left]
    assert rows.after(start) == next((index for index in left if index > start), None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ((*IF_NAME, IF_INDEX), b"GPON 0/1/0"),
        ((*oids.DEVICE_MODE, 0), 2),
        ((*oids.LINE_PROFILE_STATUS, 70, 84, 84, 72), 1),
        ((*oids.SERVICE_PROFILE_STATUS, 72, 71, 56, 50, 52, 53, 72), 1),
        ((*oids.PON_OPTICS_TX, IF_INDEX), 350),
        ((*SYS_UP_TIME, 0), 0),
    ],
)
def test_fixed_variables_read_as_the_mib_says(name: Oid, value: int | bytes) -> None:
    found = TREE.get(name, START)
    assert isinstance(found, Binding)
    assert found.value == value


def test_date_and_time_is_eleven_bytes_in_utc() -> None:
    assert date_and_time(START) == bytes.fromhex("07ea05040e0200002b0000")
    assert date_and_time(None) == b""
