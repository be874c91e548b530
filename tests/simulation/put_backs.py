"""Restores of the server in a world: the office is put back to a backup that it made before.

What the office had acknowledged since comes from the tablets again, as far as they hold it. What
only a disk held that is no more, or what the office alone knew, is gone.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from server.backups import lives
from tests.simulation import readings
from tests.simulation.chance import Chance
from tests.simulation.checks import Seat
from tests.simulation.office import OfficeCrashed
from tests.simulation.restores import Hands

if TYPE_CHECKING:
    from tests.simulation.world import World

_WHY: Final = "put back in a simulation"


class PutBacks:
    """What this world does to the office's disk; nothing in most worlds."""

    def __init__(self, world: "World", hands: Hands, strand: Callable[[Seat], None]) -> None:
        self._world = world
        self._office = world.office
        self._hands = hands
        self._strand = strand
        self._chance = Chance(world.seed, "put backs")
        self._loses_files = self._chance.happens(0.5)

    def plan(self, chaos_ms: int) -> None:
        """Plan a backup, and that the office is put back to it."""
        if self._chance.happens(0.2):
            first, second = sorted(self._chance.between(0, chaos_ms) for _ in range(2))
            self._hands.at(first, self._back_up)
            self._hands.at(second, self._put_back)

    def _back_up(self) -> None:
        if not self._office.is_up:
            return
        horizon = self._office.back_up()
        try:
            self._office.write(lives.mark_durable, horizon, act=self._office.act())
        except OfficeCrashed:
            self._hands.office_fell()
        self._hands.note("office backed up", f"{len(horizon.heads)} incarnations")

    def _put_back(self) -> None:
        world, seats = self._world, self._world.seats
        if not (self._office.has_backup and all(seat.tablet.is_up for seat in seats)):
            return
        for seat in seats:
            seat.promise()
        self._office.put_back(with_files=self._loses_files)
        self._office.write_at_no_risk(lives.begin, _WHY, act=self._office.act())
        for technician_id in {seat.technician_id: None for seat in seats}:
            held = [
                seat.tablet.read(world.promises.held)
                for seat in seats
                if seat.technician_id == technician_id
            ]
            world.promises.put_back(self._office, technician_id, held)
        # What was answered in the life before is no promise of this one.
        world.heard.clear()
        world.dispatcher.keep_only(self._office.read(readings.job_states))
        self._hands.note("office put back", "with files" if self._loses_files else "without")
        for seat in seats:
            if not (seat.is_keyless or self._office.read(readings.is_device, seat.device_id)):
                self._strand(seat)
