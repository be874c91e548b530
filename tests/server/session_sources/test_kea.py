from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from activation.snmp import Secret
from server.session_sources.kea import ANSWER_BYTES_MAX, KeaLeasesSource, read_answer
from server.session_sources.records import Answer, NoSession, Session, SourceUnavailable
from server.session_sources.wanted import KeaLeases
from tests.server.session_sources.stand_in import PASSWORD, USER, StandIn, a_kea

WHO = "HWTC1A2B3C4D"
CLIENT_ID = "00:48:57:54:43:31:41:32:42:33:43:34:44"
NINE = datetime(2026, 7, 2, 9, tzinfo=UTC)
CLTT = int(NINE.timestamp())
ENDLESS = (
    b'[{"result": 0, "arguments": {"leases": [{"ip-address": "10.0.0.1", "cltt": 1e300, "state": 0}'
    b"]}}]"
)
NESTED = b'[{"result": 0, "arguments": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]"


@pytest.fixture
async def kea() -> AsyncGenerator[StandIn]:
    async with a_kea() as stand_in:
        yield stand_in


async def ask(kea: StandIn, **changes: Any) -> Answer:  # noqa: ANN401  of any setting
    settings: dict[str, Any] = {
        "url": kea.url,
        "identifier": "{serial}",
        "user": USER,
        "password": Secret(PASSWORD),
        "timeout_ms": 5000,
    }
    source = KeaLeasesSource(KeaLeases(**(settings | changes)))
    answer = await source.ask(WHO)
    await source.close()
    return answer


@pytest.mark.parametrize("in_a_list", [True, False])
async def test_the_lease_that_was_renewed_last_is_found_by_client_id(
    kea: StandIn, *, in_a_list: bool
) -> None:
    kea.in_a_list = in_a_list
    kea.lease("10.0.0.1", CLTT - 60, client_id=CLIENT_ID)
    kea.lease("10.0.0.2", CLTT, client_id=CLIENT_ID)
    kea.lease("10.0.0.3", CLTT + 60, state=2, client_id=CLIENT_ID)
    kea.lease("10.0.0.4", CLTT + 60, client_id="00:01")

    assert await ask(kea) == Session(identifier=WHO, since=NINE, address="10.0.0.2")
    assert kea.asked[0]["service"] == ["dhcp4"]


async def test_a_lease_is_found_by_host_name_where_the_settings_say_so(kea: StandIn) -> None:
    kea.lease("10.0.0.1", CLTT, hostname=WHO)

    found = await ask(kea, found_by="hostname")

    assert isinstance(found, Session)


async def test_a_lease_that_nobody_has_any_more_is_no_session(kea: StandIn) -> None:
    kea.lease("10.0.0.3", CLTT, state=2, client_id=CLIENT_ID)

    assert await ask(kea) == NoSession(identifier=WHO)


async def test_an_ont_that_never_asked_for_an_address_has_no_session(kea: StandIn) -> None:
    assert await ask(kea) == NoSession(identifier=WHO)


async def test_a_wrong_password_is_told_and_not_shown(kea: StandIn) -> None:
    found = await ask(kea, password=Secret("guess-this"))

    assert found == SourceUnavailable(
        "it answers with status 401, which asks for another user or password"
    )


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"", "cannot be read"),
        (b"<html>hello</html>", "cannot be read"),
        (b"[]", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b'[{"result": "0"}]', "cannot be read"),
        (b'[{"result": 0}]', "cannot be read"),
        (b'[{"result": 0, "arguments": {"leases": [{"state": 0}]}}]', "cannot be read"),
        (ENDLESS, "cannot be read"),
        (NESTED, "cannot be read"),
        (b'[{"result": 1, "text": "no"}]', "it refuses with result 1: 'no'"),
        (b'[{"result": 2, "text": "not supported"}]', "result 2: 'not supported'"),
        (b"[" + b" " * ANSWER_BYTES_MAX + b"]", f"longer than {ANSWER_BYTES_MAX} bytes"),
    ],
)
async def test_an_answer_that_is_none_proves_nothing_and_says_why(
    kea: StandIn, said: bytes, reason: str
) -> None:
    kea.said = said

    found = await ask(kea)

    assert isinstance(found, SourceUnavailable)
    assert reason in found.reason


async def test_a_server_in_trouble_is_unavailable(kea: StandIn) -> None:
    kea.said, kea.status = b"", "503 Busy"

    assert await ask(kea) == SourceUnavailable("it answers with status 503")


async def test_a_server_that_never_answers_holds_nobody_up(kea: StandIn) -> None:
    kea.silent = True

    assert await ask(kea, timeout_ms=50) == SourceUnavailable("no answer within 0.05 s")


async def test_a_port_that_nobody_listens_at_is_unavailable(kea: StandIn) -> None:
    found = await ask(kea, url="http://127.0.0.1:9/")

    assert isinstance(found, SourceUnavailable)
    assert found.reason.startswith("ConnectError: ")


@hypothesis.given(st.binary(max_size=200))
def test_whatever_bytes_come_are_read_or_refused(body: bytes) -> None:
    assert not isinstance(read_answer(body, WHO), Session)
