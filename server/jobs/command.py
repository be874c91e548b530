"""``firstlight job``: dispatching from the shell; the console and the API do the same."""

import argparse
import sys
from typing import Any
from uuid import UUID

from server import inputs
from server.acts import Actor, ActorKind, act_of
from server.database import Connection
from server.jobs import commands, queries
from server.jobs.commands import Cancellation
from server.jobs.queries import JobFilter
from server.jobs.records import JobLine
from server.opened import opened_store
from server.people import technicians
from server.problems import WrongInput
from sync_protocol.jobs import JobState

# Whoever has a shell on the server is a person, of whom no more is known.
_AT_THE_SHELL = Actor(ActorKind.HUMAN)


def add_to(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add ``job`` to the command line."""
    actions = subparsers.add_parser(
        "job", help="list, assign and cancel jobs", description="List, assign and cancel jobs."
    ).add_subparsers(metavar="ACTION", required=True)

    shown = actions.add_parser("list", help="list jobs, unassigned first")
    shown.add_argument("--state", choices=[state.value for state in JobState])
    shown.set_defaults(run=run_list)

    assigned = actions.add_parser("assign", help="give a job to a technician")
    assigned.add_argument("job", metavar="NUMBER", help="number of the job, as the list shows it")
    assigned.add_argument("technician", metavar="TECHNICIAN", help="personnel number")
    assigned.set_defaults(run=run_assign)

    manned = actions.add_parser("crew", help="say who works on a job beside its technician")
    manned.add_argument("job", metavar="NUMBER", help="number of the job, as the list shows it")
    manned.add_argument(
        "technicians", nargs="*", metavar="TECHNICIAN", help="personnel numbers; none: nobody else"
    )
    manned.set_defaults(run=run_crew)

    cancelled = actions.add_parser("cancel", help="call a job off; work done on it is kept")
    cancelled.add_argument("job", metavar="NUMBER", help="number of the job, as the list shows it")
    cancelled.add_argument("--reason", required=True, help="why, in a code or a few words")
    cancelled.set_defaults(run=run_cancel)


def run_list(args: argparse.Namespace) -> int:
    """List jobs."""
    wanted = JobFilter(state=JobState(args.state) if args.state else None)
    with opened_store(args.settings) as store:
        for line in store.read_now(queries.list_page, wanted, limit=queries.PAGE_MAX):
            sys.stdout.write(_line(line) + "\n")
    return 0


def run_assign(args: argparse.Namespace) -> int:
    """Assign a job.

    Raises:
        WrongInput: no such job or technician; nothing was changed.
        MoveNotAllowed: the job is finished.
    """
    with opened_store(args.settings) as store:
        job_id = store.read_now(_job_id, args.job)
        technician = store.read_now(technicians.get_by_number, args.technician)
        job = store.write_now(commands.assign, job_id, technician.id, act=act_of(_AT_THE_SHELL))
    sys.stdout.write(f"{job.number} is {job.state}, with {technician.name}\n")
    return 0


def run_crew(args: argparse.Namespace) -> int:
    """Set the crew of a job.

    Raises:
        WrongInput: no such job or technician, or the job is nobody's; nothing was changed.
        Conflicting: the job is over.
    """
    with opened_store(args.settings) as store:
        job_id = store.read_now(_job_id, args.job)
        crew = [store.read_now(technicians.get_by_number, number) for number in args.technicians]
        job = store.write_now(
            commands.set_crew, job_id, [each.id for each in crew], act=act_of(_AT_THE_SHELL)
        )
    names = ", ".join(each.name for each in crew) or "nobody else"
    sys.stdout.write(f"{job.number} is {job.state}, with {names} beside its technician\n")
    return 0


def run_cancel(args: argparse.Namespace) -> int:
    """Cancel a job.

    Raises:
        WrongInput: no such job, or no reason that can be kept; nothing was changed.
        MoveNotAllowed: the job is finished.
    """
    wanted = inputs.read({"reason": args.reason}, Cancellation)
    with opened_store(args.settings) as store:
        job = store.write_now(
            commands.cancel,
            store.read_now(_job_id, args.job),
            reason=wanted.reason,
            act=act_of(_AT_THE_SHELL),
        )
    sys.stdout.write(f"{job.number} is {job.state}\n")
    return 0


def _job_id(db: Connection, number: str) -> UUID:
    job_id = queries.find_id_by_number(db, number)
    if job_id is None:
        raise WrongInput(f"no job {number!r}; 'firstlight job list' shows the numbers")
    return job_id


def _line(line: JobLine) -> str:
    day = f"{line.starts_at:%Y-%m-%d %H:%M}Z"
    return f"{line.number:<16} {line.state:<11} {day}  {line.assignee or '-':<24} {line.address}"
