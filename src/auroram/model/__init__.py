"""The decoder: loading, saving, attention, chat template, scoring, generation; knows nothing of training."""
