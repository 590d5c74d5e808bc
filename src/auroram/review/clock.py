"""The time, as the log writes it."""

from datetime import UTC, datetime, timedelta


def now() -> str:
    """The time in UTC, ISO 8601, to the millisecond: equal lengths, so that text sorts by time."""
    return _written(datetime.now(UTC))


def seconds_from(at: str, seconds: float) -> str:
    """The time so many seconds after, or for a negative number before, `at`."""
    return _written(datetime.fromisoformat(at) + timedelta(seconds=seconds))


def _written(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
