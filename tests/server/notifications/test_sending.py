import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.database.tables import offers
from server.database.tables.billing import notifications
from server.due_loop import TAKES_MAX
from server.notifications import outbox, queries
from server.notifications.sending import RETRY_DELAYS_S
from server.problems import Conflicting
from tests.server.factories import act, change, rows
from tests.server.fulfilment.shift import Shift

LIMIT_S = 0.2
PATIENCE_S = 20


async def sent(shift: Shift, *, within_s: float = 600) -> tuple[str, str | None]:
    """Let a service go live; how its notification stands."""
    shift.complete_job()
    await shift.worker.settle(within_s=within_s)
    (row,) = rows(shift.store, notifications)
    return row["state"], row["last_status"]


def wait_again(shift: Shift) -> None:
    """Let the message be due once more, as if it had never been sent."""
    again = {"state": "waiting", "attempt": 0, "next_at": shift.world.clock()}
    change(shift.store, sa.update(notifications).values(again))


async def test_a_subscriber_is_told(shift: Shift) -> None:
    assert await sent(shift) == ("sent", "sent")
    assert len(shift.world.mails) == 1


async def test_an_account_without_address_is_said_so(shift: Shift) -> None:
    change(shift.store, sa.update(offers.accounts).values(email=None))

    assert await sent(shift) == ("failed", "the account has no mail address")


@pytest.mark.parametrize("column", ["email", "name"])
async def test_a_line_break_in_what_a_mail_says_ends_in_one_attempt(
    shift: Shift, column: str
) -> None:
    text = "Erika\r\nBcc: everybody@example.org" if column == "name" else "a@b\r\nBcc: c@d"
    change(shift.store, sa.update(offers.accounts).values({column: text}))

    state, _ = await sent(shift)

    assert state == ("sent" if column == "name" else "failed"), "a name stands in the text only"
    assert len(shift.world.mails) == (1 if column == "name" else 0)


async def test_a_silent_mail_server_is_tried_again_and_then_given_up(shift: Shift) -> None:
    shift.worker.sender = shift.worker.sender_to(1)

    state, status = await sent(shift, within_s=100_000)

    assert (state, status) == ("failed", "SMTPConnectError")


async def test_a_mail_sent_again_after_a_crash_keeps_its_message_id(shift: Shift) -> None:
    await sent(shift)
    change(shift.store, sa.update(notifications).values(state="waiting", attempt=0))

    await shift.worker.settle()

    assert len(shift.world.mails) == 2
    assert len(set(shift.world.mails)) == 1


GREYLISTED = "451 4.7.1 come back later"


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_a_mail_that_is_greylisted_is_taken_when_it_comes_back(
    shift: Shift, command: str
) -> None:
    shift.world.mail_answers[command] = [GREYLISTED, GREYLISTED]
    begun = shift.world.clock()

    assert await sent(shift) == ("sent", "sent")

    (row,) = rows(shift.store, notifications)
    assert row["attempt"] == 3
    assert shift.world.clock() - begun >= timedelta(seconds=sum(RETRY_DELAYS_S[:2]))
    assert len(shift.world.mails) == 1


async def test_a_greylisted_mail_waits_its_delay_and_says_so(shift: Shift) -> None:
    shift.world.mail_answers["RCPT"] = [GREYLISTED] * 2

    state, status = await sent(shift, within_s=10)

    assert (state, status) == ("waiting", "the mail server asks to come back later: 451")


@pytest.mark.parametrize(
    ("command", "answer", "status"),
    [
        ("RCPT", "550 5.1.1 no such user", "the mail server refuses the recipient: 550"),
        ("DATA", "554 5.7.1 not wanted", "the mail server refuses the mail: 554"),
    ],
)
async def test_a_refusal_of_this_mail_ends_in_one_attempt(
    shift: Shift, command: str, answer: str, status: str
) -> None:
    shift.world.mail_answers[command] = [answer]

    assert await sent(shift) == ("failed", status)


async def test_a_refused_sender_is_tried_again_for_somebody_may_mend_the_settings(
    shift: Shift,
) -> None:
    shift.world.mail_answers["MAIL"] = ["550 5.7.1 who are you"] * 3

    assert await sent(shift) == ("sent", "sent")


@contextlib.asynccontextmanager
async def mail_server_saying(greeting: bytes, ended: asyncio.Queue[bytes]) -> AsyncGenerator[int]:
    """Take connections, greet, and say nothing more; give the port, and what each client said."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        said = await reader.read()
        writer.close()
        ended.put_nowait(said)

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("greeting", [b"", b"220 mail.town\r\n", b"220-mail.town\r\n"])
async def test_a_mail_server_that_says_nothing_more_is_left_in_time(
    shift: Shift, greeting: bytes
) -> None:
    await sent(shift)
    wait_again(shift)
    ended: asyncio.Queue[bytes] = asyncio.Queue()
    async with mail_server_saying(greeting, ended) as port:
        sender = shift.worker.sender_to(port, limit_s=LIMIT_S)
        (message,) = await sender.take(64)
        await sender.handle(message)
        async with asyncio.timeout(PATIENCE_S):
            assert b"DATA" not in await ended.get(), "the connection is closed, not kept"

    (row,) = rows(shift.store, notifications)
    assert row["state"] == "waiting"
    assert row["last_status"] == "the mail server did not answer in time"
    assert row["next_at"] == shift.world.clock() + timedelta(seconds=RETRY_DELAYS_S[0])


@pytest.mark.parametrize(
    ("table", "values", "status"),
    [
        (notifications, {"template": "no_such_text"}, "no mail can be written: TemplateUnknown"),
        (offers.accounts, {"zone": "Europe"}, "no mail can be written"),
        (
            offers.accounts,
            {"zone": "Nowhere/Land"},
            "no mail can be written: ZoneInfoNotFoundError",
        ),
        (offers.accounts, {"email": "a@b\r\nBcc: c@d"}, "no mail can be written: ValueError"),
        (offers.products, {"name": "Fiber\n300"}, "no mail can be written: ValueError"),
        (notifications, {"attempt": TAKES_MAX}, f"taken {TAKES_MAX} times and never ended"),
    ],
)
async def test_a_mail_that_can_never_be_written_ends_in_one_attempt_and_says_why(
    shift: Shift, table: sa.Table, values: dict[str, str | int], status: str
) -> None:
    await sent(shift)
    wait_again(shift)
    change(shift.store, sa.update(table).values(values))

    await shift.worker.settle()

    (row,) = rows(shift.store, notifications)
    assert row["state"] == "failed"
    assert status in row["last_status"]
    assert len(shift.world.mails) == 1


async def test_a_mail_that_fails_unforeseen_is_given_up_like_one_that_nobody_takes(
    shift: Shift,
) -> None:
    await sent(shift)
    wait_again(shift)
    for _ in range(len(RETRY_DELAYS_S) + 1):
        (message,) = await shift.worker.sender.take(64)
        await shift.worker.sender.fail(message, KeyError("x"))
        shift.world.clock.advance(2 * max(RETRY_DELAYS_S))

    assert await shift.worker.sender.take(64) == ()
    (failed,) = shift.store.read_now(queries.list_failed)
    assert failed.last_status == "an error on our side, KeyError: see the log"
    assert failed.account == "A-1"


async def test_a_mail_that_was_given_up_is_sent_once_its_reason_is_mended(shift: Shift) -> None:
    change(shift.store, sa.update(offers.accounts).values(email=None))
    await sent(shift)
    (failed,) = shift.store.read_now(queries.list_failed)
    change(shift.store, sa.update(offers.accounts).values(email="erika@example.org"))

    shift.store.write_now(outbox.retry, failed.id, act=act(shift.world.clock()))
    await shift.worker.settle()

    assert len(shift.world.mails) == 1
    assert shift.store.read_now(queries.list_failed) == ()
    with pytest.raises(Conflicting, match="is sent"):
        shift.store.write_now(outbox.retry, failed.id, act=act())
