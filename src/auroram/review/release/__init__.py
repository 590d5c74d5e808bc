"""What leaves the desk: an immutable set of exchanges with the decisions behind them."""
