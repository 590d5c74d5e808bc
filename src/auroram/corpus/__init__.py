"""Stage: raw files to curated documents."""
