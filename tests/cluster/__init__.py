"""A Dask cluster of real processes on loopback, and what may happen to it."""
