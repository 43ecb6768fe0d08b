"""Drives the engine for the command line, and reads what clusters say of endpoints."""
