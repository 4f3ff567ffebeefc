"""Hostile and clumsy input through every door: no traceback, no hang, nothing written elsewhere, nothing executed."""
