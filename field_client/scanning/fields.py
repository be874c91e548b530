"""The text of a code taken apart into fields: what is named, and what stands bare.

Labels write ``SN:HWTC1A2B3C4D;MAC:...``, lines, JSON, URLs with a query, or an ISO 15434 message
whose fields begin with a data identifier of ANSI MH10.8.2. What a field means is not decided here.
"""

import enum
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import msgspec


class Name(enum.Enum):
    """What a field says that it is."""

    PON_SERIAL = enum.auto()
    """Said in so many words, as in ``GPON SN`` or ``FSAN``."""
    SERIAL = enum.auto()
    """Some serial: many devices have one of their maker beside that of the PON."""
    MAC = enum.auto()
    PART_NUMBER = enum.auto()
    OTHER = enum.auto()
    NONE = enum.auto()
    """Bare."""


class Field(msgspec.Struct, frozen=True):
    """One field of a text."""

    name: Name
    value: str


_ISO_15434: Final = "[)>"
_SPELLED_OUT: Final = {
    "\x1d": ("<GS>", "{GS}", "␝", "^]"),
    "\x1e": ("<RS>", "{RS}", "␞", "^^"),
    "\x04": ("<EOT>", "{EOT}", "␄", "^D"),
}
"""How scanners that work as keyboards spell control characters that no key makes."""
_AIM: Final = re.compile(r"^\][A-Za-z][0-9A-Za-z](?=.)")
"""What some scanners put before a text to tell its symbology."""
_IDENTIFIED: Final = re.compile(r"([0-9]{0,3}[A-Z])(.*)", re.DOTALL)
_IDENTIFIERS: Final = {
    "S": Name.SERIAL,
    "P": Name.PART_NUMBER,
    "1P": Name.PART_NUMBER,
    "30P": Name.PART_NUMBER,
    "23S": Name.MAC,
    "H": Name.MAC,  # not of the standard; Hisense writes it so
}
_NAMES: Final = {
    **dict.fromkeys(
        (f"{pon}{serial}" for pon in ("GPON", "XGSPON", "XGPON", "XPON", "PON", "ONT", "ONU")
         for serial in ("SN", "SERIAL", "SERIALNUMBER", "SERIALNO")),
        Name.PON_SERIAL,
    ),
    "FSAN": Name.PON_SERIAL,
    **dict.fromkeys(("SN", "SERIAL", "SERIALNUMBER", "SERIALNO", "SERNO", "SER"), Name.SERIAL),
    # On devices that also do EPON this may be their MAC address.
    **dict.fromkeys(("PONID", "GPONID", "ONTID", "ONUID"), Name.SERIAL),
    **dict.fromkeys(
        ("MAC", "MACID", "MACADDRESS", "MACADDR", "WANMAC", "LANMAC", "BASEMAC", "CMMAC"), Name.MAC
    ),
    **dict.fromkeys(
        ("PN", "PARTNUMBER", "PARTNO", "PARTID", "PRODUCTNUMBER", "PRODUCTCODE", "PRODUCTID",
         "MODEL", "MODELNUMBER", "MODELNO", "MODELNAME", "ITEM", "ITEMCODE", "SKU"),
        Name.PART_NUMBER,
    ),
}  # fmt: skip
_LIMITS: Final = re.compile(r"[\x00-\x1f;,|{}<>\[\]]+")
_QUOTES: Final = str.maketrans("", "", "\"'")
_NAMED: Final = re.compile(r"\s*([A-Za-z][A-Za-z0-9 ./_()-]{0,30}?)\s*[:=#]\s*(.*)", re.DOTALL)
_NAMED_BY_BLANK: Final = re.compile(
    r"\s*([A-Za-z/_ -]*(?:S/?N|SERIAL|FSAN))\s+(.*)", re.IGNORECASE | re.DOTALL
)
_NEXT_NAME: Final = re.compile(
    r"(?<!PON)(?<!ON[TU])(?<![WL]AN) (?=(?:X?GS?-?PON[ _-]|X?PON[ _-]|ON[TU][ _-]|[WL]AN[ _-])?"
    r"(?:S/?N|P/?N|MAC|FSAN|MODEL|SERIAL|PART)\b[^:=]{0,10}[:=])",
    re.IGNORECASE,
)
"""A blank before which one field ends; names like ``GPON SN`` have a blank themselves."""
_MAC_AS_WRITTEN: Final = re.compile(r"(?:[0-9A-F]{2}[:-]){5}[0-9A-F]{2}", re.IGNORECASE)


def clean(text: str) -> str:
    """Take off what a scanner adds around a text, and write control characters as such."""
    bare = _AIM.sub("", text.strip(" \r\n\t\0"))
    if bare.startswith(_ISO_15434):
        for control, spellings in _SPELLED_OUT.items():
            for spelling in spellings:
                bare = bare.replace(spelling, control)
    return bare


def is_iso_15434(text: str) -> bool:
    """Tell whether a cleaned text is a message of that standard."""
    return text.startswith(_ISO_15434)


def has_separators(text: str) -> bool:
    """Tell whether its fields can still be told apart."""
    return "\x1d" in text


def split_fields(text: str) -> tuple[Field, ...]:
    """Take a cleaned text apart.

    >>> [(f.name.name, f.value) for f in split_fields("GPON SN:HWTC1A2B3C4D MAC:10394EB5DA90")]
    [('PON_SERIAL', 'HWTC1A2B3C4D'), ('MAC', '10394EB5DA90')]
    """
    if is_iso_15434(text):
        return tuple(_identified(text))
    if re.match(r"https?://", text, re.IGNORECASE):
        query = parse_qsl(urlsplit(text).query)
        return tuple(Field(_meaning(name), value) for name, value in query)
    return tuple(
        _named(part)
        for chunk in _LIMITS.split(text.translate(_QUOTES))
        for part in _NEXT_NAME.split(" ".join(chunk.split()))
        if part.strip()
    )


def _identified(text: str) -> Iterator[Field]:
    """Read the fields of format 06; those of other formats have no data identifiers."""
    for part in re.split(r"[\x1d\x1e\x04]+", text.removeprefix(_ISO_15434)):
        found = _IDENTIFIED.fullmatch(part)
        if found:
            yield Field(_IDENTIFIERS.get(found[1], Name.OTHER), found[2])


def _named(part: str) -> Field:
    if _MAC_AS_WRITTEN.fullmatch(part.strip()):
        return Field(Name.NONE, part.strip())
    found = _NAMED.fullmatch(part) or _NAMED_BY_BLANK.fullmatch(part)
    if found is None:
        return Field(Name.NONE, part.strip())
    return Field(_meaning(found[1]), found[2].strip())


def _meaning(name: str) -> Name:
    return _NAMES.get(re.sub(r"[^A-Z0-9]", "", name.upper()), Name.OTHER)
