"""The languages of the pages: catalogs of translations, read once from their sources.

A text is written in English where it is used, ``say("On my way")`` in Python, ``_("On my way")``
in a template; ``locale/de.po`` holds its German. A test finds a text without its translation.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

FOLDER: Final = Path(__file__).parent.parent / "locale"
SOURCE: Final = "en"
NAMES: Final[Mapping[str, str]] = {"en": "English", "de": "Deutsch"}
"""Every language that there is, by its code, as its speakers call it."""
_LOCALES: Final[Mapping[str, str]] = {"en": "en_GB"}
"""Whose rules for dates a language takes; the day stands before the month."""


def N_(text: str) -> str:  # noqa: N802  gettext's own name for a text that is translated later
    """Mark a text that stands in a table and is translated where it is shown."""
    return text


class Language:
    """One language: what texts become in it, and its rules for dates and numbers."""

    def __init__(self, code: str, catalog: Catalog | None) -> None:
        self.code = code
        self.locale = Locale.parse(_LOCALES.get(code, code))
        self._catalog = catalog

    def __call__(self, text: str, **values: object) -> str:
        """Translate, then put the values into their ``%(places)s``."""
        translated = self.gettext(text)
        return translated % values if values else translated

    def count(self, one: str, many: str, number: int) -> str:
        """Say how many, with ``%(num)s`` in the right plural."""
        return self.ngettext(one, many, number) % {"num": number}

    def gettext(self, text: str) -> str:
        """Translate; a text without translation stays as it is."""
        return self._forms(text)[0] or text

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Choose and translate a plural form."""
        forms = self._forms(one)
        place = 0 if number == 1 else -1
        return forms[place] or (one, many)[place]

    def _forms(self, text: str) -> tuple[str, ...]:
        """Find the translations of a text, one for each plural form; empty where there is none."""
        found = None if self._catalog is None else self._catalog.get(text)
        if found is None or found.string is None:
            return ("",)
        return (found.string,) if isinstance(found.string, str) else tuple(found.string)


@cache
def get_language(code: str) -> Language:
    """Give a language; one that there is not is answered in English."""
    if code not in NAMES or code == SOURCE:
        return Language(SOURCE, None)
    with (FOLDER / f"{code}.po").open("rb") as file:
        return Language(code, read_po(file, locale=code))


def choose(preferred: str | None, accepted: str) -> Language:
    """Choose: what the person set, else the first of the browser's languages that there is.

    >>> choose(None, "fr-FR,de;q=0.7,en;q=0.3").code
    'de'
    """
    wanted = (part.partition(";")[0].strip()[:2].lower() for part in accepted.split(","))
    return get_language(preferred or next((code for code in wanted if code in NAMES), SOURCE))
