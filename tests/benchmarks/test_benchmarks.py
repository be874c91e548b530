"""The command around the benchmarks, and the arithmetic in them; nothing is measured here."""

import asyncio
import doctest
import os
import signal
from pathlib import Path

import msgspec
import pytest

from server.demo.outcome import LatencyMs
from tests.benchmarks import figures, spine
from tests.benchmarks.__main__ import BENCHMARKS, main
from tests.benchmarks.figures import Figure, as_record, as_table
from tests.benchmarks.spine import Run, figures_of


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(figures).failed == 0


def test_an_unknown_benchmark_is_told_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spline"]) == 2

    said = capsys.readouterr().err
    assert "'spline'" in said
    assert all(name in said for name in BENCHMARKS)


def test_a_benchmark_without_a_name_is_none_of_the_known(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([""]) == 2
    assert "no benchmark ''" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_named_before_anything_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured: list[int] = []

    async def measure(repeat: int) -> tuple[Figure, ...]:
        measured.append(repeat)
        return ()

    for place in (tmp_path, tmp_path / "nowhere" / "out.json", tmp_path / ("x" * 300)):
        with pytest.raises(SystemExit) as ended:
            main(["quick", "--json", str(place)], {"quick": (measure, 1, "")})
        assert ended.value.code == 2
        assert f"{str(place)!r} cannot be written: " in capsys.readouterr().err
    assert measured == []


@pytest.mark.parametrize("text", ["0", "-1", "many"])
def test_a_count_that_is_none_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["spine", "--repeat", text])

    assert ended.value.code == 2
    assert repr(text) in capsys.readouterr().err


def test_the_help_names_every_benchmark(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert all(name in said and what in said for name, (_, _, what) in BENCHMARKS.items())


def test_the_figures_are_written_beside_the_name(tmp_path: Path) -> None:
    # A benchmark that takes no time stands in for one; the table is what a new file adds to.
    async def measure(repeat: int) -> tuple[Figure, ...]:
        return (Figure(key="runs", value=repeat, says="how many"),)

    status = main(["quick", "--json", str(tmp_path / "out.json")], {"quick": (measure, 3, "")})

    written = msgspec.json.decode((tmp_path / "out.json").read_bytes())
    assert status == 0
    assert written == {"bench": "quick", "figures": {"runs": 3}}


def test_all_benchmarks_are_written_as_a_list_of_the_same(tmp_path: Path) -> None:
    async def measure(repeat: int) -> tuple[Figure, ...]:
        return (Figure(key="runs", value=repeat, says="how many"),)

    known = {"one": (measure, 1, ""), "two": (measure, 2, "")}
    assert main(["--json", str(tmp_path / "out.json")], known) == 0

    assert msgspec.json.decode((tmp_path / "out.json").read_bytes()) == [
        {"bench": "one", "figures": {"runs": 1}},
        {"bench": "two", "figures": {"runs": 2}},
    ]


def test_the_figures_of_the_spine_are_numbers_under_keys_of_their_own() -> None:
    written = msgspec.to_builtins(as_record("spine", figures_of([_a_run(100)])))

    assert set(written) == {"bench", "figures"}
    assert len(written["figures"]) == len(figures_of([_a_run(100)]))
    assert {type(value) for value in written["figures"].values()} <= {int, float}


@pytest.mark.parametrize("values", [{"a": float("nan")}, {"a": 1.0, "b": float("inf")}])
def test_what_is_no_number_is_a_mistake_in_the_benchmark(values: dict[str, float]) -> None:
    with pytest.raises(AssertionError, match="odd: "):
        as_record("odd", [Figure(key=key, value=value, says="") for key, value in values.items()])


def test_two_figures_under_one_key_are_a_mistake_in_the_benchmark() -> None:
    with pytest.raises(AssertionError, match="two figures under one key"):
        as_record("odd", [Figure(key="a", value=1, says="")] * 2)


def test_a_benchmark_that_is_told_to_stop_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended: list[str] = []

    async def measure(_repeat: int) -> tuple[Figure, ...]:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            async with asyncio.timeout(20):
                await asyncio.Event().wait()
        finally:
            ended.append("what it had started")
        return ()

    status = main(["slow", "--json", str(tmp_path / "out.json")], {"slow": (measure, 1, "")})

    assert status == 1
    assert ended == ["what it had started"]
    assert "slow was stopped" in capsys.readouterr().err
    assert not (tmp_path / "out.json").exists()


def test_the_overhead_is_told_as_a_share_of_its_limit() -> None:
    runs = [_a_run(overhead) for overhead in (100, 250, 400)]

    told = {figure.key: figure for figure in figures_of(runs)}

    assert told["overhead_ms_p50"].value == 250
    assert told["overhead_ms_p95"].value == 400
    assert told["overhead_vs_limit"].value == 250 / spine.OVERHEAD_MS_MOST
    assert told["overhead_ms_p50"].most == spine.OVERHEAD_MS_MOST


def test_a_table_shows_each_figure_beside_its_limit() -> None:
    table = as_table("x", figures_of([_a_run(100)]))

    line = next(line for line in table.splitlines() if "overhead_ms_p50" in line)
    assert "100.0" in line
    assert "of at most 500" in line


def _a_run(overhead: int) -> Run:
    took = LatencyMs(
        received_to_live=900,
        received_to_billed=1000 + overhead,
        ont_come_up=400,
        poll_wait=600,
        overhead=overhead,
    )
    return Run(latency_ms=took, until_set_ms=80, after_look_ms=20, round_trips=9)
