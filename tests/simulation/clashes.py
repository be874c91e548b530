"""Two tablets at one job in a world: both write a note there, and neither has seen the other's."""

import functools
from typing import TYPE_CHECKING
from uuid import UUID

from field_client.replica.cards import list_jobs
from server.jobs import queries
from server.problems import Conflicting, WrongInput
from sync_protocol.ids import JobId
from sync_protocol.jobs import FINAL_STATES
from tests.simulation import technician
from tests.simulation.chance import Chance
from tests.simulation.checks import Seat
from tests.simulation.office import OfficeCrashed
from tests.simulation.restores import Hands

if TYPE_CHECKING:
    from tests.simulation.world import World


class Clashes:
    """What crews of this world write at once; nothing where only one tablet is."""

    def __init__(self, world: "World", hands: Hands) -> None:
        self._world = world
        self._hands = hands
        self._chance = Chance(world.seed, "clashes")

    def plan(self, chaos_ms: int) -> None:
        """Plan that tablets get a job in common, and write there."""
        if len(self._world.seats) < 2 or not self._chance.happens(0.8):
            return
        for _ in range(self._chance.between(4, 10)):
            self._hands.at(self._chance.between(0, chaos_ms), self._meet)

    def _meet(self) -> None:
        held = [(seat, _open_jobs(seat)) for seat in self._world.seats if seat.tablet.is_up]
        shared = sorted(
            job_id
            for job_id in set[UUID]().union(*(jobs for _seat, jobs in held))
            if sum(job_id in jobs for _seat, jobs in held) > 1
        )
        if not shared:
            self._team_up()
            return
        job_id = JobId(self._chance.pick(shared))
        self._hands.note("notes at once", str(job_id))
        for seat, jobs in held:
            if job_id in jobs:
                self._hands.work(seat, functools.partial(technician.write_note, job_id=job_id))

    def _team_up(self) -> None:
        office, job_ids = self._world.office, self._world.dispatcher.job_ids
        if not (office.is_up and job_ids):
            return
        job = office.read(queries.get, self._chance.pick(job_ids))
        others = {seat.technician_id for seat in self._world.seats} - {job.assignee_id}
        try:
            office.write(office.code.set_crew, job.id, sorted(others), act=office.act())
        except (Conflicting, WrongInput) as error:
            self._hands.note("no crew", str(error))
        except OfficeCrashed:
            self._hands.office_fell()
        else:
            self._hands.note("crews", f"{job.id} to all")


def _open_jobs(seat: Seat) -> set[UUID]:
    cards = seat.tablet.read(list_jobs)
    return {card.id for card in cards if not card.lingering and card.state not in FINAL_STATES}
