"""The settings of session sources: which server, and how a service is found there."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from activation.snmp import Secret

TemplateText = Annotated[str, Meta(min_length=1, max_length=200)]
TimeoutMs = Annotated[int, Meta(ge=50, le=10_000)]


class RadiusAccounting(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="radius",
):
    """A database with a table ``radacct`` as FreeRADIUS has it."""

    url: Secret
    """``postgresql://…`` or ``sqlite:///…``, of a user who may only read."""
    identifier: TemplateText
    column: Literal["username", "callingstationid", "nasportid"] = "username"
    """Where the identifier stands; it needs an index."""
    zone: str = "UTC"
    """Of times that the table holds without one."""
    timeout_ms: TimeoutMs = 2000


class KeaLeases(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="kea",
):
    """The HTTP API of Kea's DHCPv4 server or its control agent, with the hook ``lease_cmds``."""

    url: Annotated[str, Meta(max_length=500)]
    identifier: TemplateText
    found_by: Literal["client_id", "hostname"] = "client_id"
    """Leases are found by no part of option 82; the hook ``flex_id`` makes a client id of one."""
    user: str = ""
    password: Secret | None = None
    timeout_ms: TimeoutMs = 2000


Wanted = RadiusAccounting | KeaLeases
