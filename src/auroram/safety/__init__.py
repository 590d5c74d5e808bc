"""Stage: refusals and over-refusals with intervals."""
