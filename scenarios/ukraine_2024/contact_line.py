"""Which access zone a place lies in, by a sketch of the contact line.

The sketch serves to count people by zone and to measure the band beside the line; it holds no positions of
the front.
"""

from __future__ import annotations

import math

KM_PER_DEGREE = 111.2
MIDDLE_LATITUDE = 48.5

Point = tuple[float, float]


def flat(lat: float, lon: float) -> Point:
    """Plane coordinates [km]; good to a few km over the area, as the line itself is."""
    return lon * KM_PER_DEGREE * math.cos(math.radians(MIDDLE_LATITUDE)), lat * KM_PER_DEGREE


def to_segment(p: Point, a: Point, b: Point) -> float:
    """Distance of a point from a segment [km]."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    t = ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / (dx * dx + dy * dy)
    t = min(1.0, max(0.0, t))
    return math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy)


def inside(p: Point, ring: list[Point]) -> bool:
    """Even-odd rule."""
    hit = False
    for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
        if (a[1] > p[1]) != (b[1] > p[1]) and p[0] < (b[0] - a[0]) * (p[1] - a[1]) / (b[1] - a[1]) + a[0]:
            hit = not hit
    return hit


class ContactLine:
    """The schematic line: which side, how far, how long per district."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        points = [flat(float(r["latitude"]), float(r["longitude"])) for r in rows]
        pairs = zip(points, points[1:], rows, rows[1:], strict=False)
        self.segments = [(a, b, r["district"]) for a, b, r, s in pairs if r["part"] == s["part"]]
        main = [p for p, r in zip(points, rows, strict=True) if r["part"] == "main"]
        # Close the ring east and south of Ukraine.
        self.occupied_ring = [*main, flat(44.0, 31.4), flat(44.0, 41.0), flat(50.0, 41.0)]

    def length_km(self, district: str) -> float:
        """Length whose government-held side lies in the district [km]."""
        return sum(math.dist(a, b) for a, b, d in self.segments if d == district)

    def zone(self, lat: float, lon: float, band_km: float) -> str:
        """Access zone of a place."""
        p = flat(lat, lon)
        if inside(p, self.occupied_ring):
            return "occupied"
        return "contact" if min(to_segment(p, a, b) for a, b, _ in self.segments) <= band_km else "accessible"
