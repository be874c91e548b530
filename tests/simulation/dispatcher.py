"""The dispatcher of a world: takes orders, assigns, assigns elsewhere and back, calls off."""

from collections.abc import Container
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from server.acts import Actor, ActorKind
from server.orders.records import WantedOrder
from server.problems import Conflicting, WrongInput
from sync_protocol.jobs import MoveNotAllowed
from tests.simulation.chance import Chance
from tests.simulation.clocks import DAWN
from tests.simulation.office import Office
from tests.simulation.town import Town

DISPATCHER: Final = Actor(ActorKind.HUMAN, UUID(int=1))


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """How often a dispatcher does what; the rest is assigning."""

    jobs_max: int = 4
    reach: int = 4
    """With how many of the newest jobs there is anything to do."""
    places: float = 0.3
    cancels: float = 0.1
    sets_crews: float = 0.15


class Dispatcher:
    """Acts at random; what a crash left in doubt is simply done again, as a person would."""

    def __init__(
        self,
        office: Office,
        town: Town,
        chance: Chance,
        *,
        with_tablets: tuple[UUID, ...],
        habits: Habits | None = None,
    ) -> None:
        self._office = office
        self._town = town
        self._chance = chance
        # Those who have a tablet get most of the work.
        self._candidates = (*with_tablets, *with_tablets, *town.technician_ids)
        self._habits = habits or Habits()
        self._placed = 0
        self.job_ids: list[UUID] = []

    def keep_only(self, known: Container[UUID]) -> None:
        """Forget the jobs that an office which was put back has forgotten: the last ones."""
        self.job_ids = [job_id for job_id in self.job_ids if job_id in known]
        self._placed = len(self.job_ids)

    def act(self) -> str:
        """Do one thing.

        Raises:
            OfficeCrashed: before or after it was stored.
        """
        habits, chance = self._habits, self._chance
        if not self.job_ids or (self._placed < habits.jobs_max and chance.happens(habits.places)):
            return self._place()
        if chance.happens(habits.cancels):
            return self._cancel()
        if chance.happens(habits.sets_crews):
            return self._set_crew(self._pick())
        return self._assign(self._pick())

    def _pick(self) -> UUID:
        return self._chance.pick(self.job_ids[-self._habits.reach :])

    def _place(self) -> str:
        # The same number until it is known to be stored: placing again is how doubt is resolved.
        starts_at = DAWN + timedelta(hours=2 + self._placed)
        placed = self._office.write(
            self._office.code.place,
            WantedOrder(
                number=f"O-{self._placed}",
                account=self._town.accounts[self._placed % len(self._town.accounts)],
                # Two after each other at one premise: each embeds how the visits of both ended.
                premise=self._town.premises[self._placed // 2],
                product=self._town.product,
                appointment_starts_at=starts_at,
                appointment_ends_at=starts_at + timedelta(hours=2),
            ),
            act=self._office.act(DISPATCHER),
        )
        self._placed += 1
        self.job_ids.append(placed.job_id)
        return f"places job {placed.job_id}; {self._assign(placed.job_id)}"

    def _assign(self, job_id: UUID) -> str:
        technician_id = self._chance.pick(self._candidates)
        try:
            self._office.write(
                self._office.code.assign,
                job_id,
                technician_id,
                act=self._office.act(DISPATCHER),
            )
        except MoveNotAllowed as error:
            return f"cannot assign {job_id}: {error.state}"
        return f"assigns {job_id} to {technician_id}"

    def _set_crew(self, job_id: UUID) -> str:
        technician_ids = [self._chance.pick(self._candidates)] if self._chance.happens(0.7) else []
        try:
            self._office.write(
                self._office.code.set_crew,
                job_id,
                technician_ids,
                act=self._office.act(DISPATCHER),
            )
        except (Conflicting, WrongInput) as error:
            return f"cannot set a crew: {error}"
        return f"sets the crew of {job_id} to {technician_ids}"

    def _cancel(self) -> str:
        job_id = self._pick()
        try:
            self._office.write(
                self._office.code.cancel,
                job_id,
                reason="changed their mind",
                act=self._office.act(DISPATCHER),
            )
        except MoveNotAllowed as error:
            return f"cannot cancel {job_id}: {error.state}"
        return f"cancels {job_id}"
