"""``firstlight order``: taking an order from the shell."""

import argparse
import sys
from typing import Any

import msgspec

from server.acts import Actor, ActorKind, act_of
from server.opened import opened_store
from server.orders import commands
from server.orders.records import InstallOrder
from server.problems import WrongInput


def add_to(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add ``order`` to the command line."""
    actions = subparsers.add_parser(
        "order", help="take orders", description="Take orders."
    ).add_subparsers(metavar="ACTION", required=True)
    placed = actions.add_parser(
        "place",
        help="order an install; the same number again changes nothing",
        description="Order an install: the order, its service and its job, unassigned.",
    )
    placed.add_argument("number", metavar="NUMBER", help="your number for the order")
    placed.add_argument("--account", required=True, help="id of the account in your system")
    placed.add_argument("--premise", required=True, help="id of the premise in your system")
    placed.add_argument("--product", required=True, help="code of the product")
    placed.add_argument("--starts", required=True, metavar="TIME", help="2026-11-23T13:00+01:00")
    placed.add_argument("--ends", required=True, metavar="TIME", help="2026-11-23T15:00+01:00")
    placed.set_defaults(run=run_place)


def run_place(args: argparse.Namespace) -> int:
    """Place an order.

    Raises:
        WrongInput: names the value that cannot be used; nothing was stored.
    """
    values = {
        "number": args.number,
        "account": args.account,
        "premise": args.premise,
        "product": args.product,
        "appointment_starts_at": args.starts,
        "appointment_ends_at": args.ends,
    }
    try:
        wanted = msgspec.convert(values, InstallOrder)
    except msgspec.ValidationError as error:
        raise WrongInput(
            f"cannot order {args.number!r} from {args.starts!r} to {args.ends!r}: {error}; "
            "times are written like 2026-11-23T13:00:00+01:00"
        ) from error
    with opened_store(args.settings) as store:
        placed = store.write_now(commands.place_install, wanted, act=act_of(Actor(ActorKind.HUMAN)))
    sys.stdout.write(f"order {placed.number} is {placed.state}; job {placed.number}-1\n")
    return 0
