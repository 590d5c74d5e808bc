"""What the corpus stage can read: a file or folder becomes slices, a slice becomes records."""
