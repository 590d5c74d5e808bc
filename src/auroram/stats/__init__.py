"""Kernels on numbers: intervals, paired tests, scaling fits; pure functions."""
