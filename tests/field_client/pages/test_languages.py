"""Every text of the pages, in every language."""

import re
from datetime import UTC, date, datetime

import pytest

from field_client.pages.languages import NAMES, SOURCE, choose, get_language
from field_client.pages.wording import clock, day, dbm, length, signed_db, size
from tests.field_client.pages.texts import texts, translations

LANGUAGES = [code for code in NAMES if code != SOURCE]
PLACES = re.compile(r"%\((\w+)\)s")


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_text_is_translated_and_no_translation_is_left_over(code: str) -> None:
    needed = {text if isinstance(text, str) else text[0] for text in texts()}
    translated = translations(code)

    missing = [key for key in needed if not all(translated.get(key, ("",)))]
    left_over = [key for key in translated if key not in needed]

    assert (missing, left_over) == ([], []), "python -m tests.field_client.pages.texts --write"


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_translation_keeps_the_places_for_values(code: str) -> None:
    assert [
        key
        for key, forms in translations(code).items()
        if any(set(PLACES.findall(form)) != set(PLACES.findall(key)) for form in forms)
    ] == []


@pytest.mark.parametrize(
    ("preferred", "accepted", "expected"),
    [
        (None, "de-AT,de;q=0.9,en;q=0.5", "de"),
        (None, "fr-FR,fr;q=0.9", "en"),
        (None, "", "en"),
        ("de", "en-GB", "de"),
        ("xx", "de", "en"),
    ],
)
def test_the_language_is_what_the_person_set_or_the_browser_asks_for(
    preferred: str | None, accepted: str, expected: str
) -> None:
    assert choose(preferred, accepted).code == expected


def test_counts_and_values_are_put_in_their_places() -> None:
    say, sage = get_language("en"), get_language("de")

    assert say.count("%(num)s photo", "%(num)s photos", 1) == "1 photo"
    assert say.count("%(num)s photo", "%(num)s photos", 2) == "2 photos"
    assert sage.count("%(num)s photo", "%(num)s photos", 2) == "2 Fotos"
    assert sage("Next: %(name)s", name="Licht") == "Weiter: Licht"
    assert sage("no such text") == "no such text"


def test_values_are_written_as_the_language_writes_them() -> None:
    say, sage = get_language("en"), get_language("de")
    evening = datetime(2026, 7, 2, 22, 30, tzinfo=UTC)

    assert clock(evening, "Europe/Berlin", say) == "00:30"
    assert clock(evening, "Nowhere/AtAll", say) == "22:30"
    assert dbm(-1940, say) == "\N{MINUS SIGN}19.4 dBm"
    assert dbm(-1940, sage) == "\N{MINUS SIGN}19,4 dBm"
    assert (signed_db(150, say), signed_db(-738, sage)) == ("+1.5 dB", "\N{MINUS SIGN}7,38 dB")
    assert (length(85, say), length(4210, sage)) == ("85 m", "4,2 km")
    assert [size(each, say) for each in (10, 243_000, 3_200_000, 77_852_000_000)] == [
        "1 kB", "243 kB", "3.2 MB", "77.9 GB",
    ]  # fmt: skip
    today = date(2026, 7, 2)
    assert day(today, today, sage) == "Heute, Donnerstag, 2. Juli"
    assert day(date(2026, 7, 9), today, say) == "Thursday 9 July"
