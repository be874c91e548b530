"""``firstlight webhook``: where the completion feed is pushed to."""

import argparse
import os
import sys
from typing import Any

from server import settings
from server.acts import Actor, ActorKind, act_of
from server.invoices import deliveries
from server.opened import opened_store


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


def run_add(args: argparse.Namespace) -> int:
    """Add an endpoint.

    Raises:
        WrongInput: no such secret in the settings, or no usable URL; nothing was stored.
    """
    deliveries.check_url(args.url, args.secret, settings.load(args.settings, os.environ))
    with opened_store(args.settings) as store:
        store.write_now(
            deliveries.add_endpoint, args.url, args.secret, act=act_of(Actor(ActorKind.HUMAN))
        )
    sys.stdout.write(f"completions go to {args.url}\n")
    return 0
