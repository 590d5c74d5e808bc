"""Stage: concerns to requests and drafted answers."""
