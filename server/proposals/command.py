"""``firstlight proposal``: what technicians propose to correct, decided from the shell."""

import argparse
import sys
from typing import Any
from uuid import UUID

from server.acts import Actor, ActorKind, act_of
from server.opened import opened_store
from server.problems import WrongInput
from server.proposals import commands, queries
from server.proposals.records import Proposal, ProposalLine, ProposalState, Ruling

# Whoever has a shell on the server is a person, of whom no more is known.
_AT_THE_SHELL = Actor(ActorKind.HUMAN)


def add_to(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add ``proposal`` to the command line."""
    actions = subparsers.add_parser(
        "proposal",
        help="list and decide what technicians propose to correct",
        description="List and decide what technicians propose to correct.",
    ).add_subparsers(metavar="ACTION", required=True)
    shown = actions.add_parser("list", help="list proposals, oldest first")
    shown.add_argument(
        "--state",
        choices=[state.value for state in ProposalState],
        default=ProposalState.OPEN.value,
        help="which ones; the open ones where nothing is said",
    )
    shown.set_defaults(run=run_list)
    for ruling, told in (
        (Ruling.ACCEPT, "take a proposal over, and change the data where that can be done here"),
        (Ruling.DECLINE, "turn a proposal down; it stays in the evidence of its job"),
    ):
        decided = actions.add_parser(ruling.value, help=told)
        decided.add_argument("proposal", metavar="ID", help="id, as the list shows it")
        decided.set_defaults(run=run_decide, ruling=ruling)


def run_list(args: argparse.Namespace) -> int:
    """List proposals."""
    with opened_store(args.settings) as store:
        for line in store.read_now(queries.list_page, state=ProposalState(args.state)):
            sys.stdout.write(_line(line) + "\n")
    return 0


def run_decide(args: argparse.Namespace) -> int:
    """Decide one proposal.

    Raises:
        NotFound, WrongInput, Conflicting: as ``commands.decide``; nothing was changed.
    """
    try:
        proposal_id = UUID(args.proposal)
    except ValueError as error:
        raise WrongInput(
            f"{args.proposal!r} is no id; 'firstlight proposal list' shows them"
        ) from error
    with opened_store(args.settings) as store:
        decided = store.write_now(
            commands.decide, proposal_id, args.ruling, act=act_of(_AT_THE_SHELL)
        )
    sys.stdout.write(f"{decided.id} is {decided.state}{_what_is_left(decided)}\n")
    return 0


def _what_is_left(decided: Proposal) -> str:
    if decided.state is not ProposalState.ACCEPTED:
        return ""
    what = f"{decided.subject} {decided.field}"
    return f"; {what} is changed" if decided.is_applied else f"; change {what} where it is kept"


def _line(line: ProposalLine) -> str:
    values = f"{line.seen_value!r} -> {line.proposed_value!r}"
    return (
        f"{line.id}  {line.state:<8}  {line.job_number:<16} {line.technician}: "
        f"{line.subject} {line.field} {values}  {line.address}"
    )
