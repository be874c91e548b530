"""What the simulation's command says of a wrong command line; no world is lived through."""

import pytest

from tests.simulation.__main__ import main


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--seeds", "0"], "--seeds: '0' is no count; write a number from 1 on"),
        (["--seeds", "-1"], "--seeds: '-1' is no count"),
        (["--seeds", "x"], "--seeds: 'x' is no count"),
        (["--seeds", "1.5"], "--seeds: '1.5' is no count"),
        (["--seeds", "10000000000"], "of 7 digits at most"),
        (["--seeds", "9" * 5000], "of 7 digits at most"),
        (["--start", "-1"], "--start: '-1' is no seed; write a number from 0 on"),
        (["--start", "x"], "--start: 'x' is no seed"),
        (["--workers", "0"], "--workers: '0' is no count"),
    ],
)
def test_a_wrong_number_is_named_with_what_would_be_right(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)

    assert ended.value.code == 2
    assert said in capsys.readouterr().err
