"""Stage: what was learned and what was forgotten."""
