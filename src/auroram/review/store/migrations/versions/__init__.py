"""One file a version of the schema, from the first on; none is ever changed."""
