"""Stage: documents and exchanges to token shards."""
