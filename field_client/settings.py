"""What a tablet agent is told at its start: read once, then passed down."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from field_client.earlier_photos import Limits
from field_client.engine import Pace
from sync_protocol.quoting import quoted

HOME_FILE: Final = "field.toml"
_PREFIX: Final = "FIRSTLIGHT_FIELD_"
_MB: Final = 1024 * 1024

Port = Annotated[int, Meta(ge=0, le=65535, description="0 takes a free one")]
ServerUrl = Annotated[str, Meta(pattern="^https?://[^/]+/?$")]


class BadSettings(ValueError):
    """A setting is unknown or has no such value; nothing was started."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The agent's settings. ``home`` holds the replica, the files and, apart, the keys."""

    home: str
    server_url: ServerUrl | None = None
    port: Port = 0
    encrypted: bool = True
    poll_ms: Annotated[int, Meta(ge=100, le=86_400_000)] = Pace().poll_ms
    retry_ms_min: Annotated[int, Meta(ge=10, le=600_000)] = Pace().retry_ms_min
    retry_ms_max: Annotated[int, Meta(ge=10, le=3_600_000)] = Pace().retry_ms_max

    keys: Literal["auto", "keystore", "folder"] = "auto"
    """Where the keys live; ``auto`` is the keystore of the system where it has one."""
    wrong_pins_max: Annotated[int, Meta(ge=3, le=100)] = 10
    idle_lock_s: Annotated[int, Meta(ge=10, le=86_400)] = 300
    offline_days: Annotated[int, Meta(ge=1, le=365)] = 7
    revoked_wipe_days: Annotated[int, Meta(ge=1, le=365)] = 7
    ballast_mb: Annotated[int, Meta(ge=0, le=10_000)] = 64
    earlier_photos_per_job: Annotated[int, Meta(ge=0, le=120)] = 24
    """Of the earlier visits to its premise; with 0 none are fetched."""
    earlier_photos_per_job_mb: Annotated[int, Meta(ge=0, le=1_000)] = 12
    earlier_photos_count: Annotated[int, Meta(ge=0, le=10_000)] = 400
    earlier_photos_mb: Annotated[int, Meta(ge=0, le=10_000)] = 120

    @property
    def pace(self) -> Pace:
        """The engine's part."""
        return Pace(
            poll_ms=self.poll_ms, retry_ms_min=self.retry_ms_min, retry_ms_max=self.retry_ms_max
        )

    @property
    def offline_limit(self) -> timedelta:
        """How long the tablet may be away from its server."""
        return timedelta(days=self.offline_days)

    @property
    def hand_over_limit(self) -> timedelta:
        """How long a withdrawn tablet tries to hand over before it erases itself all the same."""
        return timedelta(days=self.revoked_wipe_days)

    @property
    def ballast_bytes(self) -> int:
        """How much room the ballast takes."""
        return self.ballast_mb * _MB

    @property
    def earlier_photos(self) -> Limits:
        """How much is kept of earlier visits."""
        return Limits(
            count_per_job=self.earlier_photos_per_job,
            bytes_per_job=self.earlier_photos_per_job_mb * _MB,
            count=self.earlier_photos_count,
            bytes=self.earlier_photos_mb * _MB,
        )

    @property
    def replica_folder(self) -> Path:
        """Everything that the replica key seals, and the ballast."""
        return Path(self.home) / "replica"

    @property
    def replica_path(self) -> Path:
        """The database."""
        return self.replica_folder / "replica.db"

    @property
    def blob_folder(self) -> Path:
        """The files of photos and signatures."""
        return self.replica_folder / "blobs"

    @property
    def key_folder(self) -> Path:
        """Outside the replica's folder: a copy of that one must not be the device."""
        return Path(self.home) / "keys"


def load_settings(
    home: Path, environment: Mapping[str, str], given: Mapping[str, object]
) -> Settings:
    """Combine ``field.toml`` of the home, ``FIRSTLIGHT_FIELD_…`` and the command; the last wins.

    Raises:
        BadSettings: names the setting, the value and what would be right.
    """
    if home.exists() and not home.is_dir():
        raise BadSettings(f"--home {str(home)!r} is a file; name the folder of this tablet")
    path = home / HOME_FILE
    known = {*Settings.__struct_fields__}
    from_environment = {
        name: environment[_PREFIX + name.upper()]
        for name in known
        if _PREFIX + name.upper() in environment
    }
    from_file: dict[str, object] = {}
    merged: dict[str, object] = {}
    try:
        if path.exists():
            from_file = msgspec.toml.decode(path.read_bytes(), type=dict[str, object])
        stated = {name: value for name, value in given.items() if value is not None}
        merged = {**from_file, **from_environment, **stated, "home": str(home)}
        return msgspec.convert(merged, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise BadSettings(_complaint(error, merged)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path} is no TOML: {error}") from error


def _complaint(error: msgspec.ValidationError, merged: Mapping[str, object]) -> str:
    named = re.search(r"`\$\.(\w+)`$", str(error))
    if named is None:
        known = ", ".join(sorted({*Settings.__struct_fields__} - {"home"}))
        return f"settings: {error}; possible are {known}"
    value = merged.get(named[1])
    # What stands before an @ may be a password.
    shown = re.sub(r"//[^/]*@", "//…@", value) if isinstance(value, str) else value
    return f"settings: {named[1]} = {quoted(shown)}: {error}"
