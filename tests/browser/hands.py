"""What a technician's hands do on the pages, so that a test tells a day and not clicks."""

import io
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from PIL import Image
from playwright.async_api import Locator, Page, ViewportSize, expect

from server.acts import utc_now
from server.database import Store, Written
from server.database.tables import plant
from server.people import secrets
from server.sync import devices
from tests.browser.agents import RunningAgent
from tests.field_client.labels import CODE_128, draw_label
from tests.server.console.town import act

UPRIGHT = ViewportSize(width=800, height=1280)
WIDE = ViewportSize(width=1280, height=800)
SERIAL = "HWTC1A2B3C4D"


def invite(store: Store, technician_id: UUID) -> str:
    """Let the office make a code for a new tablet."""
    code = secrets.new_code()
    return store.write_now(devices.issue_code, technician_id, code, act=act(utc_now())).code


def fill_van(store: Store, technician_id: UUID, *serials: str) -> None:
    """Let the office say which ONTs are in a van, and which models the network supports."""
    stock = [{"serial": each, "model": "HG8245H", "technician_id": technician_id,
              "held_since": utc_now()} for each in serials]  # fmt: skip
    model: dict[str, object] = {
        "model": "HG8245H", "vendor": "Huawei", "serial_prefixes": [], "optic_classes": [],
        "supported": True, "note": "Wi-Fi 5",
    }  # fmt: skip

    def unit(db: sa.Connection) -> Written[None]:
        db.execute(sa.insert(plant.onts), stock)
        db.execute(sa.insert(plant.ont_models), [model])
        return Written(None)

    store.write_now(unit)


def label_photo(folder: Path, serial: str = SERIAL) -> Path:
    """Photograph the label of an ONT, a little askew."""
    file = folder / f"label-{serial}.png"
    file.write_bytes(draw_label((serial, CODE_128), ("10394EB5DA90", CODE_128), rotation=9))
    return file


def photo(folder: Path, shade: int) -> Path:
    """Take a photo of a wall."""
    file, picture = folder / f"wall-{shade}.jpg", io.BytesIO()
    Image.new("RGB", (1600, 1200), (shade, 120, 140)).save(picture, "JPEG", quality=70)
    file.write_bytes(picture.getvalue())
    return file


class Hands:
    """One technician at one tablet."""

    def __init__(
        self, page: Page, agent: RunningAgent, folder: Path, complaints: list[str]
    ) -> None:
        self.page = page
        self.agent = agent
        self._folder = folder
        self._complaints = complaints

    def forgive(self, *parts: str) -> None:
        """Take away what the browser complains of, where a test has asked for it."""
        self._complaints[:] = [
            each for each in self._complaints if not any(part in each for part in parts)
        ]

    async def open(self) -> None:
        """Open the pages from the icon."""
        await self.page.goto(self.agent.launch_url)

    async def enrol(self, code: str) -> None:
        """Set the tablet up with a code, and wait for the jobs."""
        await self.open()
        await self.page.get_by_label("Code", exact=True).fill(code)
        await self.page.get_by_role("button", name="Set up this tablet").click()
        await expect(self.page.get_by_role("heading", name="My jobs")).to_be_visible()

    async def goto(self, path: str) -> None:
        """Go to a page by its address."""
        await self.page.goto(f"{self.agent.url}{path}")

    async def see_jobs(self, count: int) -> None:
        """Wait until so many jobs are on the first page."""
        cards = self.page.locator("a.card-link")
        for _ in range(50):
            await self.goto("/")
            if await cards.count() == count:
                return
            await self.page.wait_for_timeout(100)
        await expect(cards).to_have_count(count)

    async def open_job(self, number: str) -> None:
        """Open a job from the first page."""
        await self.goto("/")
        await self.page.get_by_role("link", name=number).click()
        await expect(self.page.get_by_role("heading", name=number, level=1)).to_be_visible()
        await self.page.wait_for_load_state()

    async def press(self, name: str) -> None:
        """Press a button or follow a link that looks like one, and let its page load."""
        button = self.page.get_by_role("button", name=name)
        link = self.page.get_by_role("link", name=name)
        await button.or_(link).first.click()
        await self.page.wait_for_load_state()

    async def arrive(self) -> None:
        """Drive there and begin to work."""
        for move in ("I am on my way", "I am there", "Start work"):
            await self.press(move)

    async def scan(self, serial: str = SERIAL) -> None:
        """Photograph the label."""
        await self.page.set_input_files("#label-photo", label_photo(self._folder, serial))
        await expect(self.page.locator("#serial .result-value")).to_have_text(serial)

    async def measure(self, reading: str) -> Locator:
        """Type a light level; the place where the verdict appears."""
        await self.page.get_by_label("What the meter shows").fill(reading)
        await self.page.get_by_label("What the meter shows").press("Tab")
        return self.page.locator("#light")

    async def photograph(self, subject: str, shade: int = 90) -> None:
        """Take a photo of one subject."""
        slot = self.page.locator("li.slot").filter(has_text=subject)
        await slot.locator("input[type=file]").set_input_files(photo(self._folder, shade))
        slot = self.page.locator("li.slot").filter(has_text=subject)
        await expect(slot.locator(".thumbs img")).to_have_count(1)

    async def check(self, what: str, answer: str) -> None:
        """Answer a check."""
        row = self.page.get_by_role("group", name=what)
        await row.get_by_label(answer, exact=True).click()
        await expect(row.locator("xpath=..").locator(".saved")).to_contain_text("Saved on")
        await expect(row.get_by_label(answer, exact=True)).to_be_checked()

    async def tell_old_ont(self, move: str) -> None:
        """Say what became of the old ONT."""
        old = self.page.locator("#old-ont")
        await old.get_by_label(move, exact=True).click()
        await expect(old.locator(".saved")).to_contain_text("Saved on")

    async def sign(self, name: str) -> None:
        """Let the subscriber sign."""
        await self.page.get_by_label("Who signs").fill(name)
        await self.page.get_by_label("Who signs").press("Tab")
        await self.draw()
        await self.press("Save the signature")
        await expect(self.page.locator("#signed")).to_contain_text(f"Signed by {name}")

    async def draw(self) -> None:
        """Draw something on the pad."""
        pad = self.page.locator("#pad")
        await pad.scroll_into_view_if_needed()
        box = await pad.bounding_box()
        assert box is not None
        mouse = self.page.mouse
        await mouse.move(box["x"] + 40, box["y"] + 60)
        await mouse.down()
        for step in range(12):
            await mouse.move(box["x"] + 40 + 30 * step, box["y"] + 60 + 50 * (step % 2))
        await mouse.up()

    async def wait_for_chip(self, text: str) -> None:
        """Wait until the chip says it; the page asks by itself."""
        await expect(self.page.locator("#chip")).to_contain_text(text, timeout=20_000)
