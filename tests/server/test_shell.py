"""The office at the shell: the commands of jobs, orders, tablets, webhooks and notifications."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from server import cli, times
from server.database import Store
from server.database.tables import billing, offers, people, plant
from tests.server.factories import change, found_town, place_order, rows
from tests.server.invoices.events import append
from tests.server.notifications.messages import record_message
from tests.server.operator import opened

ORDER = ("order", "place", "S-1", "--product", "fiber-300")
TIMES = ("--starts", "2026-07-02T14:00:00+02:00", "--ends", "2026-07-02T16:00:00+02:00")


@pytest.fixture
def settings_file(sqlite_url: str, tmp_path: Path) -> Path:
    store = Store(sqlite_url)
    found_town(store)
    store.close()
    file = tmp_path / "settings.toml"
    file.write_text(
        f'database_url = "{sqlite_url}"\n'
        '[webhook_secrets]\nbilling = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"\n'
    )
    return file


@pytest.fixture
def names(sqlite_url: str) -> dict[str, str]:
    """What an order refers to, by the ids of the operator's other systems."""
    store = Store(sqlite_url)
    try:
        return store.read_now(_first_of_each)
    finally:
        store.close()


def _first_of_each(db: sa.Connection) -> dict[str, str]:
    columns = {
        "account": offers.accounts.c.external_id,
        "premise": plant.premises.c.external_id,
        "product": offers.products.c.code,
        "technician": people.technicians.c.external_id,
    }
    return {
        name: db.execute(sa.select(sa.func.min(column).label("first"))).scalar_one()
        for name, column in columns.items()
    }


def run(settings_file: Path, *argv: str) -> int:
    return cli.main(["--settings", str(settings_file), *argv])


def place(settings_file: Path, names: dict[str, str]) -> int:
    return run(
        settings_file,
        *("order", "place", "S-1", "--product", names["product"]),
        *("--account", names["account"], "--premise", names["premise"], *TIMES),
    )


def test_an_order_becomes_a_job_that_is_assigned_by_a_person(
    settings_file: Path,
    names: dict[str, str],
    sqlite_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert place(settings_file, names) == 0
    assert run(settings_file, "job", "assign", "S-1-1", names["technician"]) == 0
    assert run(settings_file, "job", "list", "--state", "assigned") == 0

    assert "S-1-1" in capsys.readouterr().out.splitlines()[-1]
    store = Store(sqlite_url)
    kinds = store.read_now(
        lambda db: (
            db.execute(
                sa.select(people.audit.c.actor_kind).where(people.audit.c.action == "job.assigned")
            )
            .scalars()
            .all()
        )
    )
    store.close()
    assert kinds == ["human"]


def test_the_same_order_number_again_changes_nothing(
    settings_file: Path, names: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert place(settings_file, names) == 0
    assert place(settings_file, names) == 0
    assert run(settings_file, "job", "list") == 0
    assert len([line for line in capsys.readouterr().out.splitlines() if "S-1-1 " in line]) == 1


def test_the_same_order_number_with_other_content_is_refused(
    settings_file: Path, names: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert place(settings_file, names) == 0
    assert place(settings_file, {**names, "premise": "P-2"}) == cli.FAILED

    assert "premise was 'P-1', now 'P-2'" in capsys.readouterr().err


@pytest.mark.parametrize("written", ["2026-07-02T12:00Z", "2026-07-02T14:00+02:00"])
def test_a_time_may_be_written_without_seconds(written: str) -> None:
    assert times.read_instant("--starts", written) == datetime(2026, 7, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["2026-07-02T12:00", "2026-07-02", "12:00Z", "0001-01-01T00:00+14:00", "", "x" * 999]
)
def test_a_time_without_offset_or_out_of_all_bounds_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"--starts is .*; it"):
        times.read_instant("--starts", written)


def test_a_finished_job_is_not_assigned(
    settings_file: Path, names: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert place(settings_file, names) == 0
    assert run(settings_file, "job", "cancel", "S-1-1", "--reason", "customer left") == 0
    assert run(settings_file, "job", "assign", "S-1-1", names["technician"]) == 1
    assert "cancelled" in capsys.readouterr().err


def test_a_code_is_printed_alone_so_that_a_script_can_take_it(
    settings_file: Path, names: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(settings_file, "device", "code", names["technician"]) == 0
    first, _, second = capsys.readouterr().out.strip().partition("-")
    assert (len(first), len(second)) == (5, 5)


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (("job", "assign", "X-9", "T"), "X-9"),
        (("job", "cancel", "X-9", "--reason", "r"), "X-9"),
        (("device", "code", "NOBODY"), "NOBODY"),
        (("device", "revoke", "12"), "'12'"),
        (("device", "revoke", str(UUID(int=5))), str(UUID(int=5))),
        (("webhook", "add", "ftp://x", "--secret", "billing"), "ftp://x"),
        (("webhook", "add", "https://", "--secret", "billing"), "https://"),
        (("webhook", "add", "https://billing.example/hooks", "--secret", "none"), "'none'"),
        (
            (*ORDER, "--account", "A", "--premise", "P", "--starts", "gestern", "--ends", "x"),
            "gestern",
        ),
        ((*ORDER, "--account", "NO-SUCH", "--premise", "P", *TIMES), "NO-SUCH"),
        ((*ORDER, "--account", "A\x00", "--premise", "P", *TIMES), "account is 'A\\x00'"),
        ((*ORDER, "--account", "A", "--premise", "\udcff", *TIMES), "premise is '\\udcff'"),
        ((*ORDER, "--account", "A" * 81, "--premise", "P", *TIMES), "at most 80 characters"),
        (("job", "cancel", "X-9", "--reason", "r" * 201), "at most 200 characters"),
        (("job", "assign", "X\n9", "T"), "job is 'X\\n9'"),
        (("token", "add", "t" * 201, "--scope", "jobs:read"), "at most 200 characters"),
        (("device", "code", "T\x1b[2J"), "technician is 'T\\x1b[2J'"),
    ],
)
def test_wrong_input_is_named_and_changes_nothing(
    settings_file: Path,
    argv: tuple[str, ...],
    named: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(settings_file, *argv) == cli.WRONG_INPUT
    error = capsys.readouterr().err
    assert named in error
    assert error.count("\n") == 1


def test_a_webhook_is_added_once(
    settings_file: Path, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert (
            run(settings_file, "webhook", "add", "https://billing.example/x", "--secret", "billing")
            == 0
        )
    assert "billing.example" in capsys.readouterr().out
    store = Store(sqlite_url)
    count = store.read_now(
        lambda db: db.execute(sa.text("SELECT count(*) FROM webhook_endpoints")).scalar_one()
    )
    store.close()
    assert count == 1


def test_a_webhook_that_was_given_up_is_listed_with_its_reason_and_tried_again(
    settings_file: Path, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "https://billing.example/x"
    assert run(settings_file, "webhook", "add", url, "--secret", "billing") == 0
    with opened(sqlite_url) as store:
        append(store, place_order(store), rows(store, plant.premises)[0]["id"])
        given_up = {"state": "dead_lettered", "attempt": 10, "last_status": "it answered 500"}
        change(store, sa.update(billing.webhook_deliveries).values(given_up))
        change(store, sa.update(billing.webhook_endpoints).values(secret_name="former"))
    capsys.readouterr()

    assert run(settings_file, "webhook", "list") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{url}  enabled, secret former (not in settings), 0 waiting, 1 given up",
        "  event 1, 10 attempts: it answered 500",
    ]
    assert run(settings_file, "webhook", "retry", url) == 0
    assert "again: 1" in capsys.readouterr().out
    assert run(settings_file, "webhook", "retry", "https://other.example/") == cli.WRONG_INPUT
    with opened(sqlite_url) as store:
        assert rows(store, billing.webhook_deliveries)[0]["state"] == "waiting"


def test_a_mail_that_was_given_up_is_listed_with_its_reason_and_sent_again(
    settings_file: Path, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(sqlite_url) as store:
        record_message(store, place_order(store), rows(store, offers.accounts)[0]["id"])
        given_up = {"state": "failed", "attempt": 1, "last_status": "no mail can be written"}
        change(store, sa.update(billing.notifications).values(given_up))

    assert run(settings_file, "notification", "list") == 0
    notification_id, _, rest = capsys.readouterr().out.strip().partition("  ")
    assert rest == "service_live, account A-1, 1 attempts: no mail can be written"
    assert run(settings_file, "notification", "retry", notification_id) == 0
    assert run(settings_file, "notification", "retry", notification_id) == cli.FAILED
    assert "only one that failed" in capsys.readouterr().err
    assert run(settings_file, "notification", "retry", "12") == cli.WRONG_INPUT
    assert run(settings_file, "notification", "retry", str(UUID(int=1))) == cli.WRONG_INPUT
