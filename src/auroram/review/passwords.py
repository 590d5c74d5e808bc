"""Passwords, as argon2id hashes."""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

HASHER = PasswordHasher()
"""Argon2id with the library's parameters, which follow RFC 9106's second recommendation."""


def hashed(password: str) -> str:
    """The hash to store, with its salt and parameters."""
    return HASHER.hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Whether the password is the one that was hashed.

    Without a stored hash as much work is done, so that the time does not tell which names exist.
    """
    try:
        return HASHER.verify(stored or _nobodys(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return hashed(secrets.token_urlsafe())
