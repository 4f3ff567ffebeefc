"""Runs that are killed, starved and crowded, and must end with the right bytes: `python -m tests.soak`."""
