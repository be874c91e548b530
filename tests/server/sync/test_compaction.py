"""Pulling across compactions equals a fresh snapshot, whatever happens in between."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.database import Store, schema_versions
from server.jobs import commands as jobs
from server.sync import retention
from sync_protocol.jobs import MoveNotAllowed
from sync_protocol.messages import Cursor, JobEntered, JobLeft, JobUpdated, PullPage
from tests.server.factories import OFFICE, act, assign, assigned_job, found_town
from tests.server.tablets import Tablet, enrolled, pull_page, push, set_field

HEAD = 10**9
Step = tuple[str, int, int]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("assign"), st.integers(0, 3), st.integers(0, 1)),
        st.tuples(st.just("cancel"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("note"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("compact"), st.integers(1, 3), st.just(0)),
        st.tuples(st.just("pull"), st.integers(1, 3), st.just(0)),
    ),
    max_size=25,
)


class Reader:
    """What a tablet holds that applies pages as the protocol says."""

    def __init__(self) -> None:
        self.held: dict[UUID, bytes] = {}
        self._position: Cursor | None = None
        self._staged: list[PullPage] = []

    def pull_one(self, store: Store, tablet: Tablet, limit: int) -> bool:
        """Pull a page; whether there is more."""
        page = pull_page(store, tablet, self._position, limit=limit)
        if page.snapshot:
            self._staged.clear()
        self._staged.append(page)
        self._position = page.cursor
        if page.more:
            return True
        if self._staged[0].snapshot:
            self.held.clear()
        for entry in (entry for each in self._staged for entry in each.entries):
            if isinstance(entry, JobLeft):
                self.held.pop(entry.job_id, None)
            elif isinstance(entry, JobEntered | JobUpdated):
                self.held[entry.document.id] = bytes(entry.job)
        self._staged.clear()
        return False

    def pull_all(self, store: Store, tablet: Tablet, limit: int) -> dict[UUID, bytes]:
        while self.pull_one(store, tablet, limit):
            pass
        return self.held


class Day:
    """Ada's tablet, four jobs, and whatever befalls them."""

    def __init__(self, store: Store) -> None:
        town = found_town(store)
        self.store, self.ada = store, enrolled(store, town.ada)
        self.people = (town.ada, town.ben)
        self.placed = [
            assigned_job(store, town.ada, f"O-{number}", house=number + 1).job_id
            for number in range(4)
        ]
        self.reader = Reader()

    def live(self, steps: Sequence[Step]) -> None:
        for what, number, person in steps:
            try:
                self._do(what, number, person)
            except MoveNotAllowed:
                continue

    def _do(self, what: str, number: int, person: int) -> None:
        match what:
            case "assign":
                assign(self.store, self.placed[number], self.people[person])
            case "cancel":
                job_id = self.placed[number]
                self.store.write_now(jobs.cancel, job_id, reason="x", act=act(actor=OFFICE))
            case "note":
                said = self.ada.say(set_field(self.placed[number], f"note {len(self.ada.said)}"))
                push(self.store, self.ada, said[0])
            case "compact":
                self.store.write_now(retention.compact, HEAD, limit=number)
            case _:
                self.reader.pull_one(self.store, self.ada, number)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("compaction") / "firstlight.db"
    schema_versions.upgrade(f"sqlite:///{file}")
    return file


@settings(max_examples=30, deadline=None)
@given(steps=STEPS)
def test_pulling_across_compactions_equals_a_fresh_snapshot(
    migrated: Path, steps: list[Step]
) -> None:
    with TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{shutil.copy(migrated, folder)}")
        day = Day(store)

        day.live(steps)

        pulled = day.reader.pull_all(store, day.ada, 2)
        assert pulled == Reader().pull_all(store, day.ada, 100)
        store.close()
