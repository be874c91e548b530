"""What an OLT is asked to configure for a product: the product's own values, or the OLT's."""

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from activation.requests import OntSpec
from server.database.prepared import Prepared
from server.database.tables.offers import product_overrides, products
from server.database.tables.plant import olts
from server.problems import NotFound
from sync_protocol.serials import OntSerial

PAGE_MAX: Final = 200
"""Products per answer; operators sell dozens."""


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """What a product asks of the OLT: profiles, VLANs, and traffic tables by name."""

    line_profile: str
    service_profile: str
    vlan: int
    user_vlan: int
    gem_port: int
    traffic_in: str
    traffic_out: str

    def spec(self, serial: OntSerial, service_id: UUID) -> OntSpec:
        """Say what shall be configured; the description is an id, never a name or an address."""
        return OntSpec(
            serial=serial,
            line_profile=self.line_profile,
            service_profile=self.service_profile,
            description=f"fl-{service_id}",
            vlan=self.vlan,
            user_vlan=self.user_vlan,
            gem_port=self.gem_port,
            traffic_in=self.traffic_in,
            traffic_out=self.traffic_out,
        )


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """What one OLT is asked instead; None leaves what the product asks."""

    line_profile: str | None = None
    service_profile: str | None = None
    vlan: int | None = None
    user_vlan: int | None = None
    gem_port: int | None = None
    traffic_in: str | None = None
    traffic_out: str | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of what it overrides."""
        return tuple(name for name in _NAMES if getattr(self, name) is not None)


def overridden(flow: Flow, override: Override) -> Flow:
    """Say what an OLT is asked for a product. Pure, and the only place that decides it.

    >>> asked = Flow(line_profile="FTTH", service_profile="HG8245H", vlan=100, user_vlan=10,
    ...     gem_port=1, traffic_in="UP", traffic_out="DOWN")
    >>> there = overridden(asked, Override(vlan=2100, line_profile="FTTH-V2"))
    >>> there.vlan, there.user_vlan, there.line_profile
    (2100, 10, 'FTTH-V2')
    """
    own = {name: getattr(override, name) for name in override.fields}
    return msgspec.structs.replace(flow, **own)


def load_flow(db: sa.Connection, product_id: UUID, olt_id: UUID | None) -> Flow:
    """Load what a product asks of the OLT that the service is on, or will be on.

    Without an OLT it is what the product itself says.

    Raises:
        NotFound: no such product.
    """
    row = _FLOW.row(db, {"product": product_id, "olt": olt_id})
    if row is None:
        raise NotFound("product", product_id)
    return overridden(*_read(row))


def load_flows(
    db: sa.Connection, product_ids: Collection[UUID], olt_id: UUID
) -> Mapping[UUID, Flow]:
    """Load what each of these products, of which operators sell dozens, asks of one OLT."""
    rows = db.execute(
        sa.select(products.c.id, *_FLOW_COLUMNS)
        .select_from(_WITH_OVERRIDE)
        .where(products.c.id.in_(sorted(product_ids))),
        {"olt": olt_id},
    ).mappings()
    return {row["id"]: overridden(*_read(row)) for row in rows}


class ProductOnOlt(msgspec.Struct, frozen=True, kw_only=True):
    """What one OLT is asked for a product, and which of it is the OLT's own."""

    product: str
    version: int
    flow: Flow
    overridden: tuple[str, ...]


class ProductsOnOlt(msgspec.Struct, frozen=True, kw_only=True):
    """The newest version of each product as an OLT is asked for it, by code.

    Ask on with ``after``, the last code, while ``more``.
    """

    olt: str
    products: tuple[ProductOnOlt, ...]
    more: bool


def list_on_olt(db: sa.Connection, olt: str, *, after: str = "") -> ProductsOnOlt:
    """List what an OLT, named by its external id, is asked for each product.

    Raises:
        NotFound: no such OLT.
    """
    found = db.execute(sa.select(olts.c.id).where(olts.c.external_id == olt)).scalar_one_or_none()
    if found is None:
        raise NotFound("OLT", olt)
    newer = products.alias()
    is_newest = ~sa.exists().where(
        newer.c.code == products.c.code, newer.c.version > products.c.version
    )
    rows = db.execute(
        sa.select(products.c.code, products.c.version, *_FLOW_COLUMNS)
        .select_from(_WITH_OVERRIDE)
        .where(products.c.code > after, is_newest)
        .order_by(products.c.code)
        .limit(PAGE_MAX + 1),
        {"olt": found},
    ).mappings()
    listed = [_on_olt(row) for row in rows]
    return ProductsOnOlt(olt=olt, products=tuple(listed[:PAGE_MAX]), more=len(listed) > PAGE_MAX)


def _on_olt(row: Mapping[Any, Any]) -> ProductOnOlt:
    flow, override = _read(row)
    return ProductOnOlt(
        product=row["code"],
        version=row["version"],
        flow=overridden(flow, override),
        overridden=override.fields,
    )


def _read(row: Mapping[Any, Any]) -> tuple[Flow, Override]:
    own = {name: row[f"olt_{name}"] for name in _NAMES}
    return msgspec.convert({name: row[name] for name in _NAMES}, Flow), Override(**own)


_NAMES: Final = Flow.__struct_fields__
_FLOW_COLUMNS: Final = (
    *(products.c[name] for name in _NAMES),
    *(product_overrides.c[name].label(f"olt_{name}") for name in _NAMES),
)
_WITH_OVERRIDE: Final = products.outerjoin(
    product_overrides.join(olts, olts.c.external_id == product_overrides.c.olt),
    (product_overrides.c.product == products.c.code)
    & (olts.c.id == sa.bindparam("olt", type_=sa.Uuid())),
)
# One statement, for a registration waits for it.
_FLOW: Final = Prepared(
    sa.select(*_FLOW_COLUMNS)
    .select_from(_WITH_OVERRIDE)
    .where(products.c.id == sa.bindparam("product"))
)
