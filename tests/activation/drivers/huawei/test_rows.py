"""Rows as they are written and read, for any names, serials and numbers."""

from hypothesis import given
from hypothesis import strategies as st

from activation.drivers.huawei import oids
from activation.drivers.huawei.observation import light
from activation.drivers.huawei.plan import (
    Removal,
    Steps,
    free_ont_id,
    missing_profiles,
    plan,
    plan_removal,
    profile_cells,
    service_port_candidates,
)
from activation.drivers.huawei.rows import (
    Rows,
    flow,
    flow_row,
    name_index,
    ont_row,
    registration,
    serial_text,
)
from activation.drivers.huawei.states import CONFIG_STATES, MATCH_STATES, RUN_STATES, down_cause
from activation.failures import ConfigDiffers
from activation.requests import (
    Allocation,
    ConfigState,
    MatchState,
    NotReadable,
    OntRef,
    OntSpec,
    Phase,
    PonPort,
    Promised,
    Reading,
)
from activation.snmp import Binding, SnmpValue
from sync_protocol.serials import OntSerial, serial_bytes

IF_INDEX = 4194312192
NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=32)
SERIALS = st.from_regex(r"[A-Z][A-Z0-9]{3}[0-9A-F]{8}", fullmatch=True).map(OntSerial)
SPECS = st.builds(
    OntSpec,
    serial=SERIALS,
    line_profile=NAMES,
    service_profile=NAMES,
    description=st.text(st.characters(max_codepoint=127), max_size=128),
    vlan=st.integers(1, 4094),
    user_vlan=st.integers(1, 4094),
    gem_port=st.integers(0, 1023),
    traffic_in=NAMES,
    traffic_out=NAMES,
)
ALLOCATIONS = st.builds(
    Allocation,
    ref=st.builds(
        OntRef,
        port=st.builds(
            PonPort, frame=st.integers(0, 3), slot=st.integers(0, 20), port=st.integers(0, 15)
        ),
        ont_id=st.integers(0, 127),
    ),
    service_port=st.integers(1, 65_535),
)


def stored(bindings: tuple[Binding, ...]) -> dict[str, SnmpValue | None]:
    """Keep a write as an OLT does: a row that was created is active."""
    status = (oids.ONT_ROW_STATUS, oids.FLOW_ROW_STATUS)
    return {b.oid: 1 if b.oid.startswith(status) else b.value for b in bindings}


@given(SPECS, ALLOCATIONS)
def test_what_was_written_reads_back_as_nothing_left_to_do(
    spec: OntSpec, allocation: Allocation
) -> None:
    ont_id, service_port = allocation.ref.ont_id, allocation.service_port
    cells = stored(registration(spec, IF_INDEX, ont_id)) | stored(flow(spec, allocation))

    rows = Rows(ont=ont_row(cells, IF_INDEX, ont_id), flow=flow_row(cells, service_port))

    assert plan(spec, allocation, rows) == Steps(register=False, bind=False)
    assert plan_removal(spec.serial, allocation, rows) == Removal(unbind=True, unregister=True)


@given(SPECS, SPECS, ALLOCATIONS)
def test_what_was_written_for_another_specification_is_never_taken_for_ours(
    spec: OntSpec, other: OntSpec, allocation: Allocation
) -> None:
    ont_id, service_port = allocation.ref.ont_id, allocation.service_port
    cells = stored(registration(other, IF_INDEX, ont_id)) | stored(flow(other, allocation))

    rows = Rows(ont=ont_row(cells, IF_INDEX, ont_id), flow=flow_row(cells, service_port))

    same = _compared(spec) == _compared(other)
    assert isinstance(plan(spec, allocation, rows), Steps) == same


def _compared(spec: OntSpec) -> tuple[object, ...]:
    return (
        spec.serial, spec.line_profile, spec.service_profile, spec.vlan, spec.user_vlan,
        spec.gem_port, spec.traffic_in, spec.traffic_out,
    )  # fmt: skip


def test_a_row_that_is_not_active_is_reported() -> None:
    spec_cells = {
        f"{oids.ONT_SERIAL}.{IF_INDEX}.0": serial_bytes(OntSerial("HWTC1A2B3C4D")),
        f"{oids.ONT_LINE_PROFILE}.{IF_INDEX}.0": b"a",
        f"{oids.ONT_SERVICE_PROFILE}.{IF_INDEX}.0": b"b",
        f"{oids.ONT_ROW_STATUS}.{IF_INDEX}.0": 2,
    }
    spec = OntSpec(
        serial=OntSerial("HWTC1A2B3C4D"), line_profile="a", service_profile="b", description="",
        vlan=1, user_vlan=1, gem_port=1, traffic_in="i", traffic_out="o",
    )  # fmt: skip
    place = Allocation(ref=OntRef(port=PonPort(frame=0, slot=1, port=0), ont_id=0), service_port=1)

    result = plan(spec, place, Rows(ont=ont_row(spec_cells, IF_INDEX, 0), flow=None))

    assert isinstance(result, ConfigDiffers)


@given(NAMES)
def test_a_profile_index_is_the_bytes_of_its_name(name: str) -> None:
    assert bytes(int(node) for node in name_index(name).split(".")).decode() == name


@given(SPECS)
def test_profiles_are_missing_exactly_where_their_rows_are(spec: OntSpec) -> None:
    cells = profile_cells(spec)

    assert missing_profiles(spec, dict.fromkeys(cells, 1)) == ()
    assert set(missing_profiles(spec, dict.fromkeys(cells))) == set(cells.values())


@given(SERIALS)
def test_a_serial_keeps_its_canonical_form(serial: OntSerial) -> None:
    assert serial_text(serial_bytes(serial)) == serial


@given(st.binary(max_size=12))
def test_bytes_that_are_no_serial_are_shown_and_not_dropped(raw: bytes) -> None:
    assert len(serial_text(raw)) in {12, 2 * len(raw)}


@given(st.integers(-(2**31), 2**31 - 1))
def test_a_light_level_is_physically_possible_or_not_readable(raw: int) -> None:
    match light(raw, offset=0):
        case Reading(power_cdbm=power_cdbm):
            assert power_cdbm == raw
            assert -6000 <= power_cdbm <= 1500
        case NotReadable():
            assert not -6000 <= raw <= 1500


@given(st.integers(-6000, 1500))
def test_the_olts_own_measurement_is_shifted_by_its_offset(power_cdbm: int) -> None:
    assert light(power_cdbm + 10_000, offset=10_000) == Reading(power_cdbm=power_cdbm)


def test_the_sentinel_is_never_a_level() -> None:
    unmeasured = NotReadable(reason="the OLT has not measured it")
    assert light(2_147_483_647, offset=0) == unmeasured
    assert light(2_147_483_647, offset=10_000) == unmeasured
    assert isinstance(light(None, offset=0), NotReadable)
    assert isinstance(light(b"-19.4", offset=0), NotReadable)


@given(st.sets(st.integers(0, 127)), st.sets(st.integers(0, 127)))
def test_a_free_id_is_the_lowest_that_is_neither_taken_nor_promised(
    taken: set[int], promised: set[int]
) -> None:
    chosen = free_ont_id(taken, Promised(ont_ids=frozenset(promised)))

    free = [i for i in range(128) if i not in taken | promised]
    assert chosen == (free[0] if free else None)


@given(st.integers(0, 1000), st.sets(st.integers(1, 1000), max_size=40))
def test_service_ports_promised_to_others_are_never_candidates(
    next_free: int, promised: set[int]
) -> None:
    candidates = service_port_candidates(next_free, frozenset(promised))

    assert not promised.intersection(candidates)
    assert (len(candidates) > 0) == (next_free > 0)


def test_the_state_numbers_are_those_of_the_mib() -> None:
    assert RUN_STATES == {1: Phase.ONLINE, 2: Phase.OFFLINE}
    assert CONFIG_STATES[2] is ConfigState.NORMAL
    assert CONFIG_STATES[3] is ConfigState.FAILED
    assert MATCH_STATES[2] is MatchState.MATCH
    assert (down_cause(1), down_cause(-1), down_cause(None)) == ("loss of signal", None, None)
