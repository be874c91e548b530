import pytest

from field_client.serial_checks import NO_STOCK, Doubt, Expected, Stock, check_moved
from sync_protocol.operations import OntMove
from sync_protocol.serials import OntSerial
from tests.field_client.factories import SERIAL
from tests.field_client.tablets import JOB

OURS, RUNNING, FOREIGN = (OntSerial(each) for each in (SERIAL, "HWTC00000002", "HWTC00000003"))
VAN = Stock(van={OURS: "HG8245H"}, supported_models=frozenset({"HG8245H"}))

CASES: list[tuple[OntMove, OntSerial, Stock, set[Doubt]]] = [
    (OntMove.INSTALLED, OURS, VAN, set()),
    (OntMove.INSTALLED, FOREIGN, VAN, {Doubt.NOT_IN_VAN_STOCK}),
    (OntMove.INSTALLED, FOREIGN, NO_STOCK, set()),
    (OntMove.RECOVERED, RUNNING, VAN, set()),
    (OntMove.RECOVERED, FOREIGN, VAN, {Doubt.NOT_THE_ONE_THAT_RUNS}),
    (OntMove.RECOVERED, OURS, VAN, {Doubt.STILL_IN_VAN}),
    (OntMove.DEFECTIVE, OURS, VAN, set()),
    (OntMove.DEFECTIVE, RUNNING, VAN, set()),
    (OntMove.DEFECTIVE, FOREIGN, VAN, {Doubt.NOT_THE_ONE_THAT_RUNS}),
]


@pytest.mark.parametrize(("move", "serial", "stock", "doubts"), CASES)
def test_a_move_is_doubted_by_what_is_known_of_van_and_house(
    move: OntMove, serial: OntSerial, stock: Stock, doubts: set[Doubt]
) -> None:
    warned = check_moved(serial, move, Expected(running=RUNNING), stock)

    assert {each.doubt for each in warned} == doubts
    assert all(serial in each.detail for each in warned)


def test_nothing_known_of_the_house_raises_no_doubt() -> None:
    taken = check_moved(FOREIGN, OntMove.RECOVERED, Expected(), VAN)
    elsewhere = check_moved(OURS, OntMove.INSTALLED, Expected(elsewhere=JOB), VAN)

    assert taken == ()
    assert [each.doubt for each in elsewhere] == [Doubt.USED_IN_ANOTHER_JOB]
