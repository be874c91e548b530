"""``firstlight webhook``: where the completion feed is pushed to."""

import argparse
import os
import sys
from collections.abc import Iterator
from typing import Any

from server import settings
from server.acts import Actor, ActorKind, act_of
from server.invoices import dead_letters, deliveries
from server.invoices.dead_letters import EndpointStanding
from server.opened import opened_store
from server.settings_checks import require_usable


def add_to(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add ``webhook`` to the command line."""
    actions = subparsers.add_parser(
        "webhook", help="push completions to billing", description="Push completions to billing."
    ).add_subparsers(metavar="ACTION", required=True)
    added = actions.add_parser(
        "add",
        help="push the completion feed to a URL from the next event on",
        description="Push the completion feed to a URL. The settings hold the secret, by name.",
    )
    added.add_argument("url", metavar="URL")
    added.add_argument("--secret", required=True, metavar="NAME", help="name in webhook_secrets")
    added.set_defaults(run=run_add)
    listed = actions.add_parser(
        "list",
        help="list the endpoints: what waits, what was given up and why",
        description="List the endpoints; below each, what was given up and why.",
    )
    listed.set_defaults(run=run_list)
    retried = actions.add_parser(
        "retry",
        help="try again what was given up, once its reason is mended",
        description="Try again everything that was given up for an endpoint.",
    )
    retried.add_argument("url", metavar="URL")
    retried.set_defaults(run=run_retry)


def run_add(args: argparse.Namespace) -> int:
    """Add an endpoint.

    Raises:
        SettingsUnusable: the server would not start with these settings.
        WrongInput: no such secret in the settings, or no usable URL; nothing was stored.
    """
    known = settings.load(args.settings, os.environ)
    require_usable(known)
    deliveries.check_url(args.url, args.secret, known)
    with opened_store(args.settings) as store:
        store.write_now(
            deliveries.add_endpoint, args.url, args.secret, act=act_of(Actor(ActorKind.HUMAN))
        )
    sys.stdout.write(f"completions go to {args.url}\n")
    return 0


def run_list(args: argparse.Namespace) -> int:
    """List the endpoints."""
    known = settings.load(args.settings, os.environ)
    with opened_store(args.settings) as store:
        for standing in store.read_now(dead_letters.list_endpoints):
            is_held = standing.secret_name in known.webhook_secrets
            sys.stdout.write("\n".join(_lines(standing, secret_is_held=is_held)) + "\n")
    return 0


def run_retry(args: argparse.Namespace) -> int:
    """Try again what was given up for an endpoint.

    Raises:
        NotFound: nothing is pushed to this URL.
        Conflicting: its receiver was gone; add the endpoint again first.
    """
    with opened_store(args.settings) as store:
        endpoint_id = store.read_now(dead_letters.find_endpoint, args.url)
        revived = store.write_now(
            dead_letters.retry, endpoint_id, act=act_of(Actor(ActorKind.HUMAN))
        )
    sys.stdout.write(f"deliveries that are tried again: {revived}\n")
    return 0


def _lines(standing: EndpointStanding, *, secret_is_held: bool) -> Iterator[str]:
    secret = standing.secret_name if secret_is_held else f"{standing.secret_name} (not in settings)"
    yield (
        f"{standing.url}  {standing.state}, secret {secret}, "
        f"{standing.waiting} waiting, {standing.dead_lettered} given up"
    )
    for dead in standing.dead_letters:
        yield f"  event {dead.position}, {dead.attempt} attempts: {dead.last_status}"
    if unshown := standing.dead_lettered - len(standing.dead_letters):
        yield f"  and {unshown} more"
