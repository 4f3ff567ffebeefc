"""``python -m sim`` is ``demrisk``."""

from sim.cli import main

if __name__ == "__main__":
    main()
