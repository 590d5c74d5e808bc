"""The recipe: a union of settings, and its loader."""
