"""The benchmarks of the tablet in their small forms: they run, and what they say is so."""

from tests.benchmarks import light, tablet


async def test_a_tablet_that_is_hardly_full_answers_every_page() -> None:
    figures = await tablet.measure_filled(1, jobs=3, captures=12, pending=5)

    values = {figure.key: figure.value for figure in figures}
    assert {"page_p95_ms", "save_p50_ms", "cold_start_s", "rss_mb"} <= values.keys()
    assert values["page_p95_ms"] == max(
        value for key, value in values.items() if key.endswith("_p95_ms")
    )


async def test_both_sides_give_one_verdict_and_faults_are_found_the_same_way_each_time() -> None:
    first, again = await light.measure(150), await light.measure(150)

    values = {figure.key: figure.value for figure in first}
    assert [figure.value for figure in again] == list(values.values())
    assert values["verdicts_differing"] == 0
    assert values["detected_broken"] == values["detected_splitter_bypassed"] == 1
    assert values["false_alarm_rate"] < values["detected_bad_splice"]
