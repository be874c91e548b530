"""Mapping profiles: which columns of a foreign file become which fields, saved as TOML or JSON.

A field takes a column, or a template over several (``"{number} {street}"``), a default for what is
empty, and transforms. Blanks at the ends are cut and runs of blanks become one, always, so that an
empty part of a template leaves no gap.
"""

import enum
import re
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec

from server.imports.kinds import KINDS, Kind
from server.problems import WrongInput

# Not str.format: a template is data, and must not walk into objects.
_COLUMN: Final = re.compile(r"\{([^{}]+)\}")


class Transform(enum.StrEnum):
    """What is done to a text before it is read."""

    TITLE = "title"
    UPPER = "upper"
    LOWER = "lower"
    HUNDREDTHS = "hundredths"
    """A decimal becomes hundredths: euros to cents, dBm to hundredths of dBm."""


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a field comes from."""

    column: str | None = None
    template: str | None = None
    default: str = ""
    transform: tuple[Transform, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are needed."""
        if self.column is not None:
            return (self.column,)
        return tuple(_COLUMN.findall(self.template or ""))

    def read(self, values: Mapping[str, str]) -> str:
        """Make the text of a field from the columns of a row."""
        if self.column is not None:
            text = values[self.column]
        else:
            text = _COLUMN.sub(lambda found: values[found[1]], self.template or "")
        text = " ".join(text.split()) or self.default
        for transform in self.transform:
            text = TRANSFORMS[transform](text)
        return text


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A saved mapping of one kind of file."""

    kind: str
    fields: Mapping[str, str | Source]
    where: Mapping[str, tuple[str, ...]] = {}
    """Column → values; rows with another value are left out and counted."""
    delimiter: str = ","

    @property
    def sources(self) -> Mapping[str, Source]:
        """The fields, short forms written out."""
        return {
            name: Source(column=source) if isinstance(source, str) else source
            for name, source in self.fields.items()
        }

    def column_of(self, field: str) -> str:
        """Name the columns of a field as the file does."""
        return " + ".join(self.sources.get(field, Source()).columns) or field


def own(kind: Kind, *, zone: str | None = None) -> Profile:
    """Map a file whose columns have our names."""
    fields: dict[str, str | Source] = {
        name: Source(column=name) for name in kind.row_type.__struct_fields__
    }
    return with_zone(Profile(kind=kind.name, fields=fields), zone)


def with_zone(profile: Profile, zone: str | None) -> Profile:
    """Let a zone stand for what a file does not say."""
    if zone is None or "zone" not in KINDS[profile.kind].row_type.__struct_fields__:
        return profile
    given = profile.sources.get("zone", Source())
    fields = {**profile.fields, "zone": msgspec.structs.replace(given, default=zone)}
    return msgspec.structs.replace(profile, fields=fields)


def load(name: str) -> Profile:
    """Load a profile: one that comes with Firstlight, by its name, or a file.

    Raises:
        WrongInput: no such profile, or one that cannot be used; names what would be right.
    """
    if name in shipped_names():
        shipped = resources.files("server.imports") / "mappings" / f"{name}.toml"
        return _decode(shipped.read_bytes(), name, toml=True)
    file = Path(name)
    try:
        raw = file.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a name that no system takes
        reason = error.strerror if isinstance(error, OSError) else error
        raise WrongInput(
            f"no mapping {name!r}: {reason}; give a TOML or JSON file, or one of "
            f"{', '.join(shipped_names())}"
        ) from error
    return _decode(raw, name, toml=file.suffix.lower() != ".json")


def shipped_names() -> tuple[str, ...]:
    """List the profiles that come with Firstlight."""
    folder = resources.files("server.imports") / "mappings"
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir()))


def _decode(raw: bytes, name: str, *, toml: bool) -> Profile:
    decode = msgspec.toml.decode if toml else msgspec.json.decode
    try:
        profile = decode(raw, type=Profile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WrongInput(f"mapping {name!r}: {error}") from error
    _require_usable(profile, name)
    return profile


def _require_usable(profile: Profile, name: str) -> None:
    kind = KINDS.get(profile.kind)
    if kind is None:
        raise WrongInput(
            f"mapping {name!r}: no kind {profile.kind!r}; known are {', '.join(KINDS)}"
        )
    known = kind.row_type.__struct_fields__
    for field, source in profile.sources.items():
        if field not in known:
            raise WrongInput(
                f"mapping {name!r}: {profile.kind} have no field {field!r}; "
                f"known are {', '.join(known)}"
            )
        if source.column is not None and source.template is not None:
            raise WrongInput(f"mapping {name!r}: {field!r} has a column and a template; give one")
    if len(profile.delimiter) != 1:
        raise WrongInput(f"mapping {name!r}: delimiter {profile.delimiter!r}; it is one character")


def title(text: str) -> str:
    """Capitalise words; one with a digit (a house number) stays as it is.

    >>> title("11820A O'BRIEN CT"), title("NORTH-SOUTH 21ST ST")
    ("11820A O'brien Ct", 'North-South 21ST St')
    """
    return " ".join(
        word
        if any(character.isdigit() for character in word)
        else "-".join(part.capitalize() for part in word.split("-"))
        for word in text.split(" ")
    )


def hundredths(text: str) -> str:
    """Move the decimal point by two; what is no such decimal stays, and is complained about later.

    >>> hundredths("49.9"), hundredths("-0.35"), hundredths("3,5"), hundredths("4.999")
    ('4990', '-35', '350', '4.999')
    """
    found = re.fullmatch(r"([+-]?)(\d+)(?:[.,](\d{1,2}))?", text)
    if found is None:
        return text
    sign, whole, fraction = found.groups(default="")
    digits = str(int(whole + fraction.ljust(2, "0")))
    return ("-" if sign == "-" and digits != "0" else "") + digits


TRANSFORMS: Final[Mapping[Transform, Callable[[str], str]]] = {
    Transform.TITLE: title,
    Transform.UPPER: str.upper,
    Transform.LOWER: str.lower,
    Transform.HUNDREDTHS: hundredths,
}
