"""``firstlight notification``: what subscribers could not be told, and telling them after all."""

import argparse
import sys
from typing import Any
from uuid import UUID

from server.acts import Actor, ActorKind, act_of
from server.notifications import outbox, queries
from server.opened import opened_store
from server.problems import WrongInput


def add_to(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add ``notification`` to the command line."""
    actions = subparsers.add_parser(
        "notification",
        help="what subscribers could not be told",
        description="What subscribers could not be told.",
    ).add_subparsers(metavar="ACTION", required=True)
    listed = actions.add_parser(
        "list",
        help="list what was given up, and why",
        description="List the notifications that were given up, and why.",
    )
    listed.set_defaults(run=run_list)
    retried = actions.add_parser(
        "retry",
        help="send one after all, once its reason is mended",
        description="Send a notification after all; the account's present address is used.",
    )
    retried.add_argument("id", metavar="ID", help="as 'firstlight notification list' shows it")
    retried.set_defaults(run=run_retry)


def run_list(args: argparse.Namespace) -> int:
    """List what was given up."""
    with opened_store(args.settings) as store:
        for failed in store.read_now(queries.list_failed):
            sys.stdout.write(
                f"{failed.id}  {failed.template}, account {failed.account}, "
                f"{failed.attempt} attempts: {failed.last_status}\n"
            )
    return 0


def run_retry(args: argparse.Namespace) -> int:
    """Send a notification after all.

    Raises:
        WrongInput: no id of a notification.
        NotFound: no such notification.
        Conflicting: it was not given up.
    """
    try:
        notification_id = UUID(args.id)
    except ValueError as error:
        raise WrongInput(
            f"{args.id!r} is no id; 'firstlight notification list' shows them"
        ) from error
    with opened_store(args.settings) as store:
        store.write_now(outbox.retry, notification_id, act=act_of(Actor(ActorKind.HUMAN)))
    sys.stdout.write(f"{notification_id} is sent again\n")
    return 0
