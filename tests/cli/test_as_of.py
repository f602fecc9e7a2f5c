"""The time that feedback is for: given, or asked in one place."""

from datetime import UTC, datetime, timedelta

import pytest

from grader.cli import main
from grader.cli.clock import moment


@pytest.mark.parametrize("given", ["2026-09-16T12:00:00+02:00", "2026-09-16 10:00", "2026-09-16T10:00:00Z"])
def test_a_time_is_taken_as_it_is_given_and_without_a_zone_as_utc(given):
    assert moment(given) == datetime(2026, 9, 16, 10, tzinfo=UTC)


def test_without_one_it_is_now():
    assert abs(moment(None) - datetime.now(UTC)) < timedelta(hours=1)


def test_what_is_no_time_is_refused_with_an_example(tmp_path, capsys):
    (tmp_path / "class").mkdir()
    command = ["grade", str(tmp_path / "class"), "--out", str(tmp_path / "grades"), "--as-of", "tomorrow"]
    assert main(command) == 2
    said = capsys.readouterr().err
    assert said.startswith("kata: --as-of tomorrow: no date and time\n  Write it like this: 2026-")
    assert not (tmp_path / "grades").exists()
