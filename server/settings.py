"""The settings of the server: one frozen record, read once at the start and passed down.

A TOML file first, then ``FIRSTLIGHT_…`` environment variables for single values. Secrets come by
name: tables and logs hold the name, this record the value, wrapped so that it never prints.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from activation.snmp import Secret

ENVIRONMENT_PREFIX: Final = "FIRSTLIGHT_"

Port = Annotated[int, Meta(ge=0, le=65535)]


class SnmpCredentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """SNMP v2c communities of an OLT."""

    read: Secret
    write: Secret


class MailSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where mail is handed over."""

    host: str = "127.0.0.1"
    port: Port = 25
    sender: str = "service@operator.example"
    timeout_s: int = 20


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that differs between installations."""

    database_url: str = "sqlite:///firstlight.db"
    blob_folder: str = "firstlight-blobs"
    host: str = "127.0.0.1"
    port: Port = 8080
    operator_slug: Annotated[str, Meta(pattern="^[a-z0-9-]{1,40}$")] = "operator"
    operator_name: str = "Operator"
    secure_cookies: bool = True
    log_level: str = "info"
    snmp_timeout_ms: Annotated[int, Meta(ge=50, le=60_000)] = 2000
    lease_s: Annotated[int, Meta(ge=5, le=600)] = 30
    session_hours: Annotated[int, Meta(ge=1, le=168)] = 12
    device_token_hours: Annotated[int, Meta(ge=1, le=168)] = 24
    webhook_networks_allowed: tuple[str, ...] = ()
    """Private networks that webhooks may reach all the same, like ``10.1.0.0/16``."""
    mail: MailSettings = msgspec.field(default_factory=MailSettings)
    snmp: Mapping[str, SnmpCredentials] = msgspec.field(default_factory=dict[str, SnmpCredentials])
    webhook_secrets: Mapping[str, Secret] = msgspec.field(default_factory=dict[str, Secret])
    run_processes: bool = True
    """False where separate ``firstlight worker`` processes drive the fulfilment."""
    crash_at: Annotated[str, Meta(pattern="^((before|after):[0-9]+)?$")] = ""
    """Rehearsal: end the process with SIGKILL at this commit boundary, like ``after:17``."""


class SettingsUnusable(ValueError):
    """The settings cannot be used; nothing was started. The text names the value."""


def load(file: Path | None, environment: Mapping[str, str]) -> Settings:
    """Read the settings from a file, if any, and the environment.

    Raises:
        SettingsUnusable: names the file or variable, the setting, and what would be right.
    """
    values = _read_file(file) if file is not None else {}
    for variable, text in sorted(environment.items()):
        if variable.startswith(ENVIRONMENT_PREFIX):
            name = variable.removeprefix(ENVIRONMENT_PREFIX).lower()
            if name in Settings.__struct_fields__:
                values[name] = _read_value(variable, name, text)
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=_decode_secret)
    except msgspec.ValidationError as error:
        raise SettingsUnusable(f"settings: {error}") from error
    # A heartbeat leaves two thirds of a lease; a write goes out only while its answer fits in.
    if settings.snmp_timeout_ms * 3 >= settings.lease_s * 2000:
        raise SettingsUnusable(
            f"settings: lease_s {settings.lease_s} is too short for snmp_timeout_ms "
            f"{settings.snmp_timeout_ms}: nothing could ever be written; two thirds of the lease "
            "must be longer than the time-out"
        )
    return settings


def _read_file(file: Path) -> dict[str, Any]:
    try:
        return msgspec.toml.decode(file.read_bytes(), type=dict[str, Any])
    except OSError as error:
        raise SettingsUnusable(f"cannot read {str(file)!r}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsUnusable(f"{str(file)!r} is not TOML: {error}") from error


def _read_value(variable: str, name: str, text: str) -> Any:  # noqa: ANN401  not yet checked
    """Read a variable: plain text for plain settings, JSON for tables."""
    if name not in {"mail", "snmp", "webhook_secrets", "webhook_networks_allowed"}:
        return text
    try:
        return msgspec.json.decode(text.encode())
    except msgspec.DecodeError as error:
        raise SettingsUnusable(f"{variable} is not JSON: {error}") from error


def _decode_secret(wanted: type, value: Any) -> Any:  # noqa: ANN401  msgspec's hook
    if wanted is Secret and isinstance(value, str):
        return Secret(value)
    raise TypeError(f"Expected `str` for a {wanted.__name__.lower()}, got `{type(value).__name__}`")
