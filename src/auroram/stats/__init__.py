"""Kernels on numbers: intervals and paired differences; pure functions."""
