"""``firstlight order``: taking orders, and asking how one stands, from the shell."""

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from server import inputs, times
from server.acts import Actor, ActorKind, act_of
from server.fulfilment import order_standing
from server.fulfilment.order_standing import OrderStanding
from server.input_words import shown
from server.opened import opened_store
from server.orders import commands
from server.orders.records import WantedOrder
from server.problems import WrongInput
from sync_protocol.documents import JobKind

_EPILOG = """\
Times carry their offset; seconds may be left out. An example:
  firstlight order place O-1 --account A-1 --premise P-1 --product FIBER-300 \\
    --starts 2026-11-23T13:00+01:00 --ends 2026-11-23T14:00Z
"""


def add_to(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add ``order`` to the command line."""
    actions = subparsers.add_parser(
        "order", help="take and show orders", description="Take and show orders."
    ).add_subparsers(metavar="ACTION", required=True)
    placed = actions.add_parser(
        "place",
        help="order work at a premise; the same number again changes nothing",
        description="Order work at a premise: the order and its job, unassigned; with an install "
        "the service that will run.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    placed.add_argument("number", metavar="NUMBER", help="your number for the order")
    placed.add_argument("--account", required=True, help="id of the account in your system")
    placed.add_argument("--premise", required=True, help="id of the premise in your system")
    placed.add_argument(
        "--kind", choices=list(JobKind), default=JobKind.INSTALL, help="what for (%(default)s)"
    )
    placed.add_argument("--product", help="code of the product; of an install alone")
    placed.add_argument(
        "--service",
        metavar="ID",
        help="the service that it is about, where there are several",
    )
    placed.add_argument(
        "--starts", required=True, metavar="TIME", help="like 2026-11-23T13:00+01:00"
    )
    placed.add_argument("--ends", required=True, metavar="TIME", help="like 2026-11-23T14:00Z")
    placed.set_defaults(run=run_place)
    shown_one = actions.add_parser(
        "show",
        help="say how an order stands: waiting for what, since when, and who owns it",
        description="Say how an order stands, with a visit or without one.",
    )
    shown_one.add_argument("number", metavar="NUMBER", help="your number for the order")
    shown_one.set_defaults(run=run_show)


def run_place(args: argparse.Namespace) -> int:
    """Place an order.

    Raises:
        WrongInput: names the value that cannot be used; nothing was stored.
        Conflicting: another order has the number; names what differs.
    """
    wanted = read_order(args)
    with opened_store(args.settings) as store:
        placed = store.write_now(commands.place, wanted, act=act_of(Actor(ActorKind.HUMAN)))
    sys.stdout.write(f"order {placed.number} is {placed.state}; job {placed.number}-1\n")
    return 0


def run_show(args: argparse.Namespace) -> int:
    """Say how an order stands.

    Raises:
        NotFound: no order has this number.
    """
    with opened_store(args.settings) as store:
        standing = store.read_now(order_standing.get, args.number)
    sys.stdout.write("\n".join(_lines(standing)) + "\n")
    return 0


def _lines(standing: OrderStanding) -> Iterator[str]:
    about = " ".join(filter(None, (standing.intent or standing.action, standing.reason)))
    yield f"order {standing.number} is {standing.state}: {about}, service {standing.service_id}"
    waiting = standing.waiting_for
    if waiting is not None:
        yield f"  waits for {waiting.code} since {waiting.since:%Y-%m-%dT%H:%MZ}: {waiting.owner}"


def read_order(args: argparse.Namespace) -> WantedOrder:
    """Read an order from its arguments.

    Raises:
        WrongInput: names the value and what would be right.
    """
    try:
        starts_at = times.read_instant("--starts", args.starts)
        ends_at = times.read_instant("--ends", args.ends)
    except ValueError as error:
        raise WrongInput(f"cannot order {shown(args.number)}: {error}") from error
    values = {
        "number": args.number,
        "account": args.account,
        "premise": args.premise,
        "kind": args.kind,
        "product": args.product,
        "service": args.service,
        "appointment_starts_at": starts_at,
        "appointment_ends_at": ends_at,
    }
    return inputs.read(values, WantedOrder)
