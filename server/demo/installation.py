"""An operator's installation: settings, database, OLTs, server, set up by the usual commands.

Everything is done as an operator would: ``firstlight migrate``, ``import``, ``user add``,
``token add``, ``serve``. Secrets are made for this run and end with it.
"""

import base64
import json
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from server.demo import ground
from server.demo.children import Child, Household
from server.demo.ground import Ground
from server.demo.olt import Olt, start_olt
from server.demo.watching import JsonLog
from server.imports.rows import PremiseRow
from server.people.secrets import new_code

Table = Mapping[str, object]
EMAIL: Final = "dispatch@firstlight.example"
_SCOPES: Final = (
    "feed:read",
    "jobs:read",
    "orders:read",
    "orders:write",
    "webhooks:write",
)


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """Made for one run of the demo."""

    password: str
    webhook: str
    read_community: str
    write_community: str

    @property
    def communities(self) -> tuple[str, str]:
        """SNMP communities: read, write."""
        return self.read_community, self.write_community


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What an installation talks to that is not its own."""

    mail_port: int
    secrets: Secrets


class Installation:
    """One server with its database and OLTs."""

    def __init__(self, household: Household, folder: Path, outside: Outside) -> None:
        self.name = folder.name
        self.household = household
        self.folder = folder
        self.outside = outside
        self.olts: dict[str, Olt] = {}
        self.ground: Ground
        self.token = ""
        self.server: Child | None = None
        self._port = 0
        self._settings = folder / "firstlight.toml"

    @property
    def url(self) -> str:
        """Where the server answers."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def log(self) -> JsonLog:
        """What the server logs."""
        return JsonLog(self.folder.parent / "logs" / f"{self.name}-server.log")

    def write_settings(self, *, lease_s: int) -> None:
        """Write the settings file; the port is the server's own choice the first time."""
        values = settings_of(self.folder, self.outside, port=self._port, lease_s=lease_s)
        self._settings.write_text(as_toml(values), encoding="utf-8")

    async def start_olt(
        self, files: Path, number: int, registered: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """Start one OLT of the plant, counted from 0, which may know some ONTs already."""
        name = ground.read_rows(files, "olts")[number]["external_id"]
        described = ground.scenario(files, name, self.outside.secrets.communities, registered)
        self.olts[name] = await start_olt(
            self.household,
            f"{self.name}-olt-{number + 1}",
            described,
            self.folder,
            seed=number,
        )

    async def firstlight(self, *command: str, stdin: str | None = None) -> str:
        """Run one command of this installation; what it printed."""
        words = ["server", "--settings", str(self._settings), *command]
        return await self.household.must(f"{self.name}-{command[0]}", words, stdin=stdin)

    async def bring_in(
        self, files: Path, addresses: Path | None, premises: Sequence[PremiseRow]
    ) -> None:
        """Import the operator's files, with the OLTs where they answer."""
        ports = {name: olt.link_port for name, olt in self.olts.items()}
        placed = ground.place_olts(ground.read_rows(files, "olts"), ports)
        ground.write_rows(files, "olts", placed)
        if addresses is not None:
            await self.firstlight(
                "import",
                str(addresses),
                "--mapping",
                ground.MAPPING,
                "--quarantine",
                str(self.folder / "quarantine.csv"),
            )
        await self.firstlight("import", str(files))
        self.ground = ground.read_ground(files, premises)

    async def open_up(self) -> None:
        """Make the database, and add the dispatcher and the token of the other systems."""
        await self.firstlight("migrate")
        await self.firstlight(
            *("user", "add", EMAIL, "--name", "Dispatch", "--role", "admin"),
            stdin=self.outside.secrets.password + "\n",
        )
        scopes = [word for scope in _SCOPES for word in ("--scope", scope)]
        said = await self.firstlight("token", "add", "demo", *scopes)
        self.token = said.strip()

    async def serve(self, *, crash_at: str = "") -> Child:
        """Start the server, the first time on a free port and afterwards on the same."""
        self.server = await self.household.start(
            f"{self.name}-server",
            ["server", "--settings", str(self._settings), "serve"],
            environ={
                "FIRSTLIGHT_PORT": str(self._port),
                **({"FIRSTLIGHT_CRASH_AT": crash_at} if crash_at else {}),
            },
        )
        self._port = self.server.ready["port"]
        return self.server

    def copy_data_from(self, other: "Installation") -> None:
        """Take over the database of an installation that is not running."""
        shutil.copy(other.folder / "firstlight.db", self.folder / "firstlight.db")
        self.token = other.token
        self.ground = other.ground

    async def close(self) -> None:
        """Give connections back; processes are the household's."""
        for olt in self.olts.values():
            await olt.close()


def make_secrets() -> Secrets:
    """Make the secrets of a run."""
    return Secrets(
        password=f"{new_code()}-{new_code()}",
        webhook="whsec_" + base64.b64encode(secrets.token_bytes(24)).decode(),
        read_community=secrets.token_hex(8),
        write_community=secrets.token_hex(8),
    )


def settings_of(folder: Path, outside: Outside, *, port: int, lease_s: int) -> Table:
    """Say what an installation of the demo is set to."""
    read, write = outside.secrets.communities
    return {
        "database_url": f"sqlite:///{folder / 'firstlight.db'}",
        "blob_folder": str(folder / "blobs"),
        "port": port,
        "operator_slug": "auental",
        "operator_name": "Auental Fiber",
        "secure_cookies": False,
        "lease_s": lease_s,
        # The receiver of the demo answers on this machine, which webhooks may otherwise not reach.
        "webhook_networks_allowed": ["127.0.0.0/8"],
        "mail": {"port": outside.mail_port, "sender": "service@auental.example"},
        "snmp": {"demo": {"read": read, "write": write}},
        "webhook_secrets": {"billing": outside.secrets.webhook},
    }


def as_toml(values: Table, name: str = "") -> str:
    r"""Write settings as TOML: a table for each mapping, JSON for each value.

    >>> as_toml({"a": 1, "t": {"on": True, "names": ["x"]}})
    'a = 1\n\n[t]\non = true\nnames = ["x"]\n'
    """
    tables = {key: cast("Table", each) for key, each in values.items() if isinstance(each, Mapping)}
    text = f"\n[{name}]\n" if name else ""
    text += "".join(
        f"{key} = {json.dumps(value)}\n" for key, value in values.items() if key not in tables
    )
    return text + "".join(
        as_toml(table, f"{name}.{key}" if name else key) for key, table in tables.items()
    )
