"""The decoder: loading, saving, attention, chat, scoring, generation; it knows no training."""
