"""Several server processes on one PostgreSQL, one of them killed, keep every promise at once."""

from tests.postgres import PostgresServer
from tests.simulation.crowd_runs import SMALL, live_crowd
from tests.simulation.told import Told


def test_a_crowd_keeps_every_promise(postgres_server: PostgresServer) -> None:
    told = live_crowd(postgres_server, 0, SMALL)

    assert isinstance(told, Told), told
    assert told.rounds <= 2
    assert told.seen["killed servers"] == SMALL.kills
    assert told.seen["repeated requests"] > 0
    assert told.seen["verdict applied"] > 0
    assert told.seen["history job.assigned"] > 0
