"""Sending what the outbox holds, over SMTP."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

import aiosmtplib
import structlog

from server.acts import SYSTEM, Act, Clock, act_of
from server.database import Store
from server.due_loop import DueWork
from server.notifications import outbox
from server.notifications.outbox import Message
from server.notifications.texts import mail_of
from server.settings import MailSettings

PERMANENT: Final = 500
"""Replies from here on are final, RFC 5321 4.2.1."""
RETRY_DELAYS_S: Final = (5, 30, 120, 600, 3600, 14_400, 43_200)
TAKEN_FOR: Final = timedelta(seconds=60)
SEND_S_MAX: Final = 45
"""Of a whole conversation, well within what it is taken for: nobody sends it a second time."""


class Sender:
    """Sends due messages and stores what came of it."""

    def __init__(
        self,
        store: Store,
        mail: MailSettings,
        *,
        operator_name: str,
        clock: Clock,
        random: Callable[[], float],
    ) -> None:
        self._store = store
        self._mail = mail
        self._operator_name = operator_name
        self._clock = clock
        self._random = random

    def work(self) -> DueWork[Message]:
        """Describe this sender for the loop."""
        return DueWork(
            name="notifications",
            topic="notifications",
            take=self.take,
            handle=self.handle,
            next_due_at=outbox.next_due_at,
        )

    async def take(self, limit: int) -> Sequence[Message]:
        """Take what is due, ``limit`` at most."""
        act = self._act()
        return await self._store.write(outbox.take_due, act.now + TAKEN_FOR, limit=limit, act=act)

    async def handle(self, message: Message) -> None:
        """Send one message."""
        if message.email is None:
            await self._settle(message, "failed", "the account has no mail address")
            return
        try:
            mail = mail_of(message, sender=self._mail.sender, operator_name=self._operator_name)
            async with asyncio.timeout(SEND_S_MAX):
                await aiosmtplib.send(
                    mail,
                    hostname=self._mail.host,
                    port=self._mail.port,
                    timeout=self._mail.timeout_s,
                    start_tls=None,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [each.code for each in error.recipients]
            if codes and min(codes) >= PERMANENT:
                await self._settle(message, "failed", "the mail server refuses the recipient")
            else:  # greylisting and full boxes pass
                await self._retry(message, "the mail server asks to come back later")
        except (
            LookupError,
            ValueError,
        ) as error:  # a line break in an address or a name is no header
            await self._settle(message, "failed", f"no mail can be written: {type(error).__name__}")
        except (aiosmtplib.SMTPException, OSError) as error:
            await self._retry(message, type(error).__name__)
        else:
            await self._settle(message, "sent", "sent")

    async def _retry(self, message: Message, status: str) -> None:
        if message.attempt >= len(RETRY_DELAYS_S):
            await self._settle(message, "failed", status)
            return
        act = self._act()
        delay_s = RETRY_DELAYS_S[message.attempt] * (1 + self._random() / 4)
        await self._store.write(
            outbox.settle,
            message,
            state="waiting",
            status=status,
            next_at=act.now + timedelta(seconds=delay_s),
            act=act,
        )

    async def _settle(self, message: Message, state: str, status: str) -> None:
        noted = await self._store.write(
            outbox.settle, message, state=state, status=status, next_at=None, act=self._act()
        )
        if noted:
            structlog.get_logger().info(
                "notification.settled", notification_id=str(message.id), state=state, status=status
            )

    def _act(self) -> Act:
        return act_of(SYSTEM, clock=self._clock)
