"""The settings of the server: one frozen record, read once at the start and passed down.

A TOML file first, then ``FIRSTLIGHT_…`` environment variables for single values. Secrets come by
name: tables and logs hold the name, this record the value, wrapped so that it never prints.
"""

import difflib
import ipaddress
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from activation.snmp import Secret
from server import input_words
from server.database import engines
from server.input_words import shown
from server.session_sources.wanted import Wanted as SessionSource

ENVIRONMENT_PREFIX: Final = "FIRSTLIGHT_"
FIELD_PREFIX: Final = "FIRSTLIGHT_FIELD_"
"""Of the tablet's agent, which may share a machine with the server and judges its names itself."""
OTHERS_VARIABLES: Final = frozenset(
    {
        "FIRSTLIGHT_CHROMIUM",
        "FIRSTLIGHT_HYPOTHESIS",
        "FIRSTLIGHT_REQUIRE_BROWSER",
        "FIRSTLIGHT_SNMP_AUTH_KEY",
        "FIRSTLIGHT_SNMP_COMMUNITY",
        "FIRSTLIGHT_SNMP_PRIV_KEY",
        "FIRSTLIGHT_TEST_POSTGRES_URL",
    }
)
"""What other programs of ours read: the tests, dev.py, firstlight olt. A test compares."""

Port = Annotated[int, Meta(ge=0, le=65535)]
LIGHT_INTERVAL_S_MIN: Final = 3600
"""Light is fetched from the ONT itself; every five minutes was too much for line cards of ZTE, and
its maker recommends an hour at the least (LibreNMS issue 14203)."""


class SnmpCredentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """SNMP v2c communities of an OLT."""

    read: Secret
    write: Secret


class SnmpUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A user of SNMP v3 who signs and encrypts (authPriv); both keys are passwords."""

    user: Annotated[str, Meta(min_length=1, max_length=32)]
    auth_method: Literal["md5", "sha1"] = "sha1"
    auth_key: Secret
    priv_method: Literal["aes", "des"] = "aes"
    priv_key: Secret


class MailSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where mail is handed over."""

    host: str = "127.0.0.1"
    port: Port = 25
    sender: str = "service@operator.example"
    timeout_s: Annotated[int, Meta(ge=1, le=45)] = 20


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that differs between installations."""

    database_url: str = "sqlite:///firstlight.db"
    blob_folder: str = "firstlight-blobs"
    host: str = "127.0.0.1"
    port: Port = 8080
    operator_slug: Annotated[str, Meta(pattern="^[a-z0-9-]{1,40}$")] = "operator"
    operator_name: str = "Operator"
    secure_cookies: bool = True
    log_level: Literal["debug", "info", "warning"] = "info"
    snmp_timeout_ms: Annotated[int, Meta(ge=50, le=60_000)] = 2000
    lease_s: Annotated[int, Meta(ge=5, le=600)] = 30
    poll_interval_s: Annotated[int, Meta(ge=0, le=86_400)] = 300
    """Each PON port is asked so often whether its ONTs are up; 0 asks never."""
    light_interval_s: Annotated[int, Meta(ge=0, le=2_592_000)] = 86_400
    """Each ONT is asked so often about its light, 3600 at the least; 0 asks never."""
    reading_interval_s: Annotated[int, Meta(ge=0, le=2_592_000)] = 86_400
    """Each OLT is read and compared with the records so often; 0 reads never."""
    unpolled_olts: tuple[str, ...] = ()
    """OLTs that are neither polled nor read, by the ids under which they were imported."""
    trap_host: str = "127.0.0.1"
    trap_port: Port = 0
    """Where traps of the OLTs are heard; 0 hears none."""
    session_hours: Annotated[int, Meta(ge=1, le=168)] = 12
    device_token_hours: Annotated[int, Meta(ge=1, le=168)] = 24
    finished_jobs_days: Annotated[int, Meta(ge=1, le=365)] = 14
    """So long a job stays on its technician's tablets after its end."""
    feed_days: Annotated[int, Meta(ge=7, le=3650)] = 90
    """A tablet that was away longer pulls everything anew."""
    sync_requests_max: Annotated[int, Meta(ge=2, le=10_000)] = 512
    """How many tablets' syncs are in work at once in one process; others are told when to come
    back. More of them wait longer inside, and hold their bodies meanwhile."""
    sync_body_bytes_max: Annotated[int, Meta(ge=1_000_000, le=1_000_000_000)] = 16_000_000
    """How many bytes, as sent, the bodies of these may have together."""
    webhook_networks_allowed: tuple[str, ...] = ()
    """Private networks that webhooks may reach all the same, like ``10.1.0.0/16``."""
    mail: MailSettings = msgspec.field(default_factory=MailSettings)
    snmp: Mapping[str, SnmpCredentials] = msgspec.field(default_factory=dict[str, SnmpCredentials])
    snmp_users: Mapping[str, SnmpUser] = msgspec.field(default_factory=dict[str, SnmpUser])
    """Credentials of OLTs that speak SNMP v3; a name stands here or in ``snmp``."""
    session_sources: Mapping[str, SessionSource] = msgspec.field(
        default_factory=dict[str, SessionSource]
    )
    """Servers that know whether a subscriber has a session; see docs/session-proof.md."""
    session_source: str = ""
    """Which of them tells of the services of every OLT; empty: none."""
    session_source_of_olts: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    """Which one tells of single OLTs instead, by the ids under which they were imported."""
    session_proof: Literal["required", "preferred"] = "required"
    """Whether a service waits, or goes live, while its source does not answer."""
    webhook_secrets: Mapping[str, Secret] = msgspec.field(default_factory=dict[str, Secret])
    run_processes: bool = True
    """False where separate ``firstlight worker`` processes drive the fulfilment."""
    crash_at: Annotated[str, Meta(pattern="^((before|after):[0-9]+)?$")] = ""
    """Rehearsal: end the process with SIGKILL at this commit boundary, like ``after:17``."""


class SettingsUnusable(ValueError):
    """The settings cannot be used; nothing was started. The text names the value."""


_PASSWORD_LENGTH_MIN: Final = 8
"""RFC 3414, section 11.2: agents take no shorter password."""
_WITH_SECRETS: Final = frozenset(
    {"database_url", "session_sources", "snmp", "snmp_users", "webhook_secrets"}
)
_TABLES: Final[Mapping[str, str]] = {
    "mail": '{"host": "mail.operator.example", "port": 25}',
    "snmp": '{"olts": {"read": "COMMUNITY", "write": "COMMUNITY"}}',
    "snmp_users": '{"olts": {"user": "noc", "auth_key": "PASSWORD", "priv_key": "PASSWORD"}}',
    "session_sources": '{"bng": {"kind": "radius", "url": "...", "identifier": "{serial}"}}',
    "session_source_of_olts": '{"OLT-7": "bng"}',
    "webhook_secrets": '{"billing": "whsec_..."}',
    "webhook_networks_allowed": '["10.1.0.0/16"]',
    "unpolled_olts": '["OLT-7"]',
}
"""Settings that a variable holds as JSON, each with an example."""


class Source(msgspec.Struct, frozen=True):
    """Where the values of one start come from."""

    file: Path | None
    environment: Mapping[str, str]

    def place(self, name: str) -> str:
        """Name the variable or the file that a setting is taken from."""
        variable = ENVIRONMENT_PREFIX + name.upper()
        if variable in self.environment:
            return variable
        return "settings" if self.file is None else repr(str(self.file))

    def of(self, name: str) -> str:
        """Name the place of a setting, and the setting where that does not say it."""
        place = self.place(name)
        return place if place.startswith(ENVIRONMENT_PREFIX) else f"{place}, {name}"


def load(file: Path | None, environment: Mapping[str, str]) -> Settings:
    """Read the settings from a file, if any, and the environment.

    Raises:
        SettingsUnusable: names the file or variable, the setting, and what would be right.
    """
    source = Source(file, environment)
    values = _read_file(file) if file is not None else {}
    values |= _read_environment(environment)
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=_decode_secret)
    except msgspec.ValidationError as error:
        raise SettingsUnusable(_explain(error, values, source)) from error
    for name, complaint in _complaints(settings):
        raise SettingsUnusable(f"{source.of(name)}: {complaint}")
    return settings


def load_installation(file: Path | None, environment: Mapping[str, str]) -> Settings:
    """Read the settings for what runs an installation: its folder of blobs must be usable, too.

    Nothing that lasts is made here.

    Raises:
        SettingsUnusable: names the file or variable, the setting, and what would be right.
    """
    settings = load(file, environment)
    folder = Path(settings.blob_folder)
    place = next(at for at in (folder, *folder.absolute().parents) if at.exists())
    try:
        # Asking for rights would not do: an administrator has them all, even on what takes no file.
        with tempfile.TemporaryFile(dir=place):
            return settings
    except OSError as error:
        where = Source(file, environment).of("blob_folder")
        raise SettingsUnusable(
            f"{where}: {shown(settings.blob_folder)} cannot hold blobs, for in {shown(str(place))} "
            f"no file can be made: {error.strerror}; name a folder that this user may write, or "
            "whose parent they may"
        ) from error


def _complaints(settings: Settings) -> Iterable[tuple[str, str]]:
    """Find what is wrong although each value has its form: the setting, and what to say of it."""
    try:
        engines.parse_url(settings.database_url)
    except engines.DatabaseUnusable as error:
        yield "database_url", str(error)
    yield from _contradicting_credentials(settings)
    for text in settings.webhook_networks_allowed:
        try:
            ipaddress.ip_network(text)
        except ValueError as error:
            complaint = f"{shown(text)} is no network: {error}; write one like 10.1.0.0/16"
            yield "webhook_networks_allowed", complaint
    if 0 < settings.light_interval_s < LIGHT_INTERVAL_S_MIN:
        complaint = (
            f"light_interval_s {settings.light_interval_s} would overload line cards; write "
            f"{LIGHT_INTERVAL_S_MIN} or more, or 0 for never"
        )
        yield "light_interval_s", complaint
    # A heartbeat leaves two thirds of a lease; a write goes out only while its answer fits in.
    if settings.snmp_timeout_ms * 3 >= settings.lease_s * 2000:
        complaint = (
            f"lease_s {settings.lease_s} is too short for snmp_timeout_ms "
            f"{settings.snmp_timeout_ms}: nothing could ever be written; two thirds of the lease "
            "must be longer than the time-out"
        )
        yield "lease_s", complaint


def _contradicting_credentials(settings: Settings) -> Iterable[tuple[str, str]]:
    for name, user in settings.snmp_users.items():
        if name in settings.snmp:
            yield "snmp_users", f"{shown(name)} is in snmp, too; an OLT is talked to in one way"
        for field, key in (("auth_key", user.auth_key), ("priv_key", user.priv_key)):
            if len(key.reveal()) < _PASSWORD_LENGTH_MIN:
                complaint = f"{shown(name)}: {field} has fewer than {_PASSWORD_LENGTH_MIN} letters"
                yield "snmp_users", complaint


def _explain(error: msgspec.ValidationError, values: Mapping[str, Any], source: Source) -> str:
    """Say what is wrong with a value, and where it stands."""
    told = input_words.explain(str(error), values, Settings, hidden=_WITH_SECRETS)
    name = told.split(" ", 1)[0].split(".", 1)[0].split("[", 1)[0]
    return f"{source.place(name)}: {told}"


def _read_file(file: Path) -> dict[str, Any]:
    try:
        values = msgspec.toml.decode(file.read_bytes(), type=dict[str, Any])
    except OSError as error:
        raise SettingsUnusable(f"cannot read {str(file)!r}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsUnusable(f"{str(file)!r} is not TOML: {error}") from error
    for name in values:
        if name not in Settings.__struct_fields__:
            raise SettingsUnusable(
                f"{str(file)!r}: there is no setting {shown(name)}"
                f"{_nearest(name, Settings.__struct_fields__)}"
            )
    return values


def _read_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Read our variables; a misspelt one must not leave a default in force unseen.

    Raises:
        SettingsUnusable: names the variable, and the nearest that exists.
    """
    known = {ENVIRONMENT_PREFIX + name.upper(): name for name in Settings.__struct_fields__}
    values: dict[str, Any] = {}
    for variable in sorted(environment):
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable.startswith(FIELD_PREFIX):
            continue
        if variable in known:
            values[known[variable]] = _read_value(variable, known[variable], environment[variable])
        elif variable not in OTHERS_VARIABLES:
            name = variable.removeprefix(ENVIRONMENT_PREFIX)
            variables = [each.removeprefix(ENVIRONMENT_PREFIX) for each in known]
            raise SettingsUnusable(
                f"{variable}: there is no such setting{_nearest(name, variables)}"
            )
    return values


def _nearest(name: str, known: Iterable[str]) -> str:
    """Guess what was meant, or list what there is."""
    names = list(known)
    by_letters = {each.lower(): each for each in names}
    found = difflib.get_close_matches(name.lower(), by_letters, n=1)
    return f"; did you mean {by_letters[found[0]]}?" if found else f"; known are {', '.join(names)}"


def _read_value(variable: str, name: str, text: str) -> Any:  # noqa: ANN401  not yet checked
    """Read a variable: plain text for plain settings, JSON for tables."""
    if name not in _TABLES:
        return text
    try:
        return msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise SettingsUnusable(
            f"{variable} is not JSON: {error}; write it like {_TABLES[name]}"
        ) from error


def _decode_secret(wanted: type, value: Any) -> Any:  # noqa: ANN401  msgspec's hook
    if wanted is Secret and isinstance(value, str):
        return Secret(value)
    raise TypeError(f"Expected `str` for a {wanted.__name__.lower()}, got `{type(value).__name__}`")
