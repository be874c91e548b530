"""The benchmark of a mass reconnect, small: it counts truly where many are turned away."""

from pathlib import Path

from tests.benchmarks import reconnect
from tests.benchmarks.figures import as_record


async def test_few_tablets_and_less_room_go_through_every_step_of_the_benchmark(
    tmp_path: Path,
) -> None:
    figures = await reconnect.reconnect(
        tmp_path,
        30,
        changes=12,
        spread_s=1,
        settings={"FIRSTLIGHT_SYNC_REQUESTS_MAX": "4"},
    )

    told = as_record("reconnect", figures).figures
    assert {"all_acked_s_at_once", "p99_s_spread", "errors_5xx"} <= set(told)
    assert told["refused_503_at_once"] > 0
    assert told["requests_per_tablet_max"] > 1
    assert told["errors_5xx"] == told["connection_errors"] == 0
    assert told["changes_missing"] == told["changes_twice"] == 0


def test_what_is_missing_or_took_effect_twice_is_counted(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'firstlight.db'}"
    (tablet,) = reconnect.found(url, 1)
    tablet.push(0, 12)

    kept = reconnect.read_kept(url, [tablet], [12])

    assert kept.missing == 12
    assert kept.other > 0
