"""What runs beside the requests: processes, webhook deliveries, notifications."""

import contextlib
import os
import random
import socket
from collections.abc import AsyncGenerator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import structlog

from billing_bridge.webhooks import open_webhook_client
from server.acts import SYSTEM, Clock, act_of, utc_now
from server.adoption.rounds import Rounds
from server.alarms.polling import Pace, Poller
from server.alarms.traps import hearing_traps
from server.database import Store
from server.database.full_disk import StorageFull
from server.due_loop import DueWork, running
from server.fulfilment import leases
from server.fulfilment.leases import LeaseTerms
from server.fulfilment.network import Network, network_of
from server.fulfilment.runner import ProcessRunner
from server.invoices import dead_letters, deliveries
from server.invoices.deliveries import Deliverer
from server.notifications import outbox
from server.notifications.sending import Sender
from server.session_sources.sources import opened_sources
from server.settings import Settings
from server.sync.keeping import Keeper, Retention


async def _take_over(store: Store, clock: Clock) -> None:
    """Go on at once where a process that is no more has stopped; SQLite has one process at a time.

    On PostgreSQL others may be at work, and what was in hand becomes due again by itself.
    """
    act = act_of(SYSTEM, clock=clock)
    # On a full disk all of it is only later: reading goes on, and tablets are told to wait.
    with contextlib.suppress(StorageFull):
        await store.write(leases.reclaim, act=act)
        await store.write(deliveries.hurry, act=act)
        await store.write(outbox.hurry, act=act)


def _pace(settings: Settings) -> Pace:
    light_s = settings.light_interval_s
    return Pace(
        ports=timedelta(seconds=settings.poll_interval_s),
        light=timedelta(seconds=light_s) if light_s else None,
        left_alone=settings.unpolled_olts,
    )


def _rounds(settings: Settings, store: Store, network: Network, clock: Clock) -> Rounds:
    return Rounds(
        store,
        network,
        every=timedelta(seconds=settings.reading_interval_s),
        left_alone=settings.unpolled_olts,
        clock=clock,
    )


async def _warn_of_missing_secrets(store: Store, settings: Settings) -> None:
    missing = await store.read(dead_letters.find_without_secret, settings.webhook_secrets)
    for endpoint_id, secret_name in missing.items():
        structlog.get_logger().warning(
            "webhook.secret_missing", endpoint_id=str(endpoint_id), secret_name=secret_name
        )


@contextlib.asynccontextmanager
async def background(
    settings: Settings, store: Store, *, clock: Clock = utc_now
) -> AsyncGenerator[None]:
    """Run all background work while the context lasts."""
    if not store.is_postgres:
        await _take_over(store, clock)
    random_share = random.SystemRandom().random
    network = network_of(settings)
    sender = Sender(
        store,
        settings.mail,
        operator_name=settings.operator_name,
        clock=clock,
        random=random_share,
    )
    keeper = Keeper(
        store,
        Retention(
            finished_jobs=timedelta(days=settings.finished_jobs_days),
            feed=timedelta(days=settings.feed_days),
        ),
        clock=clock,
    )
    await _warn_of_missing_secrets(store, settings)
    networks = [ip_network(text) for text in settings.webhook_networks_allowed]
    async with (
        open_webhook_client(allowed_networks=networks) as client,
        opened_sources(settings) as sources,
    ):
        runner = ProcessRunner(
            store,
            network,
            LeaseTerms(
                owner=f"{socket.gethostname()}:{os.getpid()}",
                lease=timedelta(seconds=settings.lease_s),
                grace=timedelta(milliseconds=settings.snmp_timeout_ms),
            ),
            operator_slug=settings.operator_slug,
            clock=clock,
            random=random_share,
            sources=sources,
        )
        deliverer = Deliverer(
            store, client, settings.webhook_secrets, clock=clock, random=random_share
        )
        async with contextlib.AsyncExitStack() as stack:
            works: list[DueWork[Any]] = [
                runner.work(),
                deliverer.work(),
                sender.work(),
                keeper.work(),
            ]
            if settings.poll_interval_s:
                poller = Poller(store, network, pace=_pace(settings), clock=clock)
                works.append(poller.work())
                await stack.enter_async_context(hearing_traps(settings, store, clock))
            if settings.reading_interval_s:
                works.append(_rounds(settings, store, network, clock).work())
            for work in works:
                await stack.enter_async_context(running(store, work, clock))
            yield
