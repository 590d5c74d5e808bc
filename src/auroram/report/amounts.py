"""Amounts as people read them: durations, bytes, energy, numbers with a suffix."""

_DAYS = 3 * 86400
"""Seconds from which days are told."""


def duration(seconds: float) -> str:
    """Seconds as people say them: `0.4 s`, `12 s`, `3 min 25 s`, `2 h 5 min`, `41 days 18 h`."""
    whole = round(seconds)
    if not whole:
        return f"{seconds:.1g} s"
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < _DAYS:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} days {whole % 86400 // 3600} h"


def giga(size: float, decimals: int = 1) -> str:
    """Thousands of millions, to so many decimals; what they would make 0 and is not, to one digit.

    >>> giga(0, 1), giga(271e6, 1), giga(363e3, 1)
    ('0.0', '0.3', '0.0004')
    """
    shown = f"{size / 1e9:.{decimals}f}"
    return shown if float(shown) or not size else f"{size / 1e9:.1g}"


def energy(joules: float) -> str:
    """Joules in the unit that suits them: `850 J`, `12.3 kJ`, `4.17 kWh`."""
    if joules < 1e6:
        return f"{three_digits(joules)} J" if joules < 999.5 else f"{three_digits(joules / 1e3)} kJ"
    return f"{three_digits(joules / 3.6e6)} kWh"


def amount(value: float) -> str:
    """A number with three digits and a suffix: 950, 12.5k, 3.1M, 2G, 1.2T."""
    for size, suffix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 0.9995 * size:
            return f"{three_digits(value / size)}{suffix}"
    return three_digits(value)


def three_digits(value: float) -> str:
    """A number with three digits, or all that stand before the point.

    >>> three_digits(0.01234), three_digits(99.96), three_digits(1234.5)
    ('0.0123', '100', '1,234')
    """
    return f"{value:,.0f}" if abs(value) >= 99.95 else f"{value:.3g}"
