"""The way of the light and its budget, from the plant card to its view. Pure."""

from typing import Final

from server.console import wording
from server.jobs.views import GaugeView, PathNode, PlantView
from sync_protocol.documents import UNKNOWN_PLANT, PlantCard
from sync_protocol.optics import (
    TOLERANCE_CDB,
    LightPath,
    PathUnknown,
    Prediction,
    predict,
)

GAUGE_LOW_CDBM: Final = -3200
GAUGE_HIGH_CDBM: Final = -400
_GAUGE_TICK_CDB: Final = 400
_WIDTH: Final = 1000


def plant_view(plant: PlantCard) -> PlantView:
    """Say how the light gets there; a path that the tables do not know says what is wrong."""
    try:
        prediction = predict(plant.light_path)
    except PathUnknown as error:
        return PlantView(nodes=_names_only(plant), predicted="", problem=str(error))
    return PlantView(
        nodes=_nodes(plant, prediction),
        predicted=wording.dbm(prediction.rx_power_cdbm),
        problem=None,
    )


def gauge_view(path: LightPath, reading_cdbm: int | None) -> GaugeView | None:
    """Draw a reading against the prediction and its tolerance; None without a prediction."""
    try:
        predicted_cdbm = predict(path).rx_power_cdbm
    except PathUnknown:
        return None
    band = (_x(predicted_cdbm - TOLERANCE_CDB), _x(predicted_cdbm + TOLERANCE_CDB))
    said = f"Predicted {wording.dbm(predicted_cdbm)}"
    if reading_cdbm is not None:
        said = f"{said}, measured {wording.dbm(reading_cdbm)}"
    ticks = range(GAUGE_LOW_CDBM, GAUGE_HIGH_CDBM + 1, _GAUGE_TICK_CDB)
    return GaugeView(
        predicted_x=_x(predicted_cdbm),
        band_x=band[0],
        band_width=band[1] - band[0],
        reading_x=None if reading_cdbm is None else _x(reading_cdbm),
        ticks=tuple((_x(tick), f"{wording.MINUS}{-tick // 100}") for tick in ticks),
        label=said,
    )


def _x(power_cdbm: int) -> int:
    """Place a level on the scale; what lies outside sits at its end."""
    share = (power_cdbm - GAUGE_LOW_CDBM) / (GAUGE_HIGH_CDBM - GAUGE_LOW_CDBM)
    return round(_WIDTH * min(1.0, max(0.0, share)))


def _nodes(plant: PlantCard, prediction: Prediction) -> tuple[PathNode, ...]:
    """Place the losses of the prediction where they arise."""
    path = plant.light_path
    loss = {part.name: part.loss_cdb for part in prediction.parts}
    splitting = sum(part.loss_cdb for part in prediction.parts if part.name.startswith("splitter"))
    joints = loss["connectors"] + loss["splices"]
    ratios = " · ".join(f"1:{ratio}" for ratio in path.splitter_ratios)
    launch = f"launches {wording.dbm(prediction.launch_cdbm)}"
    return (
        PathNode(kind="OLT port", name=f"{plant.olt} {plant.pon_port}", loss=launch),
        PathNode(
            kind="Feeder",
            name=wording.metres(path.feeder_length_m),
            loss=_minus(loss["feeder"]),
        ),
        PathNode(kind=f"Splitter {ratios}".strip(), name=plant.splitter, loss=_minus(splitting)),
        PathNode(
            kind="Distribution",
            name=wording.metres(path.distribution_length_m),
            loss=_minus(loss["distribution"]),
        ),
        PathNode(
            kind=f"Terminal, port {plant.terminal_port}",
            name=plant.terminal,
            loss=_minus(joints),
        ),
        PathNode(kind="Drop", name=wording.metres(path.drop_length_m), loss=_minus(loss["drop"])),
    )


def _names_only(plant: PlantCard) -> tuple[PathNode, ...]:
    if plant == UNKNOWN_PLANT:
        return ()
    return (
        PathNode(kind="OLT port", name=f"{plant.olt} {plant.pon_port}", loss=""),
        PathNode(kind="Splitter", name=plant.splitter, loss=""),
        PathNode(kind=f"Terminal, port {plant.terminal_port}", name=plant.terminal, loss=""),
    )


def _minus(loss_cdb: int) -> str:
    return f"{wording.MINUS}{wording.decibel(loss_cdb)}"
