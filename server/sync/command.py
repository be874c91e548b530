"""``firstlight device``: letting tablets in and out from the shell."""

import argparse
import sys
from typing import Any
from uuid import UUID

from server.acts import Actor, ActorKind, act_of
from server.opened import opened_store
from server.people import secrets, technicians
from server.problems import WrongInput
from server.sync import devices, quarantine_command, queries


def add_to(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add ``device`` to the command line."""
    actions = subparsers.add_parser(
        "device", help="enrol and revoke tablets", description="Enrol and revoke tablets."
    ).add_subparsers(metavar="ACTION", required=True)
    code = actions.add_parser(
        "code",
        help="make a one-time code for a technician's new tablet",
        description="Make a one-time code for a technician's new tablet; it works for 15 minutes.",
    )
    code.add_argument("technician", metavar="TECHNICIAN", help="personnel number")
    code.set_defaults(run=run_code)
    shown = actions.add_parser("list", help="list tablets")
    shown.set_defaults(run=run_list)
    revoked = actions.add_parser("revoke", help="shut a tablet out at once")
    revoked.add_argument("device", metavar="ID", help="id of the tablet, as the list shows it")
    revoked.set_defaults(run=run_revoke)
    quarantine_command.add_to(actions)


def run_code(args: argparse.Namespace) -> int:
    """Make a code.

    Raises:
        WrongInput: no such technician.
    """
    with opened_store(args.settings) as store:
        technician = store.read_now(technicians.get_by_number, args.technician)
        issued = store.write_now(
            devices.issue_code,
            technician.id,
            secrets.new_code(),
            act=act_of(Actor(ActorKind.HUMAN)),
        )
    sys.stdout.write(f"{issued.code}\n")
    return 0


def run_list(args: argparse.Namespace) -> int:
    """List tablets."""
    with opened_store(args.settings) as store:
        for device in store.read_now(queries.list_devices):
            state = "revoked" if device.revoked_at else "enrolled"
            lives = len(device.incarnations)
            begun = f"  (in {lives} incarnations: restored or copied)" if lives > 1 else ""
            sys.stdout.write(f"{device.id}  {state:<8}  {device.name}{begun}\n")
    return 0


def run_revoke(args: argparse.Namespace) -> int:
    """Revoke a tablet.

    Raises:
        WrongInput: not the id of a tablet; nothing was changed.
    """
    try:
        device_id = UUID(args.device)
    except ValueError as error:
        raise WrongInput(
            f"{args.device!r} is no id; 'firstlight device list' shows them"
        ) from error
    with opened_store(args.settings) as store:
        store.write_now(devices.revoke, device_id, act=act_of(Actor(ActorKind.HUMAN)))
    sys.stdout.write(f"{device_id} is revoked\n")
    return 0
