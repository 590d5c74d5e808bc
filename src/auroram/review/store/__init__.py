"""The desk's database: SQLite in a file, or PostgreSQL."""
