"""Taking tickets one by one, from the system that keeps them."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from server import audit, inputs, times
from server.acts import Act
from server.database import Connection, Written
from server.imports import commands as imports
from server.imports.files import Numbered
from server.imports.kinds import KINDS
from server.imports.rows import Code, ExternalId, Name, ShortName, TicketRow
from server.problems import WrongInput


class Ticket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ticket as its system tells it; times carry an offset. With ``closed_at`` it is over."""

    number: ShortName
    account: ExternalId
    premise: ExternalId | None = None
    """None: it concerns no premise, but the account as a whole."""
    subject: Name
    priority: Code
    opened_at: Annotated[datetime, Meta(tz=True)]
    closed_at: Annotated[datetime, Meta(tz=True)] | None = None

    def __post_init__(self) -> None:
        times.require_bounded("opened_at", self.opened_at)
        if self.closed_at is not None:
            times.require_bounded("closed_at", self.closed_at)


def put(db: Connection, external_id: str, ticket: Ticket, *, act: Act) -> Written[Ticket]:
    """Keep a ticket as it is now; the tablets around it are told. The same again changes nothing.

    Raises:
        WrongInput: it names an account or a premise that does not exist, or its id is too long;
            nothing was stored.
    """
    values = {"external_id": external_id, **msgspec.structs.asdict(ticket)}
    row = inputs.read(values, TicketRow)
    kept = imports.import_batch(db, KINDS["tickets"], (Numbered(1, row),), act=act)
    for complaint in kept.value.complaints:
        raise WrongInput(f"{complaint.column} is {complaint.value!r}; right is {complaint.right}")
    if kept.value.changed_ids:
        audit.record(db, act, "ticket.kept", detail={"external_id": external_id})
    return Written(ticket, feed=kept.feed, topics=kept.topics, embedded=kept.embedded)
