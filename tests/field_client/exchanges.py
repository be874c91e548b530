"""Push and pull between a replica and the fake server, inline as a simulation does it."""

from field_client.replica.inbox import Progress, apply_response
from field_client.replica.outbox import next_push
from field_client.storage import Connection
from sync_protocol.messages import SyncRequest, SyncResponse
from sync_protocol.operations import Moment
from tests.field_client.factories import a_moment
from tests.field_client.fake_server import FakeServer


def answer(server: FakeServer, request: SyncRequest) -> SyncResponse:
    """Let the server answer, and expect that it does."""
    response = server.handle(request)
    assert isinstance(response, SyncResponse)
    return response


def ask(db: Connection, server: FakeServer) -> SyncResponse:
    response = server.handle(next_push(db, a_moment(), "1"))
    assert isinstance(response, SyncResponse)
    return response


def sync(db: Connection, server: FakeServer, at: Moment | None = None) -> list[Progress]:
    """Go on until nothing is left, as a session does."""
    rounds: list[Progress] = []
    while not rounds or rounds[-1].more:
        request = next_push(db, at or a_moment(), "1")
        response = server.handle(request)
        assert isinstance(response, SyncResponse)
        progress = apply_response(db, request, response, at or a_moment())
        assert isinstance(progress, Progress)
        assert progress.moved or not progress.more
        rounds.append(progress)
    return rounds


def dump(db: Connection) -> list[list[tuple[object, ...]]]:
    tables = ("replica", "operation", "past_operation", "job", "issue", "staged", "blob")
    return [[tuple(row) for row in db.execute(f"SELECT * FROM {table}")] for table in tables]  # noqa: S608  our own names
