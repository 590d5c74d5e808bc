"""Stages: preference tuning, and differentially private tuning with planted canaries."""
