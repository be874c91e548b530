import io
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from server.demo.narration import Narrator
from server.demo.outcome import LatencyMs, Story
from server.demo.story import sum_up

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
TOOK = LatencyMs(
    received_to_live=8000, received_to_billed=8200, ont_come_up=5500, poll_wait=2400, overhead=300
)


@pytest.mark.parametrize(
    ("currency", "amount"), [("EUR", "10.64 EUR"), ("JPY", "1064 JPY"), ("KWD", "1.064 KWD")]
)
def test_the_first_line_is_told_with_the_decimals_of_its_currency(
    currency: str, amount: str
) -> None:
    stream = io.StringIO()
    story = Story(
        job_id=UUID(int=1),
        completed_at=NOON,
        received_at=NOON,
        live_at=NOON,
        billing_start=date(2026, 7, 1),
        invoice_line_minor=1064,
        currency=currency,
        notified_at=NOON,
        human_touches=0,
    )

    sum_up(Narrator(stream, zone=ZoneInfo("UTC"), now=lambda: NOON, colours=False), story, TOOK)

    assert f"first line {amount};" in stream.getvalue()
