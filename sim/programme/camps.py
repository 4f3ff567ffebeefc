"""Where the teams of one kind are, and what it takes to send them elsewhere (MODEL section 7)."""

from __future__ import annotations

from sim.programme.crews import Move


class Camps:
    """Free teams of one kind by district; only for kinds whose moves take time or money.

    Parameters
    ----------
    move : Move
        What one move takes, and where teams begin; without a home the first way is nobody's move.
    """

    def __init__(self, move: Move) -> None:
        self.move = move
        self._free: dict[int | None, int] = {}

    def come(self, teams: int) -> None:
        """Teams are added at home, or leave from where most are free."""
        if teams >= 0:
            self._free[self.move.home] = self._free.get(self.move.home, 0) + teams
            return
        for _ in range(-teams):
            place = self._fullest()
            if self._free.get(place, 0) == 0:
                return  # all at work: those who come back first leave then
            self._free[place] -= 1

    def send(self, teams: int, district: int) -> int:
        """Take free teams for a task; returns how many of them have to move."""
        here = min(teams, self._free.get(district, 0))
        self._free[district] = self._free.get(district, 0) - here
        moved = 0
        for _ in range(teams - here):
            place = None if self._free.get(None, 0) > 0 else self._fullest()
            self._free[place] -= 1
            moved += place is not None
        return moved

    def back(self, teams: int, district: int) -> None:
        """Teams are free again, where their task was."""
        self._free[district] = self._free.get(district, 0) + teams

    def _fullest(self) -> int | None:
        """Place with most free teams; of several the first district."""
        return max(self._free, key=lambda place: (self._free[place], -1 if place is None else -place), default=None)
