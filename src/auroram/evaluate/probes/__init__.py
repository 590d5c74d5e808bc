"""Cheap questions to every model of a training run: what is learnt and what is forgotten when."""
