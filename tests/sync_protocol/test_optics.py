import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_protocol.optics import (
    CONNECTOR_LOSS_CDB,
    OPTIC_CLASSES,
    SPLITTER_LOSS_CDB,
    TOLERANCE_CDB,
    UNKNOWN_PATH,
    WRONG_PATH_CDB,
    Cause,
    LightPath,
    PathUnknown,
    Verdict,
    judge,
    predict,
)
from tests.sync_protocol.factories import a_path

GOLDEN: dict[str, tuple[LightPath, int]] = {
    # 320 - (80 + 16 + 1) fiber - (670 + 1000) splitters - 120 connectors - 60 splices
    "1:4 and 1:8 over 3.9 km": (a_path(), -1627),
    "1:64 without measured launch": (
        a_path(splitter_ratios=(64,), launch_cdbm=None), 325 - 97 - 2080 - 180,
    ),
    "no splitter": (a_path(splitter_ratios=()), 320 - 97 - 180),
    "1:1 is none": (a_path(splitter_ratios=(1,)), 320 - 97 - 180),
    "XGS-PON": (
        a_path(optic_class="XGS_N1", launch_cdbm=None), 350 - (70 + 14 + 1) - 1670 - 180,
    ),
    "half a hundredth rounds up": (
        a_path(feeder_length_m=20, distribution_length_m=19, drop_length_m=0), 320 - 1 - 1670 - 180,
    ),
    "nothing in the way": (
        a_path(
            splitter_ratios=(), feeder_length_m=0, distribution_length_m=0, drop_length_m=0,
            connectors=0, splices=0,
        ),
        320,
    ),
    "darker than any meter reads": (
        a_path(splitter_ratios=(128, 128, 128)), -6000,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("path", "expected_cdbm"), GOLDEN.values(), ids=GOLDEN.keys())
def test_a_prediction_is_the_same_integer_everywhere(path: LightPath, expected_cdbm: int) -> None:
    assert predict(path).rx_power_cdbm == expected_cdbm


def test_a_prediction_shows_its_sum() -> None:
    found = predict(a_path())

    assert found.launch_cdbm - sum(part.loss_cdb for part in found.parts) == found.rx_power_cdbm
    assert [part.name for part in found.parts] == [
        "feeder",
        "distribution",
        "drop",
        "splitter 1:4",
        "splitter 1:8",
        "connectors",
        "splices",
    ]


JUDGED: dict[str, tuple[int, LightPath, Verdict, Cause | None]] = {
    "as predicted": (-1627, a_path(), Verdict.OK, None),
    "at the tolerance": (-1627 - TOLERANCE_CDB, a_path(), Verdict.OK, None),
    "just beyond it": (-1628 - TOLERANCE_CDB, a_path(), Verdict.MARGINAL, Cause.DIRTY_OR_BENT),
    "far below": (-1628 - WRONG_PATH_CDB, a_path(), Verdict.FAIL, Cause.LOSSY_PATH),
    "a little better": (-1627 + TOLERANCE_CDB, a_path(), Verdict.OK, None),
    "better than can be": (
        -1626 + TOLERANCE_CDB, a_path(), Verdict.TOO_GOOD, Cause.SPLITTER_BYPASSED,
    ),
    "no light": (-4000, a_path(), Verdict.FAIL, Cause.NO_LIGHT),
    "below what the ONT can use": (-2701, a_path(), Verdict.FAIL, Cause.BELOW_SENSITIVITY),
    "blinding": (-799, a_path(splitter_ratios=()), Verdict.FAIL, Cause.OVERLOAD),
    "near the lower limit": (
        -2550, a_path(splitter_ratios=(128,), launch_cdbm=200), Verdict.MARGINAL, Cause.NEAR_LIMIT,
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("reading_cdbm", "path", "verdict", "cause"), JUDGED.values(), ids=JUDGED.keys()
)
def test_a_reading_is_judged_with_its_likely_cause(
    reading_cdbm: int, path: LightPath, verdict: Verdict, cause: Cause | None
) -> None:
    found = judge(reading_cdbm, path)

    assert found.verdict is verdict
    assert (found.causes[0] if found.causes else None) is cause
    assert found.deviation_cdb == reading_cdbm - found.predicted_cdbm


PATHS = st.builds(
    a_path,
    optic_class=st.sampled_from(list(OPTIC_CLASSES)),
    splitter_ratios=st.lists(st.sampled_from(list(SPLITTER_LOSS_CDB)), max_size=3).map(tuple),
    feeder_length_m=st.integers(0, 40_000),
    distribution_length_m=st.integers(0, 5_000),
    drop_length_m=st.integers(0, 500),
    connectors=st.integers(0, 39),
    splices=st.integers(0, 200),
    launch_cdbm=st.none() | st.integers(0, 700),
)


@given(PATHS, st.integers(-6000, 1500))
def test_verdict_and_prediction_survive_the_wire(path: LightPath, reading_cdbm: int) -> None:
    travelled = msgspec.json.decode(msgspec.json.encode(path), type=LightPath)

    assert predict(travelled) == predict(path)
    assert judge(reading_cdbm, travelled) == judge(reading_cdbm, path)


@given(PATHS, st.integers(0, 3_000))
def test_a_longer_path_never_gives_more_light(path: LightPath, more_m: int) -> None:
    longer = msgspec.structs.replace(path, feeder_length_m=path.feeder_length_m + more_m)

    assert predict(longer).rx_power_cdbm <= predict(path).rx_power_cdbm


@given(PATHS)
def test_one_more_connector_costs_what_the_table_says(path: LightPath) -> None:
    more = msgspec.structs.replace(path, connectors=path.connectors + 1)
    before, after = predict(path).rx_power_cdbm, predict(more).rx_power_cdbm

    assert after == max(-6000, before - CONNECTOR_LOSS_CDB)


@given(PATHS)
def test_a_larger_splitter_gives_less_light(path: LightPath) -> None:
    levels = [
        predict(msgspec.structs.replace(path, splitter_ratios=(ratio,))).rx_power_cdbm
        for ratio in sorted(SPLITTER_LOSS_CDB)
    ]

    assert levels == sorted(levels, reverse=True)


ORDER = {Verdict.FAIL: 0, Verdict.MARGINAL: 1, Verdict.OK: 2}


@given(PATHS, st.integers(-6000, 1499))
def test_below_the_prediction_less_light_is_never_judged_better(
    path: LightPath, reading_cdbm: int
) -> None:
    darker, brighter = judge(reading_cdbm, path), judge(reading_cdbm + 1, path)
    optics = OPTIC_CLASSES[path.optic_class]

    if brighter.deviation_cdb <= 0 and reading_cdbm + 1 <= optics.overload_cdbm - 100:
        assert ORDER[darker.verdict] <= ORDER[brighter.verdict]


@pytest.mark.parametrize(
    ("path", "named"),
    [(a_path(optic_class="EPON"), "EPON"), (a_path(splitter_ratios=(3,)), "1:3")],
)
def test_a_path_without_table_value_is_named(path: LightPath, named: str) -> None:
    with pytest.raises(PathUnknown, match=named):
        predict(path)
    with pytest.raises(PathUnknown, match="known are"):
        judge(-1900, path)


def test_where_no_path_is_recorded_nothing_is_predicted_or_judged() -> None:
    with pytest.raises(PathUnknown, match="no path to this premise"):
        predict(UNKNOWN_PATH)
    with pytest.raises(PathUnknown):
        judge(-1900, UNKNOWN_PATH)
