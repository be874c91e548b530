"""What all tests share: PostgreSQL, Chromium, and how hard Hypothesis tries."""

import os
from collections.abc import AsyncGenerator, Generator
from functools import cache
from pathlib import Path

import hypothesis
import pytest
from playwright.async_api import ConsoleMessage, Error, Page, async_playwright

from dev import BROWSER_TESTS_LEFT_OUT, find_chromium
from tests import net_snmp
from tests.postgres import PostgresServer, running_postgres
from tests.powercut import tracing

# No test, and no program that one starts, keeps anything in the keystore of this desktop.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

# A slow machine is no finding: no deadline, and no complaint about the time that data takes.
for _profile, _examples in {"gate": 100, "nightly": 10_000}.items():
    hypothesis.settings.register_profile(
        _profile,
        max_examples=_examples,
        print_blob=True,
        deadline=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )
hypothesis.settings.load_profile(os.environ.get("FIRSTLIGHT_HYPOTHESIS", "gate"))

_CHROMIUM_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_configure() -> None:
    """Refuse to start where pages must be opened and cannot be."""
    if os.environ.get("FIRSTLIGHT_REQUIRE_BROWSER") and find_chromium() is None:
        raise pytest.UsageError(BROWSER_TESTS_LEFT_OUT)


@cache
def left_out() -> dict[str, str]:
    """Say which marks cannot be tested here, and why, each in one line."""
    found: dict[str, str] = {}
    if find_chromium() is None:
        found["browser"] = BROWSER_TESTS_LEFT_OUT
    if not net_snmp.has_net_snmp():
        found["netsnmp"] = net_snmp.TESTS_LEFT_OUT
    reason = tracing.why_not()
    if reason is not None:
        found["powercut"] = (
            "LEFT OUT: every test marked 'powercut' (tests/powercut), because no program can be "
            f"watched here: {reason}"
        )
    return found


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs a program that is not here; the summary says so."""
    marks = left_out()
    if not marks:
        return
    left = [item for item in items if any(item.get_closest_marker(mark) for mark in marks)]
    items[:] = [item for item in items if item not in left]
    config.hook.pytest_deselected(items=left)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the very end, where it is read, what was not tested."""
    for line in left_out().values():
        terminalreporter.write_line(line, red=True, bold=True)


@pytest.fixture(scope="session")
def postgres_server() -> Generator[PostgresServer]:
    """A running PostgreSQL; ask it for ``database()``."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Generator[str]:
    """A fresh, empty database of this test's own."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def screenshots() -> Path:
    """Where pages leave pictures for a person to look at."""
    folder = Path(__file__).parent.parent / ".dev" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def page_complaints() -> list[str]:
    """What Chromium complained about on ``page``; a test that expects a complaint clears it."""
    return []


@pytest.fixture
def chromium_flags() -> tuple[str, ...]:
    """What else Chromium is started with; a test that needs a camera gives it one."""
    return ()


@pytest.fixture
async def page(page_complaints: list[str], chromium_flags: tuple[str, ...]) -> AsyncGenerator[Page]:
    """A page of headless Chromium; its test fails if a script fails or the CSP blocks something.

    A test that uses it carries the mark ``browser``.
    """

    def note_error(message: ConsoleMessage) -> None:
        if message.type == "error":
            page_complaints.append(f"{message.text} ({message.location})")

    def note_exception(error: Error) -> None:
        page_complaints.append(str(error))

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_chromium(),
            chromium_sandbox=False,
            args=[*_CHROMIUM_FLAGS, *chromium_flags],
        )
        page = await browser.new_page()
        page.on("console", note_error)
        page.on("pageerror", note_exception)
        yield page
        await browser.close()
    assert page_complaints == []
