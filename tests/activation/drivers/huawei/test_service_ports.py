"""Service ports put together from the columns that walks brought."""

from activation.drivers.huawei.service_ports import SERVICE_PORT_COLUMNS, service_ports
from activation.requests import OntRef, PonPort, ServicePort
from activation.snmp import NoAnswer, Row, Walk

PLACE = OntRef(port=PonPort(frame=0, slot=1, port=2), ont_id=7)


def walks(*, cut: int | None = None, lacking: int | None = None) -> list[Walk]:
    """Walk over two service ports; one column may be cut short, or lack the second row."""
    rows = {11: (0, 1, 2, 7, 100, 10), 12: (0, 1, 2, 8, 100, 10)}
    return [
        Walk(
            rows=tuple(
                Row(index=(index,), value=values[place])
                for index, values in rows.items()
                if not (place == lacking and index == 12)
            ),
            stopped_by=NoAnswer(waited_ms=2000) if place == cut else None,
        )
        for place in range(len(SERVICE_PORT_COLUMNS))
    ]


def test_each_row_says_where_a_service_port_leads() -> None:
    found = service_ports(walks())

    assert found.complete
    assert found.items[0] == ServicePort(ref=PLACE, service_port=11, vlan=100, user_vlan=10)
    assert [each.service_port for each in found.items] == [11, 12]


def test_a_column_that_was_cut_short_makes_the_listing_incomplete() -> None:
    assert not service_ports(walks(cut=4)).complete


def test_a_row_without_a_place_leads_nowhere_and_is_said_to_be_missing() -> None:
    found = service_ports(walks(lacking=3))

    assert [each.service_port for each in found.items] == [11]
    assert not found.complete
