"""The way of the light as a picture: each part with what it takes, and what is left at the end."""

from collections.abc import Iterable
from typing import Final

import msgspec

from field_client.pages.languages import N_, Language
from field_client.pages.wording import dbm, decibels, length
from sync_protocol.documents import PlantCard
from sync_protocol.optics import PathUnknown, Prediction, predict

_PARTS: Final = {
    "feeder": N_("Feeder"),
    "distribution": N_("Distribution"),
    "drop": N_("Drop"),
    "connectors": N_("Connectors"),
    "splices": N_("Splices"),
}
_BAR_MAX: Final = 100


class BudgetRow(msgspec.Struct, frozen=True, kw_only=True):
    """One part: its name and detail, its loss, and where its bar lies, in percent of the whole."""

    name: str
    detail: str
    loss: str
    start: int
    width: int


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """The loss budget of a path. ``_budget.html``."""

    launch: str
    predicted: str
    rows: tuple[BudgetRow, ...]
    problem: str
    """Why there is nothing to show; empty where there is."""


def budget_of(plant: PlantCard, say: Language) -> Budget:
    """Make the picture."""
    try:
        prediction = predict(plant.light_path)
    except PathUnknown:
        problem = say("The path to this premise is not known well enough to predict its light.")
        return Budget(launch="", predicted="", rows=(), problem=problem)
    return Budget(
        launch=dbm(prediction.launch_cdbm, say),
        predicted=dbm(prediction.rx_power_cdbm, say),
        rows=tuple(_rows(plant, prediction, say)),
        problem="",
    )


def _rows(plant: PlantCard, prediction: Prediction, say: Language) -> Iterable[BudgetRow]:
    whole = max(1, sum(part.loss_cdb for part in prediction.parts))
    path, before = plant.light_path, 0
    details = {
        "feeder": length(path.feeder_length_m, say),
        "distribution": length(path.distribution_length_m, say),
        "drop": length(path.drop_length_m, say),
        "connectors": str(path.connectors),
        "splices": str(path.splices),
    }
    for part in prediction.parts:
        start = before * _BAR_MAX // whole
        before += part.loss_cdb
        yield BudgetRow(
            name=say(_PARTS[part.name])
            if part.name in _PARTS
            else part.name.replace("splitter", say("Splitter")),
            detail=details.get(part.name, ""),
            loss=decibels(part.loss_cdb, "dB", say),
            start=start,
            width=max(1, before * _BAR_MAX // whole - start),
        )
