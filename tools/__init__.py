"""The checkers that tests and benchmarks run, built from pinned Go modules."""
