"""Where the simulator listens, and how it says so."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

Port = Annotated[
    int, Meta(ge=0, le=65_535, description="a port from 0 to 65535; 0 picks a free one")
]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the simulator listens and logs."""

    host: str = "127.0.0.1"
    snmp_port: Port = 0
    control_port: Port = 0
    log: Path | None = None
    trap_host: str = "127.0.0.1"
    trap_port: Port = 0
    """Where traps are sent; 0 sends none."""


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """The line that says where the simulator listens."""

    ready: bool = True
    snmp_port: int
    control_port: int
    pid: int
