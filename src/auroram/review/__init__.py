"""People's decisions on drafts, the web pages on top of them, and signed-off releases."""
