"""What the cluster says of each declared endpoint: its state, why, and what to do about it."""
