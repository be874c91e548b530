"""What holds on the simulated OLT after any sequence of SETs, pluggings and waits."""

from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from activation.simulator.cells import Written
from activation.simulator.mistakes import OntAlreadyPlugged, OntNotPlugged
from activation.simulator.oids import Oid
from tests.activation.simulator.factories import (
    IF_INDEX,
    Bench,
    a_scenario,
    an_ont,
    creating_flow,
    flow_cell,
    ont_cell,
    registering,
)

Variables: TypeAlias = list[tuple[Oid, Written]]
Move: TypeAlias = Variables | tuple[str, str] | float

serials = st.sampled_from(["HWTC1A2B3C4D", "HWTC000000AA", "HWTC000000BB"])
ont_ids = st.integers(0, 2)
if_indexes = st.sampled_from([IF_INDEX, IF_INDEX + 256])
flow_indexes = st.integers(1, 3)


def creating(serial: str, ont_id: int, if_index: int) -> Variables:
    return registering(serial, ont_id=ont_id, if_index=if_index)


def removing(ont_id: int, if_index: int) -> Variables:
    return [(ont_cell(10, ont_id, if_index), 6)]


def creating_one(index: int, ont_id: int, vlan: int) -> Variables:
    return creating_flow(index=index, ont_id=ont_id, c12=vlan)


def removing_flow(index: int) -> Variables:
    return [(flow_cell(15, index), 6)]


def in_one_pdu(parts: list[Variables]) -> Variables:
    return [variable for part in parts for variable in part]


creations = st.builds(creating, serials, ont_ids, if_indexes)
removals = st.builds(removing, ont_ids, if_indexes)
flows = st.builds(creating_one, flow_indexes, ont_ids, st.sampled_from([100, 101]))
flow_removals = st.builds(removing_flow, flow_indexes)
parts = creations | removals | flows | flow_removals
pdus = st.lists(parts, min_size=1, max_size=3).map(in_one_pdu)
fiber = st.tuples(serials, st.sampled_from(["0/1/0", "0/1/1", ""]))
moves = pdus | fiber | st.sampled_from([0.1, 5.0, 60.0])


def play(bench: Bench, move: Move) -> None:
    if isinstance(move, list):
        before = bench.olt.registrations.values(), bench.olt.flows.values()
        if bench.set(move) != (0, 0):
            assert (bench.olt.registrations.values(), bench.olt.flows.values()) == before
    elif isinstance(move, tuple):
        serial, port = move
        try:
            if port:
                bench.olt.plug(an_ont(serial=serial, port=port), bench.now)
            else:
                bench.olt.unplug(serial, bench.now)
        except (OntAlreadyPlugged, OntNotPlugged):
            pass
    else:
        bench.wait(move)


def check(bench: Bench) -> None:
    olt = bench.olt
    registered = [known.row for known in olt.registrations.values()]
    serials_registered = [row.serial for row in registered]
    assert len(set(serials_registered)) == len(serials_registered)
    for row in registered:
        assert olt.owner(row.serial) == olt.index_of(row.port, row.ont_id)
    found = [row.ont.serial for row in olt.found.values()]
    plugged = {ont.serial for ont in olt.plugged()}
    assert sorted(found) == sorted(plugged - set(serials_registered))
    places = {(row.port, row.ont_id) for row in registered}
    rows = olt.flows.values()
    assert {(flow.port, flow.ont_id) for flow in rows} <= places
    by_ont = [flow.index for port, ont_id in places for flow in olt.flows_of(port, ont_id).values()]
    assert sorted(by_ont) == sorted(flow.index for flow in rows)
    tuples = [(flow.port, flow.ont_id, flow.gem_port, flow.user_vlan) for flow in rows]
    assert len(set(tuples)) == len(tuples)


@given(st.lists(moves, max_size=25))
def test_the_olt_never_contradicts_itself(
    played: list[Move],
) -> None:
    bench = Bench(a_scenario(registered=(), onts=()))
    for move in played:
        play(bench, move)
        check(bench)
    instants = [event.at for event in bench.events]
    assert instants == sorted(instants)
