"""What crosses a border between stages, processes or files."""
