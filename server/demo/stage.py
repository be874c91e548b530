"""Everything that a run of the demo has: processes, installations, tablets, receivers.

Setting it up is done side by side where nothing depends on the order; leaving the stage stops every
process again.
"""

import contextlib
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from server.demo import ground
from server.demo.air import Air, open_air
from server.demo.children import Household, together
from server.demo.ground import Ground, Site
from server.demo.installation import EMAIL, Installation, Outside, make_secrets
from server.demo.narration import Narrator, Voice
from server.demo.office import Office, Sold
from server.demo.receivers import Post, Receiver, hold_port
from server.demo.tablet import Tablet, start_tablet
from server.demo.visit import Fiber
from server.imports.rows import PremiseRow
from server.people.technicians import Technician

SHORT_LEASE_S: Final = 5
"""Of the installation whose server is killed: so long a half-done step waits for its next owner."""
USUAL_LEASE_S: Final = 30
_WEBHOOK_SECRET: Final = "billing"  # noqa: S105  the name of a secret in the settings


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the person who started the demo asked for."""

    seed: int
    come_up_s: float
    addresses: Path | None


class Place:
    """One installation with its office and its people."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.office = Office(installation.url, installation.token)
        self.technicians: dict[str, Technician] = {}
        self.tablets: dict[str, Tablet] = {}

    @property
    def ground(self) -> Ground:
        """The operator's data."""
        return self.installation.ground

    async def open(self) -> None:
        """Sign the dispatcher in and get to know the technicians."""
        await self.office.sign_in(EMAIL, self.installation.outside.secrets.password)
        self.technicians = await self.office.technicians()

    async def tablet(self, number: int, server_url: str | None = None) -> Tablet:
        """Give a technician, counted from 0, an enrolled tablet; the same one each time."""
        key = self.ground.technicians[number]
        if key not in self.tablets:
            person = self.technicians[key]
            home = self.installation.folder.parent / f"{self.installation.name}-tablet-{number + 1}"
            tablet = await start_tablet(
                self.installation.household, person.name, home, server_url or self.office.url
            )
            self.tablets[key] = tablet
            code = await self.office.enrolment_code(person.id)
            await tablet.enrol(code.code)
        return self.tablets[key]

    def technician(self, number: int) -> Technician:
        """Name a technician, counted from 0."""
        return self.technicians[self.ground.technicians[number]]

    async def close(self) -> None:
        """Give connections back."""
        await self.office.close()
        await self.installation.close()
        for tablet in self.tablets.values():
            await tablet.close()


class Stage:
    """What the story and its rivals play on."""

    def __init__(self, wanted: Wanted, narrator: Narrator, household: Household) -> None:
        self.wanted = wanted
        self.narrator = narrator
        self.household = household
        self.post: Post
        self.receiver: Receiver
        self.late_receiver: Receiver
        self.main: Place
        self.second: Place
        self.air: Air
        self._sold = 0

    def voice(self, tag: str = "") -> Voice:
        """Give a thread of the story its voice."""
        return Voice(self.narrator, tag)

    async def sell(self, place: Place, site: Site) -> Sold:
        """Sell a service at a site to the next account."""
        self._sold += 1
        accounts = place.ground.accounts
        return await place.office.sell(
            f"FL-{1000 + self._sold}",
            accounts[(self._sold - 1) % len(accounts)],
            site,
            place.ground.products[0],
            self.narrator.now(),
        )

    def fiber(self, place: Place, site: Site, serial: str, *, dark: bool = False) -> Fiber:
        """Say which ONT is screwed on at a site."""
        return Fiber(
            serial=serial,
            olt=place.installation.olts[site.olt],
            port=site.port,
            come_up_s=self.wanted.come_up_s,
            dark=dark,
        )


def foreign_registration(files: Path) -> dict[str, Any]:
    """Choose an ONT from stock that the first OLT already expects, on its second port."""
    ports = ground.read_rows(files, "pon-ports")
    stock = [row["serial"] for row in ground.read_rows(files, "onts") if not row["technician"]]
    return {"port": ground.port_name(ports[1]), "ont_id": 5, "serial": stock[0]}


@contextlib.asynccontextmanager
async def set_up(wanted: Wanted, narrator: Narrator, folder: Path) -> AsyncGenerator[Stage]:
    """Set everything up; on leaving, whatever happened, no process is left.

    Raises:
        ChildFailed: a command or process did not do what it is for.
    """
    household = Household(folder)
    stage = Stage(wanted, narrator, household)
    async with contextlib.AsyncExitStack() as leaving:
        leaving.push_async_callback(household.stop_all)
        files = folder / "files"
        premises = ground.prepare(files, wanted.addresses, seed=wanted.seed)
        await _start_outside(stage, folder)
        outside = Outside(mail_port=stage.post.port, secrets=make_secrets())
        await _build(stage, folder, files, premises, outside)
        narrator.zone = ZoneInfo(stage.main.ground.sites[0].zone)
        for place in (stage.main, stage.second):
            leaving.push_async_callback(place.close)
            await place.open()
        stage.air, air_url = await leaving.enter_async_context(open_air(stage.main.office.url))
        held = leaving.enter_context(hold_port())
        stage.late_receiver = Receiver(household, "late-receiver", outside.secrets.webhook, held)
        await _hand_out_tablets(stage, air_url)
        yield stage


async def _start_outside(stage: Stage, folder: Path) -> None:
    mails = folder / "mails.jsonl"
    child = await stage.household.start("mail", ["server.demo.mail_sink", "--log", str(mails)])
    stage.post = Post(child, mails)


async def _build(
    stage: Stage, folder: Path, files: Path, premises: Sequence[PremiseRow], outside: Outside
) -> None:
    """Build the main installation, and the second as a copy of it with OLTs of its own."""
    main, second = (
        _installation(stage.household, folder / name, outside) for name in ("main", "second")
    )
    stage.receiver = Receiver(stage.household, "receiver", outside.secrets.webhook)
    main.write_settings(lease_s=USUAL_LEASE_S)
    second.write_settings(lease_s=SHORT_LEASE_S)
    await together(
        main.start_olt(files, 0, [foreign_registration(files)]),
        main.start_olt(files, 1),
        # Only the first of its OLTs is ever asked for anything.
        second.start_olt(files, 0),
        main.open_up(),
        stage.receiver.start(),
    )
    await main.bring_in(files, stage.wanted.addresses, premises)
    second.copy_data_from(main)

    async def serve_second() -> None:
        await second.bring_in(files, None, premises)
        await second.serve()

    await together(main.serve(), serve_second())
    stage.main, stage.second = Place(main), Place(second)
    for place in (stage.main, stage.second):
        await place.office.push_feed_to(stage.receiver.url, _WEBHOOK_SECRET)


def _installation(household: Household, folder: Path, outside: Outside) -> Installation:
    folder.mkdir()
    return Installation(household, folder, outside)


async def _hand_out_tablets(stage: Stage, air_url: str) -> None:
    await together(
        stage.main.tablet(0, air_url),
        stage.main.tablet(1),
        stage.main.tablet(2),
        stage.second.tablet(0),
    )
