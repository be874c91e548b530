"""Two technicians, two tablets, two servers, one job, at one instant."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from server.database import Store, schema_versions
from server.database.tables.fulfilment import processes
from server.database.tables.work import completions
from server.fulfilment import queries as fulfilment
from server.services.records import ServiceState
from tests.postgres import PostgresServer
from tests.server.factories import Clock, assign, assigned_job, count, found_town
from tests.server.olt import TownOlt, plugged
from tests.server.operator import Operator, add_endpoint, opened, outside
from tests.server.tablets import Tablet, bodies, enrolled, push, verdicts

ROUNDS = 5
ADAS = [f"HWTC0000A00{number}" for number in range(ROUNDS)]
BENS = [f"HWTC0000B00{number}" for number in range(ROUNDS)]


def push_together(url: str, tablets: list[Tablet]) -> list[tuple[str, str | None]]:
    """Push from as many servers at once; the verdicts of the completions."""
    start = threading.Barrier(len(tablets))

    def serve(tablet: Tablet) -> tuple[str, str | None]:
        with opened(url) as store:
            start.wait(20)
            return verdicts(push(store, tablet))[-1]

    with ThreadPoolExecutor(len(tablets)) as pool:
        return list(pool.map(serve, tablets))


def completed_by_both(url: str, store: Store, number: int, ada: UUID, ben: UUID) -> UUID:
    """Let both complete the job of a house; Ada's was re-assigned to Ben meanwhile."""
    job_id = assigned_job(store, ada, f"O-{number}", house=number + 1).job_id
    assign(store, job_id, ben)
    tablets = [enrolled(store, ada), enrolled(store, ben)]
    for tablet, serial in zip(tablets, (ADAS[number], BENS[number]), strict=True):
        tablet.complete(job_id, bodies(serial))
    found = push_together(url, tablets)
    first = [verdict for verdict, _ in found if verdict in {"applied", "merged"}]
    assert len(first) == 1, found
    assert ("kept_as_conflict", "already_completed") in found
    return job_id


async def test_two_completions_at_one_instant_cause_one_of_everything(
    postgres_server: PostgresServer,
) -> None:
    clock = Clock()
    olt = TownOlt(clock, *(plugged(serial) for serial in (*ADAS, *BENS)))
    with postgres_server.database(schema_versions.upgrade) as url, opened(url) as store:
        town = found_town(store, houses=ROUNDS)
        add_endpoint(store)
        jobs = [
            completed_by_both(url, store, number, town.ada, town.ben) for number in range(ROUNDS)
        ]
        assert count(store, processes) == ROUNDS
        assert count(store, completions) == 2 * ROUNDS

        async with outside(clock, olt) as world:
            await Operator(store, world).settle()

            assert len(world.hooks) == len(set(world.mails)) == ROUNDS
        assert len(olt.creations) == len(olt.registered) == olt.flows == ROUNDS
        for job_id in jobs:
            caused = store.read_now(fulfilment.of_job, job_id)
            assert caused.service.state is ServiceState.ACTIVE
            assert len(caused.charges) == len(caused.event_ids) == len(caused.notifications) == 1
            assert {item.code for item in caused.inbox} == {"already_completed", "SERIALS_DIFFER"}
