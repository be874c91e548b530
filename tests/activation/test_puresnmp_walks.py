"""Walks over puresnmp: what was read, and whether it was read to its end."""

from collections.abc import Sequence

import pytest

from activation.snmp import (
    NoAnswer,
    Row,
    SnmpSettings,
    Unintelligible,
    Walk,
)
from tests.activation.scripted_agent import (
    V2,
    Request,
    Script,
    answer,
    listening,
)
from tests.activation.test_puresnmp_session import to

COLUMN = "1.3.6.1.2.1.2.2.1.2"


def serving(count: int, *, page_max: int = 100) -> Script:
    """Serve a column of so many rows, then the next column, in pages as asked or smaller."""
    cells = [(f"{COLUMN}.{n}.5", V2.Integer32(n)) for n in range(1, count + 1)]
    cells.append(("1.3.6.1.2.1.2.2.1.3.1", V2.Integer32(-1)))

    def script(request: Request) -> list[bytes]:
        [after] = request.oids
        start = next((n + 1 for n, (oid, _) in enumerate(cells) if oid == after), 0)
        page = cells[start : start + min(request.rows_max, page_max)]
        return [answer(request, page or [(after, V2.EndOfMibView(""))])]

    return script


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 57])
@pytest.mark.parametrize("page_max", [3, 100])
async def test_a_walk_reads_its_column_and_nothing_else(count: int, page_max: int) -> None:
    async with listening(serving(count, page_max=page_max)) as agent:
        walk = await to(agent).bulk_walk(COLUMN, bulk_size=10)

    assert walk == Walk(rows=tuple(Row(index=(n, 5), value=n) for n in range(1, count + 1)))
    assert walk.complete


async def test_a_column_that_fits_a_page_takes_one_request() -> None:
    async with listening(serving(32)) as agent:
        await to(agent).bulk_walk(COLUMN, bulk_size=50)

    assert len(agent.requests) == 1


async def test_a_walk_at_the_end_of_everything_is_complete() -> None:
    end = V2.EndOfMibView("")

    def script(request: Request) -> list[bytes]:
        return [answer(request, [(f"{COLUMN}.1", V2.Integer32(1)), (f"{COLUMN}.1", end)])]

    async with listening(script) as agent:
        walk = await to(agent).bulk_walk(COLUMN, bulk_size=10)

    assert walk == Walk(rows=(Row(index=(1,), value=1),))


async def test_a_walk_that_breaks_off_keeps_its_rows_and_is_not_complete() -> None:
    whole = serving(20)
    served: list[Request] = []

    def script(request: Request) -> Sequence[bytes]:
        served.append(request)
        return whole(request) if len(served) == 1 else []

    async with listening(script) as agent:
        walk = await to(agent, SnmpSettings(timeout_ms=200, read_attempts=1)).bulk_walk(
            COLUMN, bulk_size=10
        )

    assert len(walk.rows) == 10
    assert walk.stopped_by == NoAnswer(waited_ms=200)
    assert not walk.complete


async def test_a_walk_that_goes_in_circles_is_stopped_and_not_complete() -> None:
    def script(request: Request) -> list[bytes]:
        return [answer(request, [(f"{COLUMN}.1", V2.Integer32(1))])]

    async with listening(script) as agent:
        walk = await to(agent).bulk_walk(COLUMN, bulk_size=10)

    assert walk.rows == (Row(index=(1,), value=1),)
    assert isinstance(walk.stopped_by, Unintelligible)


async def test_an_empty_page_is_not_asked_for_for_ever() -> None:
    async with listening(lambda r: [answer(r, [])]) as agent:
        walk = await to(agent).bulk_walk(COLUMN, bulk_size=10)

    assert isinstance(walk.stopped_by, Unintelligible)


async def test_an_endless_column_is_cut_off_and_not_complete() -> None:
    settings = SnmpSettings(walk_rows_max=25)
    async with listening(serving(60)) as agent:
        walk = await to(agent, settings).bulk_walk(COLUMN, bulk_size=10)

    assert len(walk.rows) == 30
    assert not walk.complete
