from pathlib import Path

import pytest

from server.demo.command import main


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seed", "-1"], "'-1' is no seed; give a whole number from 0"),
        (["--seed", "many"], "'many' is no seed"),
        (["--come-up-s", "soon"], "'soon' is no time to come up; give 0 to 40 seconds"),
        (["--come-up-s", "nan"], "'nan' is no time to come up"),
        (["--addresses", "nowhere.csv"], "'nowhere.csv' is no file; give a CSV file of addresses"),
        (["--json", "nowhere/out.json"], "'nowhere/out.json' cannot be written"),
        (["--fast"], "--fast"),
        (["--addresses", __file__, "--json", __file__], "is the file of --addresses; give one"),
    ],
)
def test_a_wrong_argument_is_named_with_what_would_be_right(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_file_that_holds_no_addresses_is_wrong_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "addresses.csv"
    file.write_text("name,street\nAnna,Elm St\n", encoding="utf-8")

    assert main(["--once", "--addresses", str(file)]) == 2
    assert "addresses.csv has no column 'city'" in capsys.readouterr().err
