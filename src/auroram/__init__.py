"""Auroram turns an open base language model into a multilingual one that is safe, and proves it."""

__version__ = "0.1.0"
