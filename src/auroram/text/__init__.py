"""Kernels on text: language and script signals, personal data, shingles; pure functions."""
