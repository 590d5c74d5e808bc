"""What a model declines, taught in closed form at the end of a stage."""
