"""The light budget: what an ONT should receive, and whether what it receives is right.

Tablet and server run these lines and must agree bit for bit, so all arithmetic is in integer
hundredths of a dB and losses are table values. A verdict names the digest of the plant path that it
was made with; a later change of the plant does not change what the technician was told.
"""

import enum
from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from sync_protocol.units import LossCdb, Metres, RxPowerCdbm

# Typical insertion loss of a PLC splitter with connectors: the data-sheet maximum (GR-1209/1221
# class sheet, 1260-1650 nm) less 0.7 dB. Predict with typical; the tolerance covers the rest.
SPLITTER_LOSS_CDB: Final[Mapping[int, int]] = {
    1: 0,
    2: 360,
    4: 670,
    8: 1000,
    16: 1320,
    32: 1650,
    64: 2080,
    128: 2480,
}
# Cabled G.652.D/G.657 fiber, hundredths of a dB per kilometre; 1490 and 1577 nm interpolated
# between the sheet values for 1310 (0.36) and 1550 (0.22).
FIBER_LOSS_CDB_PER_KM: Final[Mapping[int, int]] = {1310: 36, 1490: 25, 1550: 22, 1577: 22}
CONNECTOR_LOSS_CDB: Final = 30
SPLICE_LOSS_CDB: Final = 10
TOLERANCE_CDB: Final = 300
"""A reading further off than this is doubtful: a dirty connector, a bend, another port."""
WRONG_PATH_CDB: Final = 600
"""A reading further off than this comes from another path or a broken one."""

SplitterRatio = Annotated[int, Meta(ge=1, le=128, description="outputs of the splitter, 1 to N")]


class OpticClass(msgspec.Struct, frozen=True, kw_only=True):
    """What an optic class promises at the ONT, in hundredths of dBm.

    Sources: ITU-T G.984.2 (2019-08) and G.9807.1 (2020-10) Amd 2, as tabulated by a PON meter's
    manual (VeEX FX120, "PON ODN classes").
    """

    name: str
    wavelength_nm: int
    launch_min_cdbm: int
    launch_max_cdbm: int
    sensitivity_cdbm: int
    overload_cdbm: int


# fmt: off
OPTIC_CLASSES: Final[Mapping[str, OpticClass]] = {
    c.name: c
    for c in (
        OpticClass(name="GPON_B+", wavelength_nm=1490, launch_min_cdbm=150, launch_max_cdbm=500,
                   sensitivity_cdbm=-2700, overload_cdbm=-800),
        OpticClass(name="GPON_C+", wavelength_nm=1490, launch_min_cdbm=300, launch_max_cdbm=700,
                   sensitivity_cdbm=-3000, overload_cdbm=-800),
        OpticClass(name="XGS_N1", wavelength_nm=1577, launch_min_cdbm=200, launch_max_cdbm=500,
                   sensitivity_cdbm=-2800, overload_cdbm=-900),
        OpticClass(name="XGS_N2", wavelength_nm=1577, launch_min_cdbm=400, launch_max_cdbm=700,
                   sensitivity_cdbm=-2800, overload_cdbm=-900),
    )
}
# fmt: on


class LightPath(msgspec.Struct, frozen=True, kw_only=True):
    """The passive path from a PON port to an ONT, as the plant records it."""

    optic_class: str
    splitter_ratios: tuple[SplitterRatio, ...] = ()
    feeder_length_m: Metres
    distribution_length_m: Metres
    drop_length_m: Metres
    connectors: Annotated[int, Meta(ge=0, le=40)]
    splices: Annotated[int, Meta(ge=0, le=200)]
    launch_cdbm: RxPowerCdbm | None = None
    """The launch power measured at the OLT; None takes the middle of the class."""


UNKNOWN_PATH: Final = LightPath(
    optic_class="unknown",
    feeder_length_m=0,
    distribution_length_m=0,
    drop_length_m=0,
    connectors=0,
    splices=0,
)
"""Stands where the plant data name no path. No table knows its class, so nothing is predicted over
it; a path that may be absent could not be read by tablets that do not expect it."""


class LossPart(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the loss budget, for the page that explains it."""

    name: str
    loss_cdb: LossCdb


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """What an ONT at the end of a path should receive."""

    rx_power_cdbm: RxPowerCdbm
    launch_cdbm: RxPowerCdbm
    parts: tuple[LossPart, ...]
    wavelength_nm: int


class Verdict(enum.StrEnum):
    """What a reading means for the technician who stands beside it."""

    OK = "ok"
    MARGINAL = "marginal"
    FAIL = "fail"
    TOO_GOOD = "too_good"


class Cause(enum.StrEnum):
    """A likely reason for a reading that is not ok, as a code that pages translate."""

    NO_LIGHT = "no_light"
    BELOW_SENSITIVITY = "below_sensitivity"
    OVERLOAD = "overload"
    DIRTY_OR_BENT = "dirty_or_bent"
    LOSSY_PATH = "lossy_path"
    SPLITTER_BYPASSED = "splitter_bypassed"
    NEAR_LIMIT = "near_limit"


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict, why, and with which prediction."""

    verdict: Verdict
    causes: tuple[Cause, ...]
    predicted_cdbm: RxPowerCdbm
    deviation_cdb: int
    """Reading minus prediction, hundredths of a dB; negative means weaker than predicted."""


class PathUnknown(ValueError):
    """There is no path, or it names a class or splitter without a table value.

    The text says which; the plant data must be corrected.
    """


def predict(path: LightPath) -> Prediction:
    """Work out the light at the end of a path.

    Raises:
        PathUnknown: no path, or an optic class or a splitter ratio without a table value.
    """
    if path == UNKNOWN_PATH:
        raise PathUnknown("the plant data name no path to this premise")
    optics = OPTIC_CLASSES.get(path.optic_class)
    if optics is None:
        raise PathUnknown(f"optic class {path.optic_class!r}; known are {', '.join(OPTIC_CLASSES)}")
    parts = (*_fiber_parts(path, optics.wavelength_nm), *_splitter_parts(path), *_joint_parts(path))
    launch_cdbm = (
        path.launch_cdbm
        if path.launch_cdbm is not None
        else (optics.launch_min_cdbm + optics.launch_max_cdbm) // 2
    )
    return Prediction(
        rx_power_cdbm=max(-6000, launch_cdbm - sum(part.loss_cdb for part in parts)),
        launch_cdbm=launch_cdbm,
        parts=parts,
        wavelength_nm=optics.wavelength_nm,
    )


def judge(reading_cdbm: RxPowerCdbm, path: LightPath) -> Judgement:
    """Judge a reading against its path.

    Fail is outside what the optics can work with, or so far below the prediction that the path
    cannot be the planned one. Marginal works today and is worth a clean connector. Too good is a
    reading that no such path can give: the splitter is not in it.

    Raises:
        PathUnknown: as ``predict``.
    """
    prediction = predict(path)
    deviation_cdb = reading_cdbm - prediction.rx_power_cdbm
    optics = OPTIC_CLASSES[path.optic_class]
    verdict, causes = _verdict(reading_cdbm, deviation_cdb, optics)
    return Judgement(
        verdict=verdict,
        causes=causes,
        predicted_cdbm=prediction.rx_power_cdbm,
        deviation_cdb=deviation_cdb,
    )


_NO_LIGHT_CDBM: Final = -4000
_GUARD_LOW_CDB: Final = 200
_GUARD_HIGH_CDB: Final = 100


def _verdict(
    reading_cdbm: int, deviation_cdb: int, optics: OpticClass
) -> tuple[Verdict, tuple[Cause, ...]]:
    """Apply the first rule that fits; the order is the order of harm."""
    rules: tuple[tuple[bool, Verdict, tuple[Cause, ...]], ...] = (
        (reading_cdbm <= _NO_LIGHT_CDBM, Verdict.FAIL, (Cause.NO_LIGHT,)),
        (reading_cdbm > optics.overload_cdbm, Verdict.FAIL, (Cause.OVERLOAD,)),
        (
            reading_cdbm < optics.sensitivity_cdbm,
            Verdict.FAIL,
            (Cause.BELOW_SENSITIVITY, Cause.DIRTY_OR_BENT),
        ),
        (deviation_cdb < -WRONG_PATH_CDB, Verdict.FAIL, (Cause.LOSSY_PATH, Cause.DIRTY_OR_BENT)),
        (deviation_cdb > TOLERANCE_CDB, Verdict.TOO_GOOD, (Cause.SPLITTER_BYPASSED,)),
        (deviation_cdb < -TOLERANCE_CDB, Verdict.MARGINAL, (Cause.DIRTY_OR_BENT,)),
        (
            reading_cdbm < optics.sensitivity_cdbm + _GUARD_LOW_CDB
            or reading_cdbm > optics.overload_cdbm - _GUARD_HIGH_CDB,
            Verdict.MARGINAL,
            (Cause.NEAR_LIMIT,),
        ),
    )
    return next(
        ((verdict, causes) for applies, verdict, causes in rules if applies), (Verdict.OK, ())
    )


def _fiber_parts(path: LightPath, wavelength_nm: int) -> tuple[LossPart, ...]:
    per_km = FIBER_LOSS_CDB_PER_KM[wavelength_nm]
    lengths = (
        ("feeder", path.feeder_length_m),
        ("distribution", path.distribution_length_m),
        ("drop", path.drop_length_m),
    )
    # Half up, per cable: the same integer on every machine.
    return tuple(
        LossPart(name=name, loss_cdb=(length_m * per_km + 500) // 1000)
        for name, length_m in lengths
    )


def _splitter_parts(path: LightPath) -> tuple[LossPart, ...]:
    for ratio in path.splitter_ratios:
        if ratio not in SPLITTER_LOSS_CDB:
            known = ", ".join(f"1:{known}" for known in SPLITTER_LOSS_CDB)
            raise PathUnknown(f"splitter 1:{ratio}; known are {known}")
    return tuple(
        LossPart(name=f"splitter 1:{ratio}", loss_cdb=SPLITTER_LOSS_CDB[ratio])
        for ratio in path.splitter_ratios
    )


def _joint_parts(path: LightPath) -> tuple[LossPart, ...]:
    return (
        LossPart(name="connectors", loss_cdb=path.connectors * CONNECTOR_LOSS_CDB),
        LossPart(name="splices", loss_cdb=path.splices * SPLICE_LOSS_CDB),
    )
