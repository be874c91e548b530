"""Keep alarms, what ONTs say of their light, and when each OLT may be asked again.

The light of services that run already is compared with what their own ONT said when it went live,
where that is known; else with its first reading from now on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "olt_polls",
        sa.Column("olt_id", sa.Uuid(), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_until", sa.DateTime(timezone=True)),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["olt_id"], ["olts.id"], name="fk_olt_polls_olt_id_olts"),
        sa.PrimaryKeyConstraint("olt_id", name="pk_olt_polls"),
    )
    op.create_table(
        "ont_lights",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.String(length=12), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("baseline_cdbm", sa.Integer()),
        sa.Column("rx_cdbm", sa.Integer()),
        sa.Column("measured_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name="fk_ont_lights_service_id_services"
        ),
        sa.PrimaryKeyConstraint("service_id", name="pk_ont_lights"),
    )
    op.create_index("ix_ont_lights_next_at", "ont_lights", ["next_at"])
    _create_alarms()
    op.execute(
        "INSERT INTO olt_polls (olt_id, free_at, failures) "
        "SELECT DISTINCT r.olt_id, CURRENT_TIMESTAMP, 0 FROM pon_polls p "
        "JOIN pon_ports r ON r.id = p.pon_port_id"
    )
    rx_cdbm = (
        "CAST(json_extract(p.progress, '$.rx_power_cdbm') AS INTEGER)"
        if op.get_bind().dialect.name == "sqlite"
        else "CAST(p.progress ->> 'rx_power_cdbm' AS INTEGER)"
    )
    op.execute(
        "INSERT INTO ont_lights (service_id, serial, next_at, baseline_cdbm) "  # noqa: S608  one of the two texts above
        "SELECT a.service_id, a.serial, CURRENT_TIMESTAMP, "
        f"(SELECT {rx_cdbm} FROM processes p WHERE p.service_id = a.service_id "
        "AND p.state = 'done' AND p.intent IN ('activate', 'swap') "
        "ORDER BY p.updated_at DESC LIMIT 1) "
        "FROM ont_allocations a JOIN services s ON s.id = a.service_id WHERE s.state = 'active'"
    )


def _create_alarms() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("olt_id", sa.Uuid(), nullable=False),
        sa.Column("pon_port_id", sa.Uuid()),
        sa.Column("service_id", sa.Uuid()),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True)),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["olt_id"], ["olts.id"], name="fk_alarms_olt_id_olts"),
        sa.ForeignKeyConstraint(
            ["pon_port_id"], ["pon_ports.id"], name="fk_alarms_pon_port_id_pon_ports"
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name="fk_alarms_service_id_services"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_alarms"),
    )
    for name in ("olt_id", "pon_port_id", "service_id"):
        op.create_index(f"ix_alarms_{name}", "alarms", [name])
    _unique_while_open("uq_alarms_open_service", "service_id", "IS NOT NULL")
    _unique_while_open("uq_alarms_open_olt", "olt_id", "IS NULL")


def _unique_while_open(name: str, column: str, of_service: str) -> None:
    open_ones = sa.text(f"cleared_at IS NULL AND service_id {of_service}")
    op.create_index(
        name,
        "alarms",
        [column, "kind"],
        unique=True,
        sqlite_where=open_ones,
        postgresql_where=open_ones,
    )
