import json
from pathlib import Path

import pytest

from server.imports import profiles
from server.imports.profiles import Source, Transform
from server.problems import WrongInput

FIELDS = {"external_id": "id"}


@pytest.mark.parametrize("name", profiles.shipped_names())
def test_every_profile_that_comes_with_firstlight_can_be_used(name: str) -> None:
    assert profiles.load(name).fields


@pytest.mark.parametrize("suffix", [".toml", ".json"])
def test_a_profile_of_ones_own_is_toml_or_json(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"mine{suffix}"
    toml = 'kind = "premises"\n[fields]\nexternal_id = "id"\n'
    file.write_text(
        toml if suffix == ".toml" else json.dumps({"kind": "premises", "fields": FIELDS}), "utf-8"
    )
    assert profiles.load(str(file)).sources == {"external_id": Source(column="id")}


@pytest.mark.parametrize(
    ("profile", "sentence"),
    [
        ({"kind": "houses", "fields": {}}, "no kind 'houses'; known are premises, olts"),
        ({"kind": "premises", "fields": {"lat": "y"}}, "premises have no field 'lat'; known are"),
        ({"kind": "premises"}, "missing required field `fields`"),
        ({"kind": "premises", "fields": {}, "wher": {}}, "unknown field `wher`"),
        (
            {"kind": "premises", "fields": {"city": {"transform": ["shout"]}}},
            "Invalid enum value 'shout'",
        ),
        (
            {"kind": "premises", "fields": {"city": {"column": "a", "template": "{b}"}}},
            "'city' has a column and a template; give one",
        ),
        (
            {"kind": "premises", "fields": FIELDS, "delimiter": "tab"},
            "delimiter 'tab'; it is one character",
        ),
    ],
)
def test_a_profile_that_cannot_be_used_is_explained(
    tmp_path: Path, profile: object, sentence: str
) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(profile), "utf-8")
    with pytest.raises(WrongInput, match=sentence):
        profiles.load(str(file))


@pytest.mark.parametrize("raw", [b"kind = ", b"\xff", b"[" * 5000])
def test_a_profile_that_is_no_toml_is_explained(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(raw)
    with pytest.raises(WrongInput, match=r"mine\.toml"):
        profiles.load(str(file))


@pytest.mark.parametrize("name", ["nowhere", "../rows", "no/such/file.toml", "x" * 300, "a\0b"])
def test_an_unknown_profile_lists_those_that_exist(name: str) -> None:
    with pytest.raises(WrongInput, match="give a TOML or JSON file, or one of baltimore-county"):
        profiles.load(name)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (Source(column="street"), "MAIN ST"),
        (Source(column="empty", default="none"), "none"),
        (Source(default="always"), "always"),
        (Source(template="{number}{empty} {street}"), "12 MAIN ST"),
        (Source(template="{number} {empty} {street}"), "12 MAIN ST"),
        (Source(column="street", transform=(Transform.TITLE,)), "Main St"),
        (Source(column="street", transform=(Transform.LOWER,)), "main st"),
        (Source(column="price", transform=(Transform.HUNDREDTHS,)), "3990"),
        (Source(template="{street.__class__}"), "odd"),
    ],
)
def test_a_field_is_made_of_columns(source: Source, text: str) -> None:
    values = {
        "number": "12",
        "street": "  MAIN \t ST ",
        "empty": "",
        "price": "39,90",
        "street.__class__": "odd",
    }
    assert source.read(values) == text
