"""``firstlight device quarantine``: what withdrawn tablets handed over, seen and let in."""

import argparse
import sys
from typing import Any
from uuid import UUID

from server.acts import Actor, ActorKind, act_of
from server.opened import opened_store
from server.problems import WrongInput
from server.sync import quarantine, reading


def add_to(actions: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add ``quarantine`` with what can be done to it."""
    nested = actions.add_parser(
        "quarantine",
        help="what revoked tablets had not sent",
        description="What revoked tablets had not sent, handed over and kept apart.",
    ).add_subparsers(metavar="ACTION", required=True)
    nested.add_parser("list", help="list what was handed over").set_defaults(run=run_list)
    shown = nested.add_parser("show", help="list the operations of one hand-over")
    shown.add_argument("id", metavar="ID", help="as the list shows it")
    shown.set_defaults(run=run_show)
    released = nested.add_parser(
        "release",
        help="let the work of one hand-over in, as work that came late",
        description="Let the work of one hand-over in, once; the rules of every push decide what "
        "takes effect, and nothing of it is lost.",
    )
    released.add_argument("id", metavar="ID", help="as the list shows it")
    released.set_defaults(run=run_release)


def run_list(args: argparse.Namespace) -> int:
    """List what was handed over."""
    with opened_store(args.settings) as store:
        for kept in store.read_now(quarantine.list_all):
            state = "waits" if kept.released_at is None else "released"
            sys.stdout.write(
                f"{kept.id}  {state:<8}  {kept.received_at:%Y-%m-%d %H:%M}  device "
                f"{kept.device_id}  {kept.operations} operations, {len(kept.blobs)} files\n"
            )
    return 0


def run_show(args: argparse.Namespace) -> int:
    """List the operations of one hand-over, and the files that it names.

    Raises:
        WrongInput, NotFound: no such hand-over.
    """
    wanted = _id_of(args.id)
    with opened_store(args.settings) as store:
        said = quarantine.read(store.read_now(quarantine.get, wanted))
    for received in reading.read_operations(said.push):
        operation = received.operation
        what = f"unreadable: {received.fault}"
        if operation is not None:
            kind = type(operation.body).__name__
            what = f"{operation.at.wall:%Y-%m-%d %H:%M}  {kind}  job {operation.body.job_id}"
        sys.stdout.write(f"{received.dseq:>6}  {what}\n")
    for sha256 in said.blobs:
        sys.stdout.write(f"  file  {sha256}\n")
    return 0


def run_release(args: argparse.Namespace) -> int:
    """Let the work of one hand-over in.

    Raises:
        WrongInput, NotFound, Conflicting: nothing was changed.
    """
    wanted = _id_of(args.id)
    with opened_store(args.settings) as store:
        counted = store.write_now(quarantine.release, wanted, act=act_of(Actor(ActorKind.HUMAN)))
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counted.items()))
    sys.stdout.write(f"{wanted} is released: {told or 'nothing was in it'}\n")
    return 0


def _id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise WrongInput(
            f"{text!r} is no id; 'firstlight device quarantine list' shows them"
        ) from error
