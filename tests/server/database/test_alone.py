"""A unit that is alone in its group has no savepoint: the transaction itself is taken back."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, InvalidRequestError

from server.database import Store, Written
from tests.server.database.test_writer import (
    WrongOnPurpose,
    add_technician,
    adding,
    technician_ids,
)


def test_a_unit_that_fails_alone_leaves_nothing_and_makes_no_commit(store: Store) -> None:
    before = store.commits

    def raises(db: sa.Connection) -> Written[str]:
        add_technician(db, "raised")
        raise WrongOnPurpose

    with pytest.raises(WrongOnPurpose):
        store.write_now(raises)
    store.write_now(adding("after"))

    assert store.read_now(technician_ids) == ["after"]
    assert store.commits == before + 1


def test_a_unit_that_swallows_an_error_of_postgres_is_not_taken_for_stored(
    postgres_store: Store,
) -> None:
    def swallows(db: sa.Connection) -> Written[str]:
        add_technician(db, "first")
        with pytest.raises(IntegrityError):
            add_technician(db, "first")
        return Written("stored")

    with pytest.raises(InvalidRequestError, match="ended its transaction"):
        postgres_store.write_now(swallows)

    postgres_store.write_now(adding("after"))
    assert postgres_store.read_now(technician_ids) == ["after"]
