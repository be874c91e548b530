"""The local API as a page or the demo meets it: a real process, a real socket, a launch token."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from sync_protocol.ids import JobId
from sync_protocol.jobs import JobState
from tests.field_client.factories import COLLEAGUE, JPEG, SERIAL, SVG, a_job
from tests.field_client.http_server import HttpFakeServer, captive_portal
from tests.field_client.labels import CODE_128, draw_label

JOB = str(UUID(int=100))
DEADLINE_S = 30


@asynccontextmanager
async def launched(home: Path, server_url: str) -> AsyncGenerator[httpx.AsyncClient, None]:
    """Start an agent as a person does, and talk to it with its token."""
    async with launched_process(home, server_url) as (client, _):
        yield client


@asynccontextmanager
async def launched_process(
    home: Path, server_url: str
) -> AsyncGenerator[tuple[httpx.AsyncClient, Process], None]:
    """Start an agent that a test may also kill."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "field_client", "serve", "--home", str(home),
        "--server", server_url, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    try:
        ready = await _ready(process)
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{ready['port']}/api",
            headers={"Authorization": f"Bearer {ready['token']}"},
            timeout=DEADLINE_S,
        ) as client:
            yield client, process
    finally:
        if process.returncode is None:
            process.terminate()
        _, errors = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    assert b"Traceback" not in errors, errors.decode()


async def _ready(process: Process) -> dict[str, Any]:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), DEADLINE_S)
    ready: dict[str, Any] = json.loads(line)
    assert ready["ready"] is True
    return ready


Json = dict[str, Any]


async def call(client: httpx.AsyncClient, path: str, body: object = None) -> Json:
    """Post, and expect it to be right."""
    answer = await client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def enrol(client: httpx.AsyncClient) -> None:
    await call(client, "/enrol", {"code": "welcome-1234", "device_name": "tab"})
    assert (await call(client, "/sync"))["outcome"]["type"] == "synced"


async def take_photo(client: httpx.AsyncClient, subject: str) -> Json:
    answer = await client.post(
        f"/jobs/{JOB}/photos", params={"subject": subject}, content=JPEG + subject.encode()
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def do_the_job(client: httpx.AsyncClient) -> None:
    """Enter what an install needs."""
    await call(client, f"/jobs/{JOB}/moves", {"event": "start"})
    label = draw_label((f"SN:{SERIAL}", CODE_128), rotation=12)
    scanned = await client.post(f"/jobs/{JOB}/scan", content=label)
    assert scanned.json()["recorded"]["serial"] == SERIAL
    light = await call(client, f"/jobs/{JOB}/light", {"reading": "-18,5"})
    assert light["judgement"]["verdict"] == "ok"
    missing = await client.post(f"/jobs/{JOB}/complete", json={"code": "D02"})
    assert missing.status_code == 409
    assert missing.json()["missing"] == ["signature", "photo:ont", "photo:wall"]
    await take_photo(client, "ont")
    await take_photo(client, "wall")
    signature = {"signer_name": "A. Subscriber", "statement": "It works.", "svg": SVG}
    await call(client, f"/jobs/{JOB}/signature", signature)
    await call(client, f"/jobs/{JOB}/fields/access_notes", {"value": "key at no. 3"})
    completed = await call(client, f"/jobs/{JOB}/complete", {"code": "D02"})
    assert completed["captures"] == 5


async def test_a_job_done_offline_is_on_the_server_after_the_network_is_back(
    tmp_path: Path, server: HttpFakeServer
) -> None:
    async with launched(tmp_path, server.url) as client:
        await enrol(client)
        await call(client, "/flight-mode", {"on": True})
        asked_before = len(server.arrived)

        await do_the_job(client)
        offline = (await client.get("/status")).json()
        assert (offline["pending_operations"], offline["pending_blobs"]) == (8, 3)
        assert (offline["online"], offline["captured"]) == (False, 8)
        assert len(server.arrived) == asked_before

        await call(client, "/flight-mode", {"on": False})
        await call(client, "/sync")

        status = (await client.get("/status")).json()
        assert status["verdicts"] == {"applied": 8}
        assert (status["pending_operations"], status["pending_blobs"]) == (0, 0)
        job = (await client.get(f"/jobs/{JOB}")).json()
        assert (job["card"]["state"], job["card"]["receipt"]) == ("completed", "sent")
        first = (await client.get("/operations", params={"limit": 2})).json()
        assert [(row["dseq"], row["kind"]) for row in first] == [(1, "move"), (2, "capture")]
    assert next(iter(server.protocol.jobs.values())).state is JobState.COMPLETED
    assert len(server.whole_blobs()) == 3


async def test_what_is_found_and_begun_offline_is_on_the_server_after_the_network_is_back(
    tmp_path: Path, server: HttpFakeServer
) -> None:
    async with launched(tmp_path, server.url) as client:
        await enrol(client)
        await call(client, "/flight-mode", {"on": True})
        begun = await client.post(
            "/jobs", json={"kind": "install", "reason": "a second outlet", "premise_of": JOB}
        )
        assert begun.status_code == 201
        job_id = begun.json()["job_id"]
        path = f"/jobs/{job_id}"
        await call(client, f"{path}/checks/bend_radius", {"answer": "yes", "value": "30 mm"})
        await call(client, f"{path}/notes", {"text": "behind the shelf"})
        port = {"subject": "plant", "field": "terminal_port", "proposed_value": "3"}
        await call(client, f"{path}/corrections", port)
        ont = await call(client, f"{path}/onts", {"serial": SERIAL.lower(), "move": "installed"})
        setup = {"reading": "18,5", "meter": "PPM 1187", "wavelength_nm": 1550, "place": "ont"}
        light = await call(client, f"{path}/light", setup)
        correctable = (await client.get("/correctable")).json()

        shown = (await client.get(path)).json()
        await call(client, "/flight-mode", {"on": False})
        await call(client, "/sync")
        synced = (await client.get(path)).json()

    assert (ont["serial"], light["sign_added"]) == (SERIAL, True)
    assert "set to 1550 nm" in light["unjudged"]
    assert "terminal_port" in correctable["plant"]
    assert (shown["card"]["is_only_here"], shown["card"]["pending_operations"]) == (True, 6)
    assert shown["latest"]["checks"]["bend_radius"]["capture"]["body"]["answer"] == "yes"
    assert [note["receipt"] for note in shown["latest"]["notes"]] == ["saved_on_tablet"]
    assert (synced["card"]["is_only_here"], synced["card"]["receipt"]) == (False, "sent")
    assert len(server.protocol.captures[JobId(UUID(job_id))]) == 5


async def test_flight_mode_and_unsent_work_survive_a_restart(
    tmp_path: Path, server: HttpFakeServer
) -> None:
    async with launched(tmp_path, server.url) as client:
        await enrol(client)
        await call(client, "/flight-mode", {"on": True})
        await call(client, f"/jobs/{JOB}/moves", {"event": "start"})

    async with launched(tmp_path, server.url) as client:
        status = (await client.get("/status")).json()
        assert (status["flight_mode"], status["pending_operations"]) == (True, 1)
        jobs = (await client.get("/jobs")).json()
        assert [job["state"] for job in jobs] == ["working"]
    assert server.protocol.operations == []


async def test_what_was_answered_as_saved_survives_a_kill_at_any_instant(
    tmp_path: Path, server: HttpFakeServer
) -> None:
    async with launched(tmp_path, server.url) as client:
        await enrol(client)
        await call(client, "/flight-mode", {"on": True})
    saved = 0
    for rounds in (3, 7, 5):
        async with launched_process(tmp_path, server.url) as (client, process):
            waiting = [
                asyncio.create_task(
                    client.post(f"/jobs/{JOB}/fields/access_notes", json={"value": str(number)})
                )
                for number in range(20)
            ]
            await asyncio.gather(*waiting[:rounds])
            process.kill()
            answers = await asyncio.gather(*waiting, return_exceptions=True)
            saved += sum(
                isinstance(answer, httpx.Response) and answer.status_code == 200
                for answer in answers
            )

    assert saved >= 15
    async with launched(tmp_path, server.url) as client:
        status = (await client.get("/status")).json()
        assert status["captured"] >= saved
        await call(client, "/flight-mode", {"on": False})
        await call(client, "/sync")
    numbers = [operation.dseq for operation in server.protocol.operations]
    assert numbers == list(range(1, status["captured"] + 1))


async def test_a_job_taken_away_shows_why_and_takes_nothing_more(
    tmp_path: Path, server: HttpFakeServer
) -> None:
    async with launched(tmp_path, server.url) as client:
        await enrol(client)
        await call(client, "/flight-mode", {"on": True})
        server.refused_blobs = {(await take_photo(client, "ont"))["sha256"]}
        server.protocol.take_away(a_job().id, COLLEAGUE)
        await call(client, "/flight-mode", {"on": False})
        await call(client, "/sync")

        refused = await client.post(f"/jobs/{JOB}/moves", json={"event": "start"})
        status = (await client.get("/status")).json()

    assert (refused.status_code, refused.json()["code"]) == (409, "job_read_only")
    assert status["verdicts"] == {"merged": 1}
    assert [problem["code"] for problem in status["problems"]] == ["blob_failed"]


async def test_a_captive_portal_is_told_as_no_answer(
    tmp_path: Path, server: HttpFakeServer
) -> None:
    async with launched(tmp_path, server.url) as client:
        await enrol(client)
        server.tricks.append(captive_portal)

        report = await call(client, "/sync")
        status = (await client.get("/status")).json()

    assert report["outcome"]["type"] == "unreachable"
    assert "text/html" in report["outcome"]["detail"]
    assert (status["online"], status["problems"][0]["code"]) == (False, "unreachable")


WRONG: list[tuple[str, str, bytes, int, str]] = [
    ("POST", "/jobs", b'{"kind":"install","reason":"why not"}', 400, "needs a place"),
    ("POST", "/jobs", b'{"kind":"install","reason":" ","address":"x"}', 400, "needs a reason"),
    ("POST", "/jobs", b'{"kind":"telepathy","reason":"x"}', 400, "telepathy"),
    ("POST", f"/jobs/{JOB}/notes", b'{"text":" "}', 400, "the note is empty"),
    ("POST", f"/jobs/{JOB}/checks/x", b'{"answer":"perhaps"}', 400, "perhaps"),
    (
        "POST",
        f"/jobs/{JOB}/corrections",
        b'{"subject":"plant","field":"price","proposed_value":"1"}',
        400,
        "'price' of the plant is not corrected",
    ),
    ("POST", f"/jobs/{JOB}/onts", b'{"serial":"x","move":"installed"}', 400, "'x'"),
    ("POST", f"/jobs/{JOB}/light", b'{"reading":"3,2"}', 400, "either side of zero"),
    ("POST", f"/jobs/{JOB}/light", b'{"reading":"-19","wavelength_nm":1300}', 400, "1300"),
    ("POST", "/enrol", b'{"code":"welc', 400, "truncated"),
    ("POST", "/enrol", b"[" * 5000, 400, "got `array`"),
    ("POST", "/enrol", b'{"code":"\xff"}', 400, "UTF-8"),
    ("POST", "/enrol", b'{"code":"short","device_name":"t"}', 400, "code"),
    ("POST", "/enrol", b'{"code":"welcome-1234","device_name":"t","admin":1}', 400, "admin"),
    ("POST", "/enrol", b"", 400, "nothing was sent"),
    ("POST", "/enrol", b"null", 400, "got `null`"),
    ("POST", f"/jobs/{JOB}/moves", b"", 400, "nothing was sent"),
    ("POST", f"/jobs/{JOB}/moves", b'{"event":7}', 400, "`$.event`: 7"),
    ("POST", f"/jobs/{JOB}/fields/priority", b'{"value":7}', 400, "`$.value`: 7"),
    ("POST", "/flight-mode", b'{"on":"yes"}', 400, "`$.on`: 'yes'"),
    ("POST", f"/jobs/{JOB}/light", b'{"reading":true}', 400, "`$.reading`: True"),
    ("POST", "/enrol", b'{"code":"used-up-99","device_name":"t"}', 409, "already"),
    ("POST", f"/jobs/{JOB}/give-up", b'{"code":"nobody_home"}', 400, "N01 customer no-show"),
    ("POST", f"/jobs/{JOB}/moves", b'{"event":"fly"}', 400, "'fly' is no move"),
    ("POST", f"/jobs/{JOB}/moves", b'{"event":"fly"}', 400, "possible: abort, accept"),
    ("POST", f"/jobs/{JOB}/moves", b'{"event":"cancel"}', 400, "cancel"),
    ("POST", f"/jobs/{JOB}/moves", b'{"event":"resume"}', 409, "assigned cannot resume"),
    ("POST", f"/jobs/{JOB}/light", b'{"reading":"bright"}', 400, "bright"),
    ("POST", f"/jobs/{JOB}/light", b'{"reading":-99.5}', 400, "-99.5"),
    ("POST", f"/jobs/{JOB}/light", b'{"reading":"' + b"b" * 3000 + b'"}', 400, "3000 characters"),
    ("POST", f"/jobs/{JOB}/fields/{'x' * 900}", b'{"value":"1"}', 400, "900 characters"),
    ("POST", f"/jobs/{JOB}/scan", b"no image", 400, "6e6f20696d616765"),
    ("POST", f"/jobs/{JOB}/photos?subject=ont", b"no photo", 400, "no photo"),
    ("POST", f"/jobs/{JOB}/photos", JPEG, 400, "subject"),
    ("POST", f"/jobs/{JOB}/fields/priority", b'{"value":"1"}', 400, "priority"),
    ("POST", f"/jobs/{JOB}/signature", b'{"signer_name":"A","statement":"x","svg":"y"}', 400, "y"),
    ("POST", f"/jobs/{UUID(int=404)}/moves", b'{"event":"start"}', 404, str(UUID(int=404))),
    ("GET", f"/jobs/{UUID(int=404)}", b"", 404, str(UUID(int=404))),
    ("GET", "/jobs/one", b"", 404, "Not Found"),
    ("GET", "/jobs/one", b"", 404, "'/api/jobs/one'"),
    ("GET", "/operations?after=-1", b"", 400, "after is '-1'"),
    ("GET", "/operations?limit=many", b"", 400, "limit is 'many'"),
    ("DELETE", "/status", b"", 405, "DELETE '/api/status'"),
]


async def test_wrong_input_is_answered_with_a_problem_that_names_it(
    tmp_path: Path, server: HttpFakeServer
) -> None:
    async with launched(tmp_path, server.url) as client:
        await enrol(client)
        for method, path, body, status, named in WRONG:
            answer = await client.request(method, path, content=body)
            assert answer.status_code == status, (path, body[:60], answer.text)
            assert answer.headers["content-type"] == "application/problem+json", path
            assert named in answer.json()["detail"], (path, answer.text)
            assert len(answer.content) < 2_000, (path, answer.text)
        typed = await client.post(
            f"/jobs/{JOB}/scan",
            content=b'{"text":"3FE49715AEAA"}',
            headers={"Content-Type": "application/json"},
        )
        assert (typed.status_code, "3FE49715AEAA" in typed.text) == (400, True)
        assert (await client.get("/status")).json()["captured"] == 0


async def test_a_doubtful_serial_is_asked_about_and_recorded_with_a_reason(
    tmp_path: Path, server: HttpFakeServer
) -> None:
    server.protocol.put_job(a_job(reserved_serial="ALCL00000001"))
    scan = f"/jobs/{JOB}/scan"
    async with launched(tmp_path, server.url) as client:
        await enrol(client)

        typed = await client.post(scan, json={"text": SERIAL})
        photo = (await client.post(scan, content=draw_label((SERIAL, CODE_128)))).json()
        captured = (await client.get("/status")).json()["captured"]
        entry = {"text": SERIAL, "override_reason": "swapped at the depot", "method": "scan"}
        recorded = await call(client, scan, entry)

    assert (typed.status_code, typed.json()["code"]) == (409, "doubtful_serial")
    assert "ALCL00000001" in typed.json()["detail"]
    assert typed.json()["warnings"] == photo["warnings"] == recorded["warnings"]
    assert (photo["recorded"], photo["result"]["sure"], captured) == (None, SERIAL, 0)
    assert recorded["serial"] == SERIAL


async def test_what_a_scanner_types_is_recorded_with_the_whole_code(
    tmp_path: Path, server: HttpFakeServer
) -> None:
    async with launched(tmp_path, server.url) as client:
        await enrol(client)
        code = {"text": f"[)>\x1e06\x1dP1\x1dS{SERIAL}\x1e\x04", "method": "wedge"}

        recorded = await call(client, f"/jobs/{JOB}/scan", code)
        job = (await client.get(f"/jobs/{JOB}")).json()
        mac = {"text": "SN:FCDD55123456", "method": "wedge"}
        refused = await client.post(f"/jobs/{JOB}/scan", json=mac)

    body = job["captures"][0]["capture"]["body"]
    assert (recorded["serial"], body["method"], body["raw_text"]) == (SERIAL, "wedge", code["text"])
    assert (refused.status_code, "MAC address" in refused.json()["detail"]) == (400, True)


async def test_a_frame_of_the_camera_is_read_and_nothing_recorded(
    tmp_path: Path, server: HttpFakeServer
) -> None:
    async with launched(tmp_path, server.url) as client:
        await enrol(client)
        frame = draw_label((SERIAL, CODE_128), ("3FE49715AEAA", CODE_128))

        seen = (await client.post("/scan-frame", content=frame)).json()

        assert seen["sure"] == SERIAL
        assert {found["kind"] for found in seen["candidates"]} == {"pon_serial", "part_number"}
        assert (await client.get("/status")).json()["captured"] == 0
