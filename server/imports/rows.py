"""What one row of each kind of file holds: names, types and bounds.

A row refers to other things by the ids of the operator's systems; the import replaces them by ours.
Lengths are metres along the cable, prices minor units of their currency, launch powers hundredths
of dBm, coordinates WGS84 degrees.
"""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from sync_protocol.optics import SplitterRatio
from sync_protocol.serials import SerialText
from sync_protocol.units import CurrencyCode, RxPowerCdbm

ExternalId = Annotated[str, Meta(min_length=1, max_length=80)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
ShortName = Annotated[str, Meta(min_length=1, max_length=80)]
Code = Annotated[str, Meta(min_length=1, max_length=40)]
ProfileName = Annotated[str, Meta(min_length=1, max_length=32)]
Email = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$", max_length=200)]
Zone = Annotated[str, Meta(min_length=1, max_length=60)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Position = Annotated[int, Meta(ge=0, le=255)]
Vlan = Annotated[int, Meta(ge=1, le=4094)]
GemPort = Annotated[int, Meta(ge=0, le=1023)]
Speed = Annotated[int, Meta(ge=1, le=1_000_000)]
Time = Annotated[datetime, Meta(tz=True)]
FiberLength = Annotated[int, Meta(ge=0, le=60_000)]
"""No PON ranges an ONT beyond 60 km (ITU-T G.984.1, G.9807.1): more was meant in other units."""


ImportRow = msgspec.Struct
"""Any of the rows below."""


class PremiseRow(msgspec.Struct, frozen=True, kw_only=True):
    """An address that can be connected; ``zone`` is the IANA zone that its people live in."""

    external_id: ExternalId
    address: Name
    city: ShortName
    postcode: Annotated[str, Meta(min_length=1, max_length=20)]
    latitude: Latitude
    longitude: Longitude
    zone: Zone
    access_notes: Annotated[str, Meta(max_length=4000)] = ""
    hazards: tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...] = ()
    """What a technician must beware of, each in a few words."""


class OltRow(msgspec.Struct, frozen=True, kw_only=True):
    """An OLT; ``credentials`` is the name under which the settings hold its communities."""

    external_id: ExternalId
    name: ShortName
    driver: Code
    host: Name
    snmp_port: Annotated[int, Meta(ge=1, le=65535)] = 161
    credentials: ShortName


class PonPortRow(msgspec.Struct, frozen=True, kw_only=True):
    """A PON port; without a measured launch the middle of its optic class is assumed."""

    external_id: ExternalId
    olt: ExternalId
    frame: Position
    slot: Position
    port: Position
    optic_class: Code
    launch_cdbm: RxPowerCdbm | None = None


class SplitterRow(msgspec.Struct, frozen=True, kw_only=True):
    """The splitters behind one fiber of a port, one ratio per stage from the OLT outwards."""

    external_id: ExternalId
    pon_port: ExternalId
    ratios: Annotated[tuple[SplitterRatio, ...], Meta(min_length=1, max_length=4)]
    feeder_length_m: FiberLength


class TerminalRow(msgspec.Struct, frozen=True, kw_only=True):
    """Where drops begin."""

    external_id: ExternalId
    splitter: ExternalId
    latitude: Latitude
    longitude: Longitude
    distribution_length_m: FiberLength
    ports: Annotated[int, Meta(ge=1, le=288)]


class DropRow(msgspec.Struct, frozen=True, kw_only=True):
    """The cable to one premise; connectors and splices count the whole way from the OLT."""

    external_id: ExternalId
    terminal: ExternalId
    premise: ExternalId
    terminal_port: Annotated[int, Meta(ge=1, le=288)]
    length_m: FiberLength
    connectors: Annotated[int, Meta(ge=0, le=40)]
    splices: Annotated[int, Meta(ge=0, le=200)]


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who pays."""

    external_id: ExternalId
    name: Name
    email: Email | None = None
    phone: Annotated[str, Meta(max_length=40)] | None = None
    zone: Zone
    currency: CurrencyCode
    billing_day: Annotated[int, Meta(ge=1, le=28)] = 1


class ProductRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is sold, and how an OLT is told to deliver it."""

    code: Code
    version: Annotated[int, Meta(ge=1, le=10_000)] = 1
    name: ShortName
    down_mbps: Speed
    up_mbps: Speed
    price_minor: Annotated[int, Meta(ge=0, le=10**12)]
    currency: CurrencyCode
    line_profile: ProfileName
    service_profile: ProfileName
    vlan: Vlan
    user_vlan: Vlan
    gem_port: GemPort
    traffic_in: ProfileName
    traffic_out: ProfileName
    ont_model: Code | None = None


class ProductOverrideRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one OLT is asked for all versions of a product; what is empty is as the product has it.

    A row of which all is empty takes an earlier one back.
    """

    product: Code
    olt: ExternalId
    line_profile: ProfileName | None = None
    service_profile: ProfileName | None = None
    vlan: Vlan | None = None
    user_vlan: Vlan | None = None
    gem_port: GemPort | None = None
    traffic_in: ProfileName | None = None
    traffic_out: ProfileName | None = None


class TicketRow(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody complained of: at a premise, or else of the account as a whole."""

    external_id: ExternalId
    number: ShortName
    account: ExternalId
    premise: ExternalId | None = None
    subject: Name
    priority: Code
    opened_at: Time
    closed_at: Time | None = None


class TechnicianRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who does field work."""

    external_id: ExternalId
    name: Name
    email: Email | None = None


class OntRow(msgspec.Struct, frozen=True, kw_only=True):
    """An ONT in stock, perhaps in a technician's van."""

    serial: SerialText
    model: Code
    technician: ExternalId | None = None


class OntModelRow(msgspec.Struct, frozen=True, kw_only=True):
    """A model of which it is known whether the network supports it."""

    model: Code
    vendor: ShortName
    serial_prefixes: tuple[Annotated[str, Meta(min_length=1, max_length=12)], ...] = ()
    optic_classes: tuple[Code, ...] = ()
    supported: bool = True
    note: Annotated[str, Meta(max_length=200)] = ""
