"""Where Gaode's maps lie beside the GPS's: WGS-84 to GCJ-02, and the area that Gaode describes."""

import math

# The formula of GCJ-02 was never published. This is the approximation that everybody uses; it
# became known in 2010 as "ChinaMapShift"; constants and form here by googollee/eviltransform
# (MIT). It agrees with Gaode's own conversion to about a metre.
SEMI_MAJOR_AXIS_M = 6_378_245.0  # Krasovsky 1940
ECCENTRICITY_SQUARED = 0.00669342162296594323

# (west, south, east, north): a staircase around the mainland, Hong Kong and Macao. Where it could
# not follow a border it leaves a neighbour's land inside rather than ours outside: for that Gaode
# answers nothing, and the next one is asked. Taiwan is outside, for there Gaode's documentation
# promises no more than the province's name.
GAODE_AREA = (
    (73.4, 35.3, 78.0, 41.5),
    (78.0, 30.6, 80.0, 43.3),
    (80.0, 27.8, 88.0, 49.3),
    (88.0, 26.8, 91.0, 48.3),
    (91.0, 26.8, 97.5, 45.6),
    (97.5, 21.0, 105.0, 43.0),
    (105.0, 21.4, 108.0, 42.7),
    (108.0, 18.0, 112.0, 43.9),
    (112.0, 18.0, 116.0, 48.2),
    (116.0, 20.5, 119.95, 53.0),
    (119.95, 25.6, 124.5, 53.7),
    (124.5, 40.0, 126.0, 53.7),
    (126.0, 41.2, 131.4, 53.2),
    (131.4, 44.8, 135.1, 48.6),
    (111.0, 15.5, 113.0, 18.0),  # the Paracel Islands
)


def is_in_gaode_area(latitude_deg: float, longitude_deg: float) -> bool:
    """Tell whether Gaode may know streets here; its maps are in GCJ-02 then."""
    return any(
        west <= longitude_deg <= east and south <= latitude_deg <= north
        for west, south, east, north in GAODE_AREA
    )


def to_gcj02(latitude_deg: float, longitude_deg: float) -> tuple[float, float]:
    """Return latitude and longitude in GCJ-02 of a position in WGS-84, some 500 m beside it.

    Only for positions in Gaode's area; elsewhere its maps are in WGS-84.
    """
    north_m, east_m = _shift_m(latitude_deg - 35.0, longitude_deg - 105.0)
    latitude = math.radians(latitude_deg)
    flattening = 1 - ECCENTRICITY_SQUARED * math.sin(latitude) ** 2
    meridian_m = SEMI_MAJOR_AXIS_M * (1 - ECCENTRICITY_SQUARED) / flattening**1.5
    parallel_m = SEMI_MAJOR_AXIS_M / math.sqrt(flattening) * math.cos(latitude)
    return (
        latitude_deg + math.degrees(north_m / meridian_m),
        longitude_deg + math.degrees(east_m / parallel_m),
    )


def _shift_m(y: float, x: float) -> tuple[float, float]:
    """Return how far north and east GCJ-02 lies, at degrees from 35° N, 105° E."""
    both = 20 * _wave(x, 6) + 20 * _wave(x, 2)
    north = both + 20 * _wave(y, 1) + 40 * _wave(y, 1 / 3)
    north += 160 * _wave(y, 1 / 12) + 320 * _wave(y, 1 / 30)
    east = both + 20 * _wave(x, 1) + 40 * _wave(x, 1 / 3)
    east += 150 * _wave(x, 1 / 12) + 300 * _wave(x, 1 / 30)
    root = math.sqrt(abs(x))
    return (
        north * 2 / 3 - 100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root,
        east * 2 / 3 + 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root,
    )


def _wave(position: float, frequency: float) -> float:
    return math.sin(position * frequency * math.pi)
