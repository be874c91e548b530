import pytest

from field_client.serial_checks import (
    NO_STOCK,
    Doubt,
    Expected,
    Stock,
    Warned,
    check_serial,
    check_taken_down,
)
from sync_protocol.ids import JobId
from sync_protocol.serials import OntSerial
from tests.field_client.factories import SERIAL, a_job

ONT = OntSerial(SERIAL)
IN_VAN = {ONT: "HG8245H"}
OTHER = "ALCL00000001"
OTHER_JOB = JobId(a_job().id)


def doubts(stock: Stock = NO_STOCK, expected: Expected | None = None) -> list[Doubt]:
    return [each.doubt for each in check_serial(ONT, expected or Expected(), stock)]


@pytest.mark.parametrize(
    "stock",
    [
        NO_STOCK,
        Stock(supported_models=frozenset()),
        Stock(van=IN_VAN),
        Stock(van=IN_VAN, supported_models=frozenset({" hg8245h"})),
    ],
)
def test_what_the_tablet_was_not_told_raises_no_doubt(stock: Stock) -> None:
    assert doubts(stock) == []
    assert doubts(stock, Expected(reserved=SERIAL, running=OTHER)) == []


@pytest.mark.parametrize(
    ("stock", "doubt"),
    [
        (Stock(van={}), Doubt.NOT_IN_VAN_STOCK),
        (Stock(van={OntSerial("ALCL00000001"): "G-010G-P"}), Doubt.NOT_IN_VAN_STOCK),
        (Stock(van=IN_VAN, supported_models=frozenset()), Doubt.UNSUPPORTED_MODEL),
        (Stock(van=IN_VAN, supported_models=frozenset({"F660"})), Doubt.UNSUPPORTED_MODEL),
    ],
)
def test_what_the_office_does_not_list_is_doubted(stock: Stock, doubt: Doubt) -> None:
    assert doubts(stock) == [doubt]


def test_every_doubt_is_told_at_once() -> None:
    expected = Expected(reserved=OTHER, running=SERIAL, elsewhere=OTHER_JOB)

    assert doubts(Stock(van={}), expected) == [
        Doubt.THE_ONE_THAT_RUNS,
        Doubt.NOT_THE_RESERVED_ONE,
        Doubt.USED_IN_ANOTHER_JOB,
        Doubt.NOT_IN_VAN_STOCK,
    ]


def test_an_unsupported_model_is_told_with_what_would_be_supported() -> None:
    stock = Stock(van=IN_VAN, supported_models=frozenset(f"M{number}" for number in range(8)))

    told = check_serial(ONT, Expected(), stock)

    assert told == (
        Warned(
            doubt=Doubt.UNSUPPORTED_MODEL,
            detail=f"{SERIAL} is a HG8245H; supported are: M0, M1, M2, M3, M4 and 3 more",
        ),
    )


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        (Expected(), []),
        (Expected(reserved=OTHER, running=SERIAL), []),
        (Expected(running=OTHER), [Doubt.NOT_THE_ONE_THAT_RUNS]),
        (
            Expected(running=OTHER, elsewhere=OTHER_JOB),
            [Doubt.NOT_THE_ONE_THAT_RUNS, Doubt.USED_IN_ANOTHER_JOB],
        ),
    ],
)
def test_an_ont_that_is_taken_down_should_be_the_one_that_runs_and_is_in_no_van(
    expected: Expected, told: list[Doubt]
) -> None:
    assert [each.doubt for each in check_taken_down(ONT, expected)] == told
