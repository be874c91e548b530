"""What a completion causes: one process per effect, started in the transaction that received it."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from server.acts import Act
from server.database import Connection, FeedChange, Written
from server.fulfilment import starting, storage
from server.fulfilment.records import DUE, InboxItem, Intent
from server.jobs import commands as job_commands
from server.jobs import queries as jobs
from server.jobs.records import Completion
from server.orders import queries as orders
from server.orders import storage as order_storage
from server.orders.records import NO_CHANGE, OrderItem, OrderState
from server.services import storage as services
from server.services.records import ServiceState, require_move
from sync_protocol.effects import Effect, effect_of
from sync_protocol.merge import Decision

NEEDS_NETWORK_CHANGE: Final = "needs_network_change"
"""The code of an item before a person: what was done in the field is not done on the network."""

_INTENTS: Final[Mapping[Effect, Intent]] = {
    Effect.SWAP: Intent.SWAP,
    Effect.DISCONNECT: Intent.DISCONNECT,
}


def take_completions(
    db: Connection, completions: Sequence[tuple[Completion, Decision]], *, act: Act
) -> Written[None]:
    """Start what these completions cause, as part of the unit that stores them.

    One that moved its job causes what ``effects`` says of its kind, once, whatever else arrives: an
    install the activation of its order item, a swap and a disconnection theirs. One that did not is
    evidence that a person should see.
    A job that began in the field, whose order changes no service, is done with its visit.
    """
    feed: list[FeedChange] = []
    for completion, decision in completions:
        if decision.state is None:
            storage.add_inbox_item(db, _item(completion, decision, act))
            storage.look_again(db, completion.order_item_id, act.now)
        else:
            feed += _cause(db, completion, act)
    return Written(None, feed=tuple(feed), topics=DUE if completions else frozenset())


def _cause(db: Connection, completion: Completion, act: Act) -> tuple[FeedChange, ...]:
    kind = jobs.get(db, completion.job_id).kind
    item = orders.get_item(db, completion.order_item_id, lock=True)
    changes_service = item.action != NO_CHANGE
    effect = effect_of(kind, completion.code, changes_service=changes_service)
    if effect is Effect.ACTIVATE:
        return _start(db, item, completion, act)
    if effect in _INTENTS:
        starting.start(db, _INTENTS[effect], item, completion.job_id, act=act)
    elif effect is Effect.CHANGE_BY_HAND:
        detail = {"kind": kind, "visit_code": completion.code}
        told = _put_before_a_person(completion, NEEDS_NETWORK_CHANGE, detail, act)
        storage.add_inbox_item(db, told)
    else:
        order_storage.set_item_state(db, item, OrderState.COMPLETED)
    return ()


def _start(
    db: Connection, item: OrderItem, completion: Completion, act: Act
) -> tuple[FeedChange, ...]:
    if starting.start(db, Intent.ACTIVATE, item, completion.job_id, act=act) is None:
        return ()
    return _reserve_service(db, item.service_id, completion)


def _reserve_service(
    db: Connection, service_id: UUID, completion: Completion
) -> tuple[FeedChange, ...]:
    """Note when the work was done and received; going live may rest on another completion."""
    service = services.get(db, service_id, lock=True)
    if service.state is not ServiceState.DESIGNED:
        return ()
    services.update(
        db,
        msgspec.structs.replace(
            service,
            state=require_move(service.state, ServiceState.RESERVED),
            completed_at=completion.completed_at,
            received_at=completion.received_at,
        ),
    )
    return job_commands.service_changed(db, service_id)


def _item(completion: Completion, decision: Decision, act: Act) -> InboxItem:
    detail = {"verdict": decision.verdict, "detail": decision.detail}
    return _put_before_a_person(completion, str(decision.code), detail, act)


def _put_before_a_person(
    completion: Completion, code: str, detail: Mapping[str, str | None], act: Act
) -> InboxItem:
    return InboxItem(
        id=act.new_id(),
        kind="completion_without_effect",
        job_id=completion.job_id,
        completion_id=completion.id,
        code=code,
        detail=detail,
        raised_at=act.now,
        decided_at=None,
    )
