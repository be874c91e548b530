from pathlib import Path

import pytest

from server.database import engines
from server.database.engines import DatabaseUnusable


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "is no database URL"),
        ("firstlight.db", "'firstlight.db' is no database URL; write sqlite:///firstlight.db"),
        ("mysql://localhost/firstlight", "'mysql' is not supported; use sqlite or postgresql"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("postgresql://localhost:many/x", "localhost:many/x' is no database URL"),
        ("postgresql://localhost/x?sslmood=off", 'invalid connection option "sslmood"; after the'),
        ("sqlite://firstlight.db", "needs a file"),
        ("sqlite:////", "'/' is a folder; name a file in it"),
        ("sqlite:////no/such/folder/firstlight.db", "'/no/such/folder' does not exist"),
    ],
)
def test_a_url_that_cannot_be_used_is_explained(url: str, sentence: str) -> None:
    with pytest.raises(DatabaseUnusable, match=sentence):
        engines.parse_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://clerk:verysecret@localhost/firstlight",
        "postgresql//clerk:verysecret@localhost/firstlight",
        "postgresql://clerk:verysecret@localhost:many/firstlight",
        "postgresql://clerk:verysecret@localhost/firstlight?sslmood=off",
        "postgresql//localhost/firstlight?password=verysecret",
        "postgresql://localhost/firstlight?password=verysecret&sslmood=off",
    ],
)
def test_a_password_is_not_part_of_any_complaint(url: str) -> None:
    with pytest.raises(DatabaseUnusable) as refused:
        engines.parse_url(url)
    assert "verysecret" not in str(refused.value)


def test_our_drivers_are_put_in(tmp_path: Path) -> None:
    found = [
        engines.parse_url(url).drivername
        for url in (f"sqlite:///{tmp_path}/firstlight.db", "postgresql://localhost/firstlight")
    ]
    assert found == ["sqlite+firstlight", "postgresql+psycopg"]


def test_a_database_that_is_not_there_is_not_made_by_asking_for_it(tmp_path: Path) -> None:
    url = engines.parse_url(f"sqlite:///{tmp_path / 'absent.db'}")
    with pytest.raises(DatabaseUnusable, match=r"absent\.db'; run: firstlight migrate"):
        engines.require_present(url)
    assert not (tmp_path / "absent.db").exists()
