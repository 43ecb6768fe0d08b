"""The rules of `catalog/check.py`, by what they are about."""
