"""The rules, one topic a file, as pure functions."""
