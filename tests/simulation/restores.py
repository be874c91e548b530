"""Copies and restores of tablets: rolled back in place, copied with the key, and without it.

Each is planned from a stream of chance of its own. What a tablet had promised and what of it only
the overwritten disk held is told to the ``Promises``, which are checked at the end.
"""

import shutil
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from field_client.engine import Requested
from field_client.enrolling import Wish, enrol
from field_client.replica.state import store_enrolment
from field_client.transport import Failure, NoAnswer, Refused
from server.problems import Conflicting, Forbidden
from server.sync import devices
from sync_protocol.messages import EnrolRequest, EnrolResponse
from tests.simulation.chance import Chance
from tests.simulation.checks import Seat
from tests.simulation.clocks import MINUTE, TabletClock, WorldClock
from tests.simulation.office import Office, OfficeCrashed
from tests.simulation.promises import Promises
from tests.simulation.tablet import ADDRESS, Flight, Tablet, complete
from tests.simulation.violations import Violation

_TRIES_MAX: Final = 20


class Hands(msgspec.Struct, frozen=True, kw_only=True):
    """What a world lets be done to its tablets."""

    at: Callable[[int, Callable[[], None]], None]
    do: Callable[[Seat, Callable[[], Flight | None]], None]
    put_down: Callable[[Seat], None]
    take_up: Callable[[Seat], None]
    join: Callable[[Seat], None]
    work: Callable[..., None]
    finish_unsent: Callable[[Seat], None]
    office_fell: Callable[[], None]
    note: Callable[[str, str], None]


class Restores:
    """Does to the tablets of a world what people do to disks and keys."""

    def __init__(
        self, seed: int, office: Office, promises: Promises, clock: WorldClock, hands: Hands
    ) -> None:
        self._chance = Chance(seed, "restores")
        self._office = office
        self._promises = promises
        self._clock = clock
        self._hands = hands
        self._copies = 0
        self._codes: dict[str, tuple[str, int]] = {}
        self._kept_of: dict[str, UUID] = {}

    def plan(self, seat: Seat, chaos_ms: int) -> None:
        """Plan what befalls one tablet."""
        if self._chance.happens(0.25):
            first, second = sorted(self._chance.between(0, chaos_ms) for _ in range(2))
            self._hands.at(first, lambda: self._back_up(seat))
            self._hands.at(second, lambda: self._roll_back(seat))
        if self._chance.happens(0.2):
            self._hands.at(self._chance.between(0, chaos_ms), lambda: self._copy(seat))
        if self._chance.happens(0.15):
            self._hands.at(self._chance.between(0, chaos_ms), lambda: self._lose_key(seat))

    def strand(self, seat: Seat) -> None:
        """Let a tablet need a code: the office knows its device no more."""
        seat.is_keyless = True
        self._plan_enrolment(seat)

    def finish(self, seat: Seat) -> None:
        """Enrol a tablet whose key is lost, now that nothing stands in the way.

        Raises:
            Violation: it cannot be enrolled.
        """
        for _ in range(_TRIES_MAX):
            if seat.is_keyless:
                self._enrol(seat, is_calm=True)
        if seat.is_keyless:
            raise Violation(f"{seat.tablet.name} cannot be enrolled anew")

    def _back_up(self, seat: Seat) -> None:
        if seat.tablet.is_up:
            # Just entered, so that the copy holds something that was not sent.
            self._hands.work(seat)
        if seat.tablet.is_up:
            folder = seat.tablet.folder
            shutil.copytree(folder, folder.with_suffix(".copy"))
            self._kept_of[seat.tablet.name] = seat.device_id

    def _roll_back(self, seat: Seat) -> None:
        """Put an older state in the place of the present one; the key stays."""
        tablet = seat.tablet
        kept = tablet.folder.with_suffix(".copy")
        if not (tablet.is_up and self._office.is_up and kept.exists()):
            return
        seat.promise()
        held = tablet.read(self._promises.held)
        self._hands.put_down(seat)
        for file in tablet.folder.glob("replica.db*"):
            file.unlink()
        if self._chance.happens(0.5):
            shutil.rmtree(tablet.folder)
        shutil.copytree(kept, tablet.folder, dirs_exist_ok=True)
        shutil.rmtree(kept)
        seat.forget_place()
        self._promises.overwrite(self._office, seat.technician_id, held)
        self._hands.note("rolled back", tablet.name)
        if self._kept_of[tablet.name] != seat.device_id and not seat.is_keyless:
            # What came back belongs to the device of before, whose key is gone.
            self.strand(seat)
        self._hands.take_up(seat)
        # Its next number is one that the server may have heard for something else.
        self._hands.work(seat)

    def _copy(self, seat: Seat) -> None:
        """Let a copy with the key work beside the tablet that it was made of."""
        self._hands.work(seat)
        if not seat.tablet.is_up or seat.is_keyless:
            return
        self._copies += 1
        original, name = seat.tablet, f"{seat.tablet.name}-copy-{self._copies}"
        folder = original.folder.with_name(name)
        shutil.copytree(original.folder, folder)
        chance = Chance(self._chance.between(0, 2**32), name)
        self._hands.note("copied", name)
        copy = Tablet(
            name,
            folder,
            TabletClock(self._clock, chance),
            chance,
            original.replaced,
            original.keys,
        )
        self._hands.join(
            Seat(
                tablet=copy,
                technician_id=seat.technician_id,
                device_id=seat.device_id,
                promises=self._promises,
                settled_dseq=seat.settled_dseq,
            )
        )

    def _lose_key(self, seat: Seat) -> None:
        # Its signature has to be found when the new device sends it.
        self._hands.finish_unsent(seat)
        seat.tablet.lose_key()
        self._hands.note("lost its key", seat.tablet.name)
        self.strand(seat)

    def _plan_enrolment(self, seat: Seat) -> None:
        self._hands.at(self._chance.between(0, 20) * MINUTE, lambda: self._enrol(seat))

    def _enrol(self, seat: Seat, *, is_calm: bool = False) -> None:
        """Enrol anew as the agent does; whatever goes wrong, it is tried again later."""
        if not seat.is_keyless:
            return
        if seat.tablet.is_up and self._office.is_up:
            self._hands.do(seat, lambda: self._enrol_now(seat, is_calm=is_calm))
        if seat.is_keyless and not is_calm:
            self._plan_enrolment(seat)

    def _enrol_now(self, seat: Seat, *, is_calm: bool) -> Flight | None:
        tablet = seat.tablet
        try:
            code = self._code(seat)
        except OfficeCrashed:
            self._hands.office_fell()
            return None
        wish = Wish(code=code, device_name=tablet.name, public_key=tablet.public_key())
        door = _Door(self._office, self._chance, self._hands, is_calm=is_calm)
        answer = complete(
            enrol(tablet.store, door, wish, clock=tablet.clock, new_id=tablet.chance.new_id)
        )
        if not isinstance(answer, EnrolResponse):
            self._hands.note("not enrolled anew", f"{tablet.name} {answer}")
            if isinstance(answer, Refused):
                self._codes.pop(tablet.name)
            return None
        tablet.write(store_enrolment, ADDRESS, answer, tablet.public_key())
        seat.device_id, seat.is_keyless = UUID(str(answer.device_id)), False
        tablet.reports.clear()
        self._hands.note("enrolled anew", tablet.name)
        return tablet.take(Requested())

    def _code(self, seat: Seat) -> str:
        """Give the code that was told before, while it lives, or ask for another."""
        code, told_ms = self._codes.get(seat.tablet.name, ("", 0))
        if not code or self._clock.now_ms - told_ms > 10 * MINUTE:
            code = self._chance.octets(8).hex()
            self._office.write(devices.issue_code, seat.technician_id, code, act=self._office.act())
            self._codes[seat.tablet.name] = (code, self._clock.now_ms)
        return code


class _Door:
    """The door of the office that takes codes, with a bad line."""

    def __init__(self, office: Office, chance: Chance, hands: Hands, *, is_calm: bool) -> None:
        self._office = office
        self._chance = chance
        self._hands = hands
        self._risk = 0.0 if is_calm else 0.2

    async def enrol(self, request: EnrolRequest) -> EnrolResponse | Failure:
        if self._chance.happens(self._risk) or not self._office.is_up:
            return NoAnswer(detail="the request was lost")
        try:
            answer = self._office.write(
                devices.enrol,
                request,
                token=self._chance.octets(16).hex(),
                token_life=timedelta(minutes=10),
                act=self._office.act(),
            )
        except OfficeCrashed:
            self._hands.office_fell()
            return NoAnswer(detail="the office fell")
        except Conflicting as error:
            return Refused(status=409, detail=str(error))
        except Forbidden as error:
            return Refused(status=403, detail=str(error))
        if self._chance.happens(self._risk):
            return NoAnswer(detail="the answer was lost")
        return answer


__all__ = ["Hands", "Restores", "enrol"]
