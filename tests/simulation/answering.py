"""Technicians of a world who answer their issues: any of them, any way, now and then otherwise."""

from typing import TYPE_CHECKING

from tests.simulation import technician
from tests.simulation.chance import Chance
from tests.simulation.restores import Hands

if TYPE_CHECKING:
    from tests.simulation.world import World


class Answering:
    """When somebody of this world looks at the issues of a tablet."""

    def __init__(self, world: "World", hands: Hands) -> None:
        self._world = world
        self._hands = hands
        self._chance = Chance(world.seed, "answers")

    def plan(self, chaos_ms: int) -> None:
        """Plan it, more often later on: first something has to clash."""
        for _ in range(self._chance.between(0, 16)):
            self._hands.at(self._chance.between(chaos_ms // 4, chaos_ms), self._answer)

    def _answer(self) -> None:
        seats = [seat for seat in self._world.seats if seat.tablet.is_up]
        if seats:
            self._hands.work(self._chance.pick(seats), technician.answer)
