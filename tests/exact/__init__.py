"""The engine against a plain simulator that follows every item, and against quadrature where nothing reacts."""
