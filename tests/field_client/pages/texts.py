"""``python -m tests.field_client.pages.texts --write``: bring the catalogs in line with the texts.

New texts get an empty translation, which a test complains of; texts that are gone are taken out.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from field_client.pages.languages import FOLDER, NAMES, SOURCE
from sync_protocol.visits import CHECKS

PACKAGE: Final = Path(__file__).parents[3] / "field_client"
_KEYWORDS: Final = {"say": None, "N_": None, "_": None, "gettext": None,
                    "count": (1, 2), "ngettext": (1, 2)}  # fmt: skip


def texts() -> Iterator[str | tuple[str, ...]]:
    """List every text of the pages; of a plural both forms.

    What is looked at on a visit is written where both sides have it, and translated here.
    """
    found = extract_from_dir(
        PACKAGE,
        method_map=[("pages/**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")],
        options_map={"templates/**.html": {"trimmed": "true", "silent": "false"}},
        keywords=_KEYWORDS,
    )
    for _, _, text, _, _ in found:
        yield text if isinstance(text, str) else tuple(text)
    for check in CHECKS.values():
        yield from filter(None, (check.text, check.measured))


def read_catalog(code: str) -> Catalog:
    """Read a language's catalog; an empty one where it has none yet."""
    file = FOLDER / f"{code}.po"
    if not file.exists():
        return Catalog(locale=code, fuzzy=False)
    with file.open("rb") as opened:
        return read_po(opened, locale=code)


def translations(code: str) -> dict[str, tuple[str, ...]]:
    """Read the translations of a language, one for each plural form, by the text in English."""
    return {
        key: (message.string or "",)
        if isinstance(message.string, str | None)
        else tuple(message.string)
        for message in read_catalog(code)
        if (key := message.id if isinstance(message.id, str) else message.id[0])
    }


def write_catalog(code: str) -> None:
    """Write a language's catalog anew, in the order of the alphabet."""
    before, after = read_catalog(code), Catalog(locale=code, fuzzy=False)
    for text in texts():
        known = before.get(text if isinstance(text, str) else text[0])
        after.add(text, "" if known is None else known.string)
    with (FOLDER / f"{code}.po").open("wb") as file:
        write_po(file, after, sort_output=True, omit_header=True, width=0)


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m tests.field_client.pages.texts --write")
    for each in NAMES:
        if each != SOURCE:
            write_catalog(each)
