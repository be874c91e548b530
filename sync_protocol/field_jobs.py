"""Jobs that begin in the field: what both sides call them."""

from typing import Final

from sync_protocol.ids import JobId

NUMBER_PREFIX: Final = "FIELD-"
_DIGITS: Final = 10


def number_of(job_id: JobId) -> str:
    """Give the number under which people speak of such a job, before the office has heard of it.

    Ten random digits of a UUIDv7: that two among 100,000 are alike is less likely than 1 in 200,
    and the second is then parked.

    >>> from uuid import UUID
    >>> number_of(JobId(UUID("0198a000-0000-7000-8000-00a1b2c3d4e5")))
    'FIELD-A1B2C3D4E5'
    """
    return f"{NUMBER_PREFIX}{job_id.hex[-_DIGITS:].upper()}"


def is_field_job(job_id: JobId, number: str) -> bool:
    """Say whether a job began in the field: its number is made of its id."""
    return number == number_of(job_id)
