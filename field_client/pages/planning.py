"""The jobs of a technician by day, in the order in which one drives to them. Pure."""

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from field_client.pages.wording import local_date
from field_client.position import distance_m
from field_client.replica.cards import JobCard
from field_client.replica.created import NOWHERE
from sync_protocol.jobs import OPEN_STATES


class Stop(NamedTuple):
    """A job and how far it is from the one before, in metres as the crow flies."""

    card: JobCard
    from_before_m: float | None


class Day(NamedTuple):
    """What is planned for one day, by appointment."""

    on: date
    cards: tuple[JobCard, ...]


class Plan(NamedTuple):
    """Today and what comes, what should have been done before, and what is done."""

    overdue: tuple[JobCard, ...]
    days: tuple[Day, ...]
    ended: tuple[JobCard, ...]


def today_of(cards: Sequence[JobCard], now: datetime) -> date:
    """Say which day it is where the first job is."""
    return local_date(now, cards[0].zone if cards else "UTC")


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
    days = tuple(Day(on, tuple(by_day[on])) for on in sorted(by_day))
    return Plan(tuple(overdue), days, tuple(ended))


def soon_and_later(days: tuple[Day, ...], today: date) -> tuple[tuple[Day, ...], tuple[Day, ...]]:
    """Part the days: today and tomorrow, or the next one where neither has jobs; and the others."""
    tomorrow = today + timedelta(days=1)
    soon = sum(each.on <= tomorrow for each in days) or 1
    return days[:soon], days[soon:]


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
    ways = {card.number: _way(before, card) for card in cards}
    chosen = min(cards, key=lambda card: (ways[card.number], card.number))
    way = ways[chosen.number]
    return Stop(chosen, None if way == math.inf else way)


def _way(start: JobCard, end: JobCard) -> float:
    """Measure from one job to the next; to where nobody knows the way, one drives last."""
    places = ((start.latitude, start.longitude), (end.latitude, end.longitude))
    return math.inf if NOWHERE in places else distance_m(*places)
