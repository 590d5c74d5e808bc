"""Stage, used twice: CAP and CAT are two settings of it."""
