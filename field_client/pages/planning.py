"""The jobs of a technician by day, in the order in which one drives to them. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from field_client.pages.wording import local_date
from field_client.position import distance_m
from field_client.replica.cards import JobCard
from sync_protocol.jobs import OPEN_STATES


class Stop(NamedTuple):
    """A job and how far it is from the one before, in metres as the crow flies."""

    card: JobCard
    from_before_m: float | None


class Day(NamedTuple):
    """What is planned for one day."""

    on: date
    stops: tuple[Stop, ...]


class Plan(NamedTuple):
    """Today and what comes, what should have been done before, and what is done."""

    overdue: tuple[JobCard, ...]
    days: tuple[Day, ...]
    ended: tuple[JobCard, ...]


def plan(cards: Iterable[JobCard], today: date) -> Plan:
    """Sort jobs into days; a day is that of the premise."""
    overdue: list[JobCard] = []
    ended: list[JobCard] = []
    by_day: dict[date, list[JobCard]] = {}
    for card in cards:
        on = local_date(card.appointment.starts_at, card.zone)
        if card.state not in OPEN_STATES or card.lingering:
            ended.append(card)
        elif on < today:
            overdue.append(card)
        else:
            by_day.setdefault(on, []).append(card)
    days = tuple(Day(on, in_travel_order(by_day[on])) for on in sorted(by_day))
    return Plan(tuple(overdue), days, tuple(ended))


def in_travel_order(cards: Sequence[JobCard]) -> tuple[Stop, ...]:
    """Order the jobs of a day: by appointment; where several begin together, the nearest next."""
    left = sorted(cards, key=lambda card: (card.appointment.starts_at, card.number))
    stops: list[Stop] = []
    while left:
        together = [
            card for card in left if card.appointment.starts_at == left[0].appointment.starts_at
        ]
        stop = _nearest(stops[-1].card, together) if stops else Stop(together[0], None)
        stops.append(stop)
        left.remove(stop.card)
    return tuple(stops)


def _nearest(before: JobCard, cards: Sequence[JobCard]) -> Stop:
    way, chosen = min(
        ((_way(before, card), card) for card in cards), key=lambda each: (each[0], each[1].number)
    )
    return Stop(chosen, way)


def _way(start: JobCard, end: JobCard) -> float:
    return distance_m((start.latitude, start.longitude), (end.latitude, end.longitude))
