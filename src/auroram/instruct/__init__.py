"""Stage: instructions made from real text."""
