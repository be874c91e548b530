"""A record and its table are two definitions of one thing; here they are held together."""

import types
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
import sqlalchemy as sa

from server.audit import AuditEntry
from server.database.tables import offers, people, sync, work
from server.jobs.records import Completion, Job, StoredCapture
from server.orders.records import Order, OrderItem
from server.people.technicians import Technician
from server.services.records import Service
from server.sync.records import Quarantined

PAIRS = [
    (AuditEntry, people.audit),
    (Technician, people.technicians),
    (Order, offers.orders),
    (OrderItem, offers.order_items),
    (Service, offers.services),
    (Job, work.jobs),
    (StoredCapture, work.captures),
    (Completion, work.completions),
    (Quarantined, sync.quarantined),
]


@pytest.mark.parametrize(("record", "table"), PAIRS, ids=[table.name for _, table in PAIRS])
def test_a_record_has_the_fields_that_its_table_has(
    record: type[msgspec.Struct], table: sa.Table
) -> None:
    assert set(record.__struct_fields__) == set(table.c.keys())


@pytest.mark.parametrize(("record", "table"), PAIRS, ids=[table.name for _, table in PAIRS])
def test_a_field_may_be_absent_where_its_column_may_be_null(
    record: type[msgspec.Struct], table: sa.Table
) -> None:
    hints = get_type_hints(record)
    assert {name for name, hint in hints.items() if _takes_none(hint)} == {
        column.name for column in table.c if column.nullable
    }


def _takes_none(hint: Any) -> bool:  # noqa: ANN401  a type hint of any form
    return get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint)
