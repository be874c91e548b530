"""The one way to write: units grouped into commits, one feed number per group.

``run_group`` is the whole of it, a plain function; the simulation calls it inline and ``Writer``
runs it in threads (one on SQLite, where there is one writer anyway; several on PostgreSQL). Where
a group has several units, each has a savepoint, so that one that fails takes nobody with it. The
feed number is taken last, under the lock of one counter row: on both databases the order of numbers
is the order of visibility.
"""

import contextlib
import enum
import queue
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from typing import Any, Final

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from server.database import engines, feed_log, full_disk
from server.database.full_disk import Outage, StorageFull
from server.database.prepared import run_text
from server.database.units import Written

GROUP_UNITS_MAX: Final = 64
ATTEMPTS_MAX: Final = 5
RETRY_STEP_S: Final = 0.01
# SQLSTATE of PostgreSQL: serialization_failure, deadlock_detected.
_RETRYABLE: Final = frozenset({"40001", "40P01"})

BoundUnit = Callable[[sa.Connection], Written[Any]]
BoundQuery = Callable[[sa.Connection], Any]
Notify = Callable[[frozenset[str]], None]


class Side(enum.StrEnum):
    """Before or after a commit: the two places where a crash can make a difference."""

    BEFORE = "before"
    AFTER = "after"


class Boundary(msgspec.Struct, frozen=True):
    """One side of one commit, counted from 1 in the life of a writer."""

    number: int
    side: Side


Probe = Callable[[Boundary], None]


class Outcome(msgspec.Struct, frozen=True):
    """What became of one unit: its value, or the exception that rolled it back."""

    written: Written[Any] | None
    error: Exception | None


class CommitCounter:
    """Counts commits and shows each boundary to a probe, which may end the process there."""

    def __init__(self, probe: Probe | None = None) -> None:
        self._lock = threading.Lock()
        self._probe = probe
        self.commits = 0

    def before(self) -> int:
        """Announce that a commit is about to happen; answer its number."""
        with self._lock:
            self.commits += 1
            number = self.commits
        self._show(Boundary(number, Side.BEFORE))
        return number

    def after(self, number: int) -> None:
        """Announce that a commit has happened."""
        self._show(Boundary(number, Side.AFTER))

    def _show(self, boundary: Boundary) -> None:
        if self._probe is not None:
            self._probe(boundary)


def run_group(
    db: sa.Connection, units: Sequence[BoundUnit], counter: CommitCounter
) -> tuple[Outcome, ...]:
    """Run units in one transaction and commit; several have a savepoint each, one needs none.

    Raises:
        StorageFull: the disk takes nothing more; nothing of the group was stored.
        DBAPIError: the commit itself failed; nothing of the group was stored.
    """
    run = _run_alone if len(units) == 1 else _run_unit
    with full_disk.naming_it("this"), _left_clean(db), db.begin() as transaction:
        outcomes = tuple(run(db, unit) for unit in units)
        if not transaction.is_active:
            return outcomes
        written = [outcome.written for outcome in outcomes if outcome.written is not None]
        feed_log.append(
            db,
            [change for one in written for change in one.feed],
            [change for one in written for change in one.embedded],
        )
        number = counter.before()
        transaction.commit()
    counter.after(number)
    return outcomes


@contextlib.contextmanager
def _left_clean(db: sa.Connection) -> Generator[None]:
    """Leave no transaction behind: SQLAlchemy keeps one whose commit failed, and begins no more."""
    try:
        yield
    except BaseException:
        db.rollback()
        raise


def _run_alone(db: sa.Connection, unit: BoundUnit) -> Outcome:
    """Run the only unit of a group; if it fails, the group has nothing to commit."""
    try:
        written = unit(db)
    except Exception as error:
        if _takes_the_group_along(db, error):
            raise
        db.rollback()
        return Outcome(None, error)
    if not engines.can_commit(db):
        raise InvalidRequestError("the unit went on after an error that ended its transaction")
    return Outcome(written, None)


def _run_unit(db: sa.Connection, unit: BoundUnit) -> Outcome:
    run_text(db, "SAVEPOINT unit")
    try:
        outcome = Outcome(unit(db), None)
    except Exception as error:
        if _takes_the_group_along(db, error):
            raise
        run_text(db, "ROLLBACK TO SAVEPOINT unit")
        outcome = Outcome(None, error)  # handed to the caller, who alone can judge it
    run_text(db, "RELEASE SAVEPOINT unit")
    return outcome


def _takes_the_group_along(db: sa.Connection, error: Exception) -> bool:
    """Say whether the whole group must run again, or is gone with this unit.

    SQLite ends the whole transaction over some errors (a full disk, no memory, a failing read):
    what ran before is undone, and what came after would be stored by itself.
    """
    if isinstance(error, DBAPIError) and (is_retryable(error) or error.connection_invalidated):
        return True
    return full_disk.is_full(error) or not engines.in_transaction(db)


def is_retryable(error: DBAPIError) -> bool:
    """Say whether the database asks for the same transaction once more."""
    return getattr(error.orig, "sqlstate", None) in _RETRYABLE


class _Submitted(msgspec.Struct, frozen=True):
    unit: BoundUnit
    then: BoundQuery | None
    future: Future[Any]


_Asked = tuple[Future[Any], Any, BoundQuery]
"""Who waits for a reading after the commit, what the unit gave, and the query."""


class WriterStopped(RuntimeError):
    """The writer has ended; the unit was not run."""


class Writer:
    """Threads that take submitted units, group them, commit, and answer."""

    def __init__(
        self,
        engine: sa.Engine,
        reading: sa.Engine,
        *,
        threads: int,
        notify: Notify,
        probe: Probe | None = None,
    ) -> None:
        self.counter = CommitCounter(probe)
        self._reading = reading
        self._notify = notify
        self._queue: queue.SimpleQueue[_Submitted | None] = queue.SimpleQueue()
        self._log = structlog.get_logger()
        self._outage = Outage("database")
        self._gate = threading.Lock()
        self._stopped = threading.Event()
        # Connected here, so that a database that cannot be reached is the caller's to hear of.
        self._threads = [
            threading.Thread(
                target=self._run,
                args=(engine.connect(), index),
                name=f"writer-{index}",
                daemon=True,
            )
            for index in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, unit: BoundUnit, then: BoundQuery | None = None) -> Future[Any]:
        """Queue a unit; the future answers after its commit is durable.

        ``then`` is read after that commit, in a snapshot of its own and in the thread that
        committed; the future gives both values, or raises what the reading raised: the unit is
        durable all the same.

        Raises:
            WriterStopped: as it says.
        """
        future: Future[Any] = Future()
        with self._gate:
            if self._stopped.is_set():
                raise WriterStopped("the writer has stopped; nothing was written")
            self._queue.put(_Submitted(unit, then, future))
        return future

    def stop(self) -> None:
        """Finish what is queued and end the threads."""
        with self._gate:
            if not self._stopped.is_set():
                self._stopped.set()
                for _ in self._threads:
                    self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self, connection: sa.Connection, index: int) -> None:
        with connection as db:
            while (group := self._next_group()) is not None:
                # A unit whose caller went away before its turn is not run; after it, it is.
                wanted = [one for one in group if one.future.set_running_or_notify_cancel()]
                if wanted:
                    self._commit(db, wanted, index)

    def _next_group(self) -> list[_Submitted] | None:
        """Wait for one unit, then take what else is there, so that load makes groups larger."""
        first = self._queue.get()
        if first is None:
            return None
        group = [first]
        while len(group) < GROUP_UNITS_MAX:
            try:
                submitted = self._queue.get_nowait()
            except queue.Empty:
                break
            if submitted is None:
                self._queue.put(None)
                break
            group.append(submitted)
        return group

    def _commit(self, db: sa.Connection, group: list[_Submitted], index: int) -> None:
        failed: Exception | None = None
        try:
            outcomes = self._attempt(db, [submitted.unit for submitted in group], index)
        except Exception as error:  # noqa: BLE001  the commit failed: every caller must hear of it
            failed = error
            outcomes = tuple(Outcome(None, error) for _ in group)
        # First of all the callers: nothing that comes after may keep them waiting.
        asked: list[_Asked] = []
        for submitted, outcome in zip(group, outcomes, strict=True):
            if outcome.error is not None:
                submitted.future.set_exception(outcome.error)
            elif outcome.written is not None and submitted.then is not None:
                asked.append((submitted.future, outcome.written.value, submitted.then))
            elif outcome.written is not None:
                submitted.future.set_result(outcome.written.value)
        if asked:
            self._read_then(asked)
        self._tell(failed, len(group))
        self._announce(outcomes)

    def _read_then(self, asked: Sequence[_Asked]) -> None:
        """Read what was asked for after the commit, each in its own snapshot, and answer."""
        try:
            reading = self._reading.connect()
        except Exception as error:  # noqa: BLE001  as below
            for future, _value, _query in asked:
                future.set_exception(error)
            return
        with reading as db:
            for future, value, query in asked:
                try:
                    with db.begin():
                        found = query(db)
                except Exception as error:  # noqa: BLE001  the caller's to judge; the commit stands
                    future.set_exception(error)
                else:
                    future.set_result((value, found))

    def _tell(self, failed: Exception | None, units: int) -> None:
        """Log what became of a commit; of a full disk only when it begins and ends."""
        if failed is None:
            self._outage.end()
        elif isinstance(failed, StorageFull):
            self._outage.begin(failed)
        else:
            self._log.warning("commit_group.failed", units=units, error=repr(failed))

    def _announce(self, outcomes: Sequence[Outcome]) -> None:
        topics = frozenset[str]().union(*(o.written.topics for o in outcomes if o.written))
        if not topics:
            return
        try:
            self._notify(topics)
        except Exception:  # noqa: BLE001  the loop must live on; who waits also looks at its own pace
            self._log.exception("commit_group.not_announced", topics=sorted(topics))

    def _attempt(
        self, db: sa.Connection, units: list[BoundUnit], index: int
    ) -> tuple[Outcome, ...]:
        try:
            return run_group(db, units, self.counter)
        except DBAPIError as error:
            if not is_retryable(error):
                raise
        # A group holds the locks of all its units at once, in an order that no unit chose. Alone,
        # each locks in the order that its own code keeps.
        return tuple(self._attempt_alone(db, unit, index) for unit in units)

    def _attempt_alone(self, db: sa.Connection, unit: BoundUnit, index: int) -> Outcome:
        for attempt in range(1, ATTEMPTS_MAX):
            # Each thread waits another while, so that two that met do not meet again.
            self._stopped.wait(index * attempt * RETRY_STEP_S)
            try:
                return run_group(db, [unit], self.counter)[0]
            except DBAPIError as error:
                if attempt == ATTEMPTS_MAX - 1 or not is_retryable(error):
                    return Outcome(None, error)
        raise AssertionError("ATTEMPTS_MAX allows one attempt at least")
