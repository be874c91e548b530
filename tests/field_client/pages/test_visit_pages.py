"""The steps of a visit of each kind over an agent in the same process."""

import httpx
import pytest

from field_client.agent import Agent
from field_client.replica.views import count_all, get_job
from field_client.visit import Step, steps_of
from sync_protocol.documents import JobKind
from sync_protocol.jobs import JobState
from sync_protocol.operations import Check, LightReading, OntMoved, SerialScan
from sync_protocol.visits import KINDS
from tests.field_client.factories import JPEG, NOON, SERIAL, SVG
from tests.field_client.labels import CODE_128, draw_label
from tests.field_client.pages.test_pages import put_job
from tests.field_client.tablets import JOB

RUNNING = "ALCL00000001"
OTHER = "ZTEGC0000002"
URL = f"/jobs/{JOB}"
HTMX = {"HX-Request": "true"}


async def be(agent: Agent, kind: JobKind, **changes: object) -> None:
    """Let the job be of another kind, at a premise where an ONT runs."""
    changes = {"required_photos": KINDS[kind].photos, "current_serial": RUNNING, **changes}
    await agent.store.write(put_job, kind=kind, **changes)


async def bodies(agent: Agent) -> list[object]:
    view = await agent.store.read(get_job, JOB)
    return [item.capture.body for item in view.captures]


async def post(browser: httpx.AsyncClient, path: str, **data: str) -> str:
    answer = await browser.post(f"{URL}{path}", data=data, headers=HTMX)
    assert answer.status_code == 200, answer.text
    return answer.text


async def page(browser: httpx.AsyncClient, step: str) -> str:
    return (await browser.get(f"{URL}/visit/{step}")).text


async def photograph(browser: httpx.AsyncClient, kind: JobKind) -> None:
    for subject in KINDS[kind].photos:
        photo = {"photo": ("a.jpg", JPEG + subject.encode())}
        await browser.post(f"{URL}/photos/{subject}", files=photo)


@pytest.mark.parametrize("kind", JobKind)
async def test_every_step_of_a_kind_is_a_page_and_every_other_leads_to_the_visit(
    agent: Agent, browser: httpx.AsyncClient, kind: JobKind
) -> None:
    await be(agent, kind)

    for step in Step:
        answer = await browser.get(f"{URL}/visit/{step}")
        if step in steps_of(kind):
            assert answer.status_code == 200
            assert f'href="{URL}/visit/{step}" aria-current="step"' in answer.text
        else:
            assert (answer.status_code, answer.headers["location"]) == (303, f"{URL}/visit")
            assert f"{URL}/visit/{step}" not in await page(browser, "finish")
    assert (await browser.get(f"{URL}/visit")).headers["location"] == f"{URL}/visit/travel"


async def test_an_entry_in_a_step_that_the_kind_has_not_is_kept_all_the_same(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await be(agent, JobKind.DISCONNECT)

    said = await post(browser, "/light", reading="-19.4")

    assert "19.4 dBm" in said
    assert [type(body) for body in await bodies(agent)] == [LightReading]


async def test_a_check_is_saved_at_once_and_a_no_asks_what_is_wrong(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    before = await page(browser, "checks")
    refused = await post(browser, "/checks/bend_radius", answer="no")
    explained = await post(
        browser, "/checks/bend_radius", answer="no", value="12", remark="behind the cupboard"
    )
    after = await page(browser, "checks")

    assert 'name="remark"' not in before
    assert "What is wrong?" in refused
    assert "Saved on this tablet" in refused
    assert 'id="strip"' in refused, "the strip follows"
    assert "behind the cupboard" in explained
    assert 'value="no" checked' in after
    assert "behind the cupboard" in after
    assert [(b.name, b.answer, b.value, b.remark) for b in await bodies(agent)
            if isinstance(b, Check)] == [
        ("bend_radius", "no", None, ""),
        ("bend_radius", "no", "12", "behind the cupboard"),
    ]  # fmt: skip


async def test_checks_keep_nobody_from_finishing_and_are_named_at_the_end(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await be(agent, JobKind.DISCONNECT)
    await post(browser, "/old-ont", serial=RUNNING, move="recovered")
    await photograph(browser, JobKind.DISCONNECT)
    await post(browser, "/checks/site_tidy", answer="no", remark="dust")

    told = await page(browser, "finish")
    ended = await browser.post(f"{URL}/finish", data={"done_code": "D10"})

    assert "Still missing" not in told
    assert "Answered no: Room cleaned up (dust)" in told
    assert "Not answered: Port at the terminal marked as free" in told
    assert ended.headers["location"] == f"{URL}/receipt"


async def test_a_disconnection_is_done_in_one_touch_where_the_known_ont_is_taken_back(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await be(agent, JobKind.DISCONNECT)
    asked = await page(browser, "scan")

    told = await post(browser, "/old-ont", serial=RUNNING, move="defective")
    explained = await post(
        browser, "/old-ont", serial=RUNNING, move="defective", reason="no power light"
    )

    assert RUNNING in asked
    assert "What became of it?" in asked
    assert told.count(RUNNING) >= 2, "as the old ONT and as the serial of the visit"
    assert "no power light" in explained
    assert [type(body) for body in await bodies(agent)] == [OntMoved, SerialScan, OntMoved]


async def test_not_found_leads_to_its_code_and_nothing_is_missing(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await be(agent, JobKind.DISCONNECT)
    missing = await page(browser, "finish")
    await post(browser, "/old-ont", serial=RUNNING, move="not_found", reason="moved out")
    await photograph(browser, JobKind.DISCONNECT)

    told = await page(browser, "finish")

    assert "ONT serial" in missing
    assert 'value="D11" checked' in told
    assert "Still missing" not in told


async def test_a_swap_asks_for_both_onts_and_takes_another_old_one_by_its_serial(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await be(agent, JobKind.SWAP)
    await post(browser, "/serial", text=SERIAL)
    open_yet = await page(browser, "finish")
    wrong = await post(browser, "/old-serial", old_serial="3FE49715AEAA")
    label = {"photo": ("l.png", draw_label((OTHER, CODE_128)))}
    read = (await browser.post(f"{URL}/old-photo", files=label, headers=HTMX)).text
    await post(browser, "/old-ont", serial=OTHER, move="recovered")

    assert "Not said: what became of the old ONT" in open_yet
    assert "This is no ONT serial" in wrong
    assert OTHER in read
    assert "Not said" not in await page(browser, "finish")
    assert [b.serial for b in await bodies(agent) if isinstance(b, SerialScan | OntMoved)] == [
        SERIAL, OTHER,
    ]  # fmt: skip


async def test_a_photo_without_a_serial_of_the_old_ont_is_explained(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await be(agent, JobKind.SWAP)

    told = {"This picture cannot be read": JPEG, "Not one ONT": draw_label(("99", CODE_128))}
    for said, photo in told.items():
        files = {"photo": ("l.png", photo)}
        assert said in (await browser.post(f"{URL}/old-photo", files=files, headers=HTMX)).text
    assert (await agent.store.read(count_all)).captured == 0


async def test_a_repair_says_when_it_needs_a_serial(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await be(agent, JobKind.REPAIR)
    before = await page(browser, "scan")
    after = await post(browser, "/code", done_code="D07")

    assert "A repair needs this only if you change the ONT" in before
    assert "(not needed)" in before
    assert "ONT serial" in after, "what is missing follows the code at once"
    assert "(not needed)" not in after
    assert "A repair needs this" not in await page(browser, "scan")
    assert "ONT serial" not in await post(browser, "/code", done_code="D05")


async def test_a_level_is_recorded_with_how_it_was_measured(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await browser.post("/meter", data={"meter": "EXFO 12"})
    await post(browser, "/drafts/light_place", light_place="wall_outlet")
    shown = await page(browser, "light")
    said = await post(
        browser,
        "/light",
        reading="17,6",
        light_place="wall_outlet",
        light_wavelength="1490",
        meter="EXFO 12",
    )

    assert 'value="1490" checked' in shown
    assert 'value="wall_outlet" checked' in shown
    assert 'value="EXFO 12"' in shown
    assert "At the wall outlet" in said
    assert "A minus was added." in said
    assert "Light is good" in said
    (body,) = await bodies(agent)
    assert isinstance(body, LightReading)
    assert (body.rx_power_cdbm, body.meter, body.place, body.wavelength_nm) == (
        -1760, "EXFO 12", "wall_outlet", 1490,
    )  # fmt: skip


async def test_a_level_at_the_terminal_is_none_of_the_house_and_says_so(
    browser: httpx.AsyncClient,
) -> None:
    await post(browser, "/light", reading="-17.6", light_place="ont")
    said = await post(browser, "/light", reading="-15.1", light_place="terminal")
    other = await post(browser, "/light", reading="-18.2", light_wavelength="1550")

    assert "At the terminal it tells whether the light comes this far" in said
    assert "A minus was added." not in said
    assert "17.6 dBm, At the ONT, Light is good" in said, "the earlier one is listed"
    assert "the meter was set to 1550 nm, the light of this path has 1490 nm" in other


async def test_only_a_level_at_the_house_takes_the_light_step_off_the_list(
    browser: httpx.AsyncClient,
) -> None:
    await post(browser, "/light", reading="-15.1", light_place="terminal")
    missing = await page(browser, "finish")
    await post(browser, "/light", reading="-17.6", light_place="ont")

    assert "Light level" in missing
    assert "Light level" not in await page(browser, "finish")


async def test_of_many_levels_the_last_few_are_listed(browser: httpx.AsyncClient) -> None:
    for tenth in range(8):
        await post(browser, "/light", reading=f"-17.{tenth}")
    said = await post(browser, "/light", reading="-17.8")

    assert "17.7 dBm, At the house" in said
    assert "17.2 dBm, At the house" in said
    assert "17.1 dBm, At the house" not in said


async def test_leaving_offers_reasons_of_the_kind_with_what_follows_from_each(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await be(agent, JobKind.DISCONNECT)

    told = (await browser.get(f"{URL}/cannot-finish")).text

    assert "Nobody at home" in told
    assert "No light at the terminal" not in told
    assert "It may be charged to the customer." in told
    assert "A new day is agreed with the customer" in told


async def test_the_remark_for_the_office_can_be_written_at_the_end(
    browser: httpx.AsyncClient,
) -> None:
    told = await page(browser, "finish")
    await post(browser, "/fields/technician_remark", value="key is with the neighbour")

    assert "Remark for the office" in told
    assert "Telephone on site" not in told
    assert "key is with the neighbour" in await page(browser, "finish")


async def finish(browser: httpx.AsyncClient, kind: JobKind, code: str) -> str:
    """Do whatever a visit of the kind needs, and look at its receipt."""
    await post(browser, "/serial", text=SERIAL if KINDS[kind].puts_up else RUNNING)
    await post(browser, "/light", reading="-17.6")
    await photograph(browser, kind)
    await post(browser, "/signature", signer_name="Ada", svg=SVG)
    ended = await browser.post(f"{URL}/finish", data={"done_code": code})
    assert ended.status_code == 303, ended.text
    return (await browser.get(f"{URL}/receipt")).text


@pytest.mark.parametrize(
    ("kind", "code", "said", "row"),
    [
        (JobKind.INSTALL, "D02", "goes live by itself", "Service live"),
        (JobKind.REPAIR, "D05", "The job is closed as soon as", "Order fulfilled"),
        (JobKind.REPAIR, "D07", "The network is changed when", "takes the place of the old one"),
        (JobKind.SWAP, "D07", "The network is changed when", "takes the place of the old one"),
        (JobKind.DISCONNECT, "D10", "The network is changed when", "is switched off by itself"),
        (JobKind.MOVE, "D12", "The network is changed when", "moves the service to this premise"),
    ],
)
async def test_a_receipt_tells_what_will_be_done_with_a_visit_of_the_kind(
    agent: Agent, browser: httpx.AsyncClient, kind: JobKind, code: str, said: str, row: str
) -> None:
    live_at = None if kind is JobKind.INSTALL else NOON
    await be(agent, kind, live_at=live_at, service_state="active")

    receipt = await finish(browser, kind, code)

    assert "Finished, not sent yet" in receipt
    assert said in receipt
    assert row in receipt
    assert ("Service live" in receipt) is (kind is JobKind.INSTALL)


async def test_a_receipt_of_a_visit_in_vain_says_what_follows(browser: httpx.AsyncClient) -> None:
    await browser.post(f"{URL}/cannot-finish", data={"reason": "N07"})

    receipt = (await browser.get(f"{URL}/receipt")).text

    assert "Drop damaged. The cause is cleared first, then somebody goes there again." in receipt


@pytest.mark.parametrize(
    ("kind", "said", "is_asked_again"),
    [
        (JobKind.INSTALL, "Activation is running", True),
        (JobKind.REPAIR, "Finished, the office has it", False),
        (JobKind.SWAP, "The new ONT gets service by itself within minutes", False),
        (JobKind.DISCONNECT, "You need not wait for that", False),
        (JobKind.MOVE, "There is no service here before that", False),
    ],
)
async def test_a_receipt_of_what_was_sent_tells_what_it_waits_for(
    agent: Agent, browser: httpx.AsyncClient, kind: JobKind, said: str, *, is_asked_again: bool
) -> None:
    await be(agent, kind, state=JobState.COMPLETED)

    receipt = (await browser.get(f"{URL}/receipt")).text

    assert said in receipt
    assert ('hx-trigger="every' in receipt.split("<main")[1]) is is_asked_again
