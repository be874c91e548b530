"""``light``: how well the verdict finds faults of the plant, and that both sides give the same one.

A path is what the plant data say; what is built differs from it as the data sheets of its parts
allow, and a meter errs too. Then one thing is broken and the reading judged as a tablet judges it:
recorded in a replica whose document came over the wire. The office judges the same reading over
its own route. The spreads are stated here, once; no fault was chosen by what the verdict finds.
"""

import random
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

import msgspec

from field_client import capture
from field_client.replica.views import JobView, get_job
from field_client.storage import Connection
from field_client.storage.statements import run
from sync_protocol import wire
from sync_protocol.ids import JobId
from sync_protocol.operations import LightReading
from sync_protocol.optics import OPTIC_CLASSES, Judgement, LightPath, Verdict, judge, predict
from sync_protocol.units import format_dbm
from tests.benchmarks.figures import Figure
from tests.field_client.factories import a_job, a_pen, an_enrolled_replica

PATHS: Final = 10_000
SEED: Final = 20_261_126
_IDS: Final = UUID(int=SEED)

Break = Callable[[random.Random], float]
FAULTS: Final[Mapping[str, Break]] = {
    "dirty_connector": lambda chance: chance.uniform(3.5, 8),
    "tight_bend": lambda chance: chance.uniform(4, 12),
    "bad_splice": lambda chance: chance.uniform(3.5, 6),
    "extra_splitter": lambda _: 3.6,
    "splitter_bypassed": lambda chance: -chance.choice((6.7, 10.0, 13.2)),
    "broken": lambda _: 60.0,
}
"""What each takes away, in dB: what is lost at worst is what a technician would measure again."""


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """A path as the data have it, and what would be read at its end, in hundredths of dBm."""

    path: LightPath
    reading_cdbm: int


async def measure(paths: int) -> tuple[Figure, ...]:
    """Judge readings of so many paths, whole and with each fault."""
    chance = random.Random(SEED)  # noqa: S311  replayable, no secret
    built = [build(chance) for _ in range(paths)]
    healthy = [judge(each.reading_cdbm, each.path) for each in built]
    differing = _differing(built)
    alarms = sum(judgement.verdict is not Verdict.OK for judgement in healthy)
    found = {name: _found(built, fault, chance) for name, fault in FAULTS.items()}
    return (
        Figure(
            key="verdicts_differing", value=differing, most=0,
            says=f"between tablet and office, of {paths:,} readings over the wire",
        ),
        Figure(
            key="false_alarm_rate", value=alarms / paths,
            says=f"of {paths:,} paths without a fault, not judged ok",
        ),
        Figure(
            key="detection_rate", value=sum(found.values()) / len(found),
            says="of injected faults, not judged ok; all kinds alike",
        ),
        *(
            Figure(key=f"detected_{name}", value=rate, says="of this fault on every path")
            for name, rate in found.items()
        ),
    )  # fmt: skip


def build(chance: random.Random) -> Built:
    """Plan a path that works, and build it with parts as they come."""
    while True:
        path = _plan(chance)
        optics, predicted = OPTIC_CLASSES[path.optic_class], predict(path).rx_power_cdbm
        # Nobody plans a path at the edge of what its optics can do.
        if optics.sensitivity_cdbm + 300 <= predicted <= optics.overload_cdbm - 300:
            return Built(path=path, reading_cdbm=predicted + round(100 * _spread_db(path, chance)))


def _plan(chance: random.Random) -> LightPath:
    optics = chance.choice(list(OPTIC_CLASSES.values()))
    launch_cdbm = chance.randrange(optics.launch_min_cdbm, optics.launch_max_cdbm)
    return LightPath(
        optic_class=optics.name,
        splitter_ratios=chance.choice(((8,), (16,), (32,), (64,), (4, 8), (2, 16), (8, 8))),
        feeder_length_m=chance.randrange(500, 15_000),
        distribution_length_m=chance.randrange(50, 2_000),
        drop_length_m=chance.randrange(15, 250),
        connectors=chance.randrange(2, 8),
        splices=chance.randrange(2, 20),
        launch_cdbm=chance.choice((None, launch_cdbm)),
    )


def _spread_db(path: LightPath, chance: random.Random) -> float:
    """Say by how much what is built differs from what is predicted: more light is positive."""
    launch = 0.2 if path.launch_cdbm is not None else 0.8
    spread = chance.gauss(0, launch)
    spread += sum(chance.uniform(-0.7, 0.7) for _ in path.splitter_ratios)
    spread += sum(chance.gauss(0.05, 0.12) for _ in range(path.connectors))
    spread += sum(chance.gauss(0.03, 0.05) for _ in range(path.splices))
    fiber_km = (path.feeder_length_m + path.distribution_length_m) / 1000
    return spread + chance.gauss(0, 0.02) * fiber_km + chance.gauss(0, 0.25)


def _found(built: list[Built], fault: Break, chance: random.Random) -> float:
    """Say how many of the paths are not judged ok once this is wrong with them."""
    readings = (
        (max(-6000, min(1000, each.reading_cdbm - round(100 * fault(chance)))), each.path)
        for each in built
    )
    found = sum(judge(reading, path).verdict is not Verdict.OK for reading, path in readings)
    return found / len(built)


def _differing(built: list[Built]) -> int:
    """Count readings that a tablet judges differently from the office."""
    with tempfile.TemporaryDirectory() as folder:
        db = an_enrolled_replica(Path(folder) / "replica.db")
        db.execute("BEGIN")
        told = [_on_tablet(db, number, each) for number, each in enumerate(built)]
        db.execute("COMMIT")
        db.close()
    office = [judge(each.reading_cdbm, each.path) for each in built]
    return sum(not _same(body, judgement) for body, judgement in zip(told, office, strict=True))


def _on_tablet(db: Connection, number: int, built: Built) -> LightReading:
    job_id = JobId(uuid5(_IDS, str(number)))
    plant = msgspec.structs.replace(a_job().plant, light_path=built.path)
    travelled = wire.encode(a_job(id=job_id, plant=plant))
    run(db, "job_store", id=str(job_id), document=travelled)
    capture.record_light(db, a_pen(), job_id, format_dbm(built.reading_cdbm))
    view: JobView = get_job(db, job_id)
    body = view.captures[-1].capture.body
    assert isinstance(body, LightReading)
    return body


def _same(told: LightReading, office: Judgement) -> bool:
    return (told.verdict, told.predicted_cdbm) == (office.verdict, office.predicted_cdbm)
