import pytest
import sqlalchemy as sa

from server.database.tables import offers
from server.database.tables.billing import notifications
from tests.server.factories import change, rows
from tests.server.fulfilment.shift import Shift


async def sent(shift: Shift, *, within_s: float = 600) -> tuple[str, str | None]:
    """Let a service go live; how its notification stands."""
    shift.complete_job()
    await shift.worker.settle(within_s=within_s)
    (row,) = rows(shift.store, notifications)
    return row["state"], row["last_status"]


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
