"""What a training stage needs where several ranks share its work, and nowhere else."""
