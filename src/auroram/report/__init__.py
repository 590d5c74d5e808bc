"""Stage: the page and the pictures of a run."""
