"""Kernels on token streams: permutation, mixture schedule, packing; pure functions."""
