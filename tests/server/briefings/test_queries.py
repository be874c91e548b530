"""What a technician is told that is of no single job, and who hears of a change."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from server.briefings import queries
from server.database import Store, Written
from server.database.tables.sync import feed
from server.imports import commands as imports
from server.imports import files, profiles
from server.imports.files import Numbered
from server.imports.kinds import KINDS
from sync_protocol.briefing import Briefing, OntModel, StockedOnt
from sync_protocol.messages import BriefingUpdated
from tests.server.factories import NOON, act, assigned_job, found_town, rows
from tests.server.sync.field import Field
from tests.server.tablets import OTHER_SERIAL, SERIAL, enrolled, pull_page

MODELS = (
    "model,vendor,serial_prefixes,optic_classes,supported,note\n"
    "HG8245H,Huawei,HWTC,GPON_B+; GPON_C+,yes,\n"
    "G-010G-T,Nokia,ALCL; NOKW,,no,loses its settings\n"
)


@pytest.fixture
def field(store: Store) -> Field:
    """Ada's tablet and a job of hers; Ben has no tablet."""
    town = found_town(store)
    tablet = enrolled(store, town.ada)
    return Field(store=store, town=town, tablet=tablet, job_id=assigned_job(store, town.ada).job_id)


def load(store: Store, folder: Path, kind: str, text: str, *, days: int = 0) -> None:
    file = folder / f"{kind}.csv"
    file.write_text(text, "utf-8")
    read = [row for row in files.read(file, profiles.own(KINDS[kind])) if isinstance(row, Numbered)]
    doing = act(NOON + timedelta(days=days))
    planned = store.write_now(imports.import_batch, KINDS[kind], read, act=doing)
    assert planned.complaints == ()


def stock(store: Store, folder: Path, holder: str, *, days: int = 0) -> None:
    """Put one ONT into a van."""
    text = f"serial,model,technician\n{SERIAL},HG8245H,{holder}\n"
    load(store, folder, "onts", text, days=days)


def of(store: Store, technician_id: UUID) -> Briefing:
    return store.read_now(queries.documents, [technician_id])[technician_id]


def number_of(store: Store, technician_id: UUID) -> int | None:
    found = [row for row in rows(store, feed) if row["entity"] == "briefing"]
    return next((row["seq"] for row in found if row["scope"] == technician_id), None)


def test_whoever_has_a_tablet_has_a_briefing_and_nobody_else(field: Field) -> None:
    told = [
        e for e in pull_page(field.store, field.tablet).entries if isinstance(e, BriefingUpdated)
    ]

    assert [each.document for each in told] == [of(field.store, field.town.ada)]
    assert number_of(field.store, field.town.ben) is None


def test_as_long_as_no_model_is_listed_none_is_said_to_be_supported_or_not(
    field: Field, tmp_path: Path
) -> None:
    assert of(field.store, field.town.ada).supported_models is None

    load(field.store, tmp_path, "ont-models", MODELS)

    assert of(field.store, field.town.ada).supported_models == (
        OntModel(
            model="HG8245H",
            vendor="Huawei",
            serial_prefixes=("HWTC",),
            optic_classes=("GPON_B+", "GPON_C+"),
        ),
    )


def test_everybody_hears_of_the_models(field: Field, tmp_path: Path) -> None:
    enrolled(field.store, field.town.ben)
    before = [number_of(field.store, each) for each in (field.town.ada, field.town.ben)]

    load(field.store, tmp_path, "ont-models", MODELS)

    after = {number_of(field.store, each) for each in (field.town.ada, field.town.ben)}
    assert len(after) == 1
    assert after.isdisjoint(before)


def test_both_holders_hear_that_an_ont_has_changed_hands(field: Field, tmp_path: Path) -> None:
    store, town = field.store, field.town
    enrolled(store, town.ben)
    stock(store, tmp_path, "Ada")
    assert of(store, town.ada).van_stock == (
        StockedOnt(serial=SERIAL, model="HG8245H", since=NOON),
    )
    before = [number_of(store, each) for each in (town.ada, town.ben)]

    stock(store, tmp_path, "Ben", days=1)

    assert of(store, town.ada).van_stock == ()
    (moved,) = of(store, town.ben).van_stock
    assert moved.since == NOON + timedelta(days=1)
    for technician_id, number in zip((town.ada, town.ben), before, strict=True):
        assert number_of(store, technician_id) != number


def test_an_ont_that_stays_where_it_is_keeps_its_date_and_tells_nobody(
    field: Field, tmp_path: Path
) -> None:
    stock(field.store, tmp_path, "Ada")
    before = number_of(field.store, field.town.ada)

    stock(field.store, tmp_path, "Ada", days=1)

    (held,) = of(field.store, field.town.ada).van_stock
    assert (held.since, number_of(field.store, field.town.ada)) == (NOON, before)


def test_an_ont_in_nobodys_van_is_nobodys_news(field: Field, tmp_path: Path) -> None:
    before = number_of(field.store, field.town.ada)

    load(field.store, tmp_path, "onts", f"serial,model,technician\n{OTHER_SERIAL},HG8245H,\n")

    assert number_of(field.store, field.town.ada) == before


@pytest.mark.parametrize("table", ["onts", "ont_models"])
def test_no_column_changes_a_briefing_but_by_an_import(
    field: Field, tmp_path: Path, table: str
) -> None:
    """Each column of what a briefing embeds is one that an import writes, and so is told of."""
    load(field.store, tmp_path, "ont-models", MODELS)
    stock(field.store, tmp_path, "Ada")
    kind = {"onts": KINDS["onts"], "ont_models": KINDS["ont-models"]}[table]
    written = {*kind.row_type.__struct_fields__, *kind.dated} - set(kind.references)
    written |= {f"{name}_id" for name in kind.references}

    # Whether an ONT is defective only its technician says, and no briefing tells it.
    assert written | {"is_defective"} == {c.name for c in kind.table.columns} | {"is_defective"}


def test_a_briefing_that_nothing_changed_is_rendered_alike(field: Field) -> None:
    def nothing(_db: sa.Connection) -> Written[None]:
        return Written(None)

    first = pull_page(field.store, field.tablet)
    field.store.write_now(nothing)

    assert pull_page(field.store, field.tablet).digest == first.digest
