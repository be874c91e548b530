"""What a sync costs whatever is in it: the statements of a push and the headers of an answer."""

import httpx
import sqlalchemy as sa
from sqlalchemy import event

from server.console.headers import HEADERS
from server.database import Store
from sync_protocol.jobs import JobEvent
from tests.server.factories import Town, assigned_job, found_town
from tests.server.sync.doors import enrolled_now, sync
from tests.server.tablets import Tablet, enrolled, move, push, set_field


def test_a_push_runs_the_same_statements_however_many_changes_it_holds(store: Store) -> None:
    town = found_town(store)
    tablet = enrolled(store, town.ada)
    jobs = [assigned_job(store, town.ada, f"O-{at}", house=at).job_id for at in (1, 2, 3)]
    tablet.say(set_field(jobs[0], "gate 1"), move(jobs[0], JobEvent.DEPART))
    for job in jobs[1:]:
        for at in range(10):
            before = f"gate {at - 1}" if at else ""
            tablet.say(set_field(job, f"gate {at}", base=at, base_value=before))
        tablet.say(move(job, JobEvent.DEPART))

    small = _statements(store, tablet, 1, 2)
    large = _statements(store, tablet, 3, len(tablet.said))

    assert len(tablet.said) == 24
    assert len(large) == len(small)


async def test_an_answer_to_a_tablet_carries_no_rules_for_pages(
    store: Store, client: httpx.AsyncClient, town: Town
) -> None:
    answer = await sync(client, enrolled_now(store, town.ada))

    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert HEADERS.keys() - {"X-Content-Type-Options"} - answer.headers.keys()
    assert "Content-Security-Policy" not in answer.headers


def _statements(store: Store, tablet: Tablet, first: int, last: int) -> list[str]:
    asked: list[str] = []

    def note(_connection: sa.Connection, _cursor: object, sql: str, *_rest: object) -> None:
        asked.append(sql)

    event.listen(store.writing, "before_cursor_execute", note)
    push(store, tablet, first, last)
    event.remove(store.writing, "before_cursor_execute", note)
    return asked
