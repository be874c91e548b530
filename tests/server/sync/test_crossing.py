"""Requests that cross on PostgreSQL, where nobody waits for the one writer."""

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import IntegrityError

from server import problems
from server.database import Store
from server.database.tables.work import captures
from tests.server.factories import assigned_job, count, found_town
from tests.server.tablets import bodies, capture, enrolled, push, record, verdicts


def test_one_capture_id_for_two_jobs_at_one_instant_is_kept_once(postgres_store: Store) -> None:
    """The loser is told to try again, and then hears that the id is in use."""
    town = found_town(postgres_store)
    url = postgres_store.url.render_as_string(hide_password=False)
    taken, start = capture(bodies()[0]), threading.Barrier(2)
    tablets = [enrolled(postgres_store, town.ada), enrolled(postgres_store, town.ben)]
    for house, tablet in enumerate(tablets, 1):
        job_id = assigned_job(
            postgres_store, tablet.technician_id, f"O-{house}", house=house
        ).job_id
        tablet.say(record(job_id, taken))

    def serve(number: int) -> tuple[str, str | None]:
        store = Store(url)
        start.wait(20)
        try:
            return verdicts(push(store, tablets[number]))[0]
        except IntegrityError as crossed:
            handler = problems.HANDLERS[IntegrityError]
            answer = handler(None, crossed)  # pyright: ignore[reportArgumentType]  it asks for none
            assert answer.status_code == 503
            return verdicts(push(store, tablets[number]))[0]
        finally:
            store.close()

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(serve, range(2)))

    assert found == [("applied", None), ("rejected", "id_reuse")]
    assert count(postgres_store, captures) == 1
