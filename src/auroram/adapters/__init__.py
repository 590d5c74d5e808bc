"""One file a third party."""
