"""How different two colours look, and a target of colours to tell it by."""

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

PATCHES = np.array(  # sRGB of the 24 patches of the usual chart, as its maker publishes them
    [
        *((115, 82, 68), (194, 150, 130), (98, 122, 157), (87, 108, 67), (133, 128, 177)),
        *((103, 189, 170), (214, 126, 44), (80, 91, 166), (193, 90, 99), (94, 60, 108)),
        *((157, 188, 64), (224, 163, 46), (56, 61, 150), (70, 148, 73), (175, 54, 60)),
        *((231, 199, 31), (187, 86, 149), (8, 133, 161), (243, 243, 242), (200, 200, 200)),
        *((160, 160, 160), (122, 122, 121), (85, 85, 85), (52, 52, 52)),
    ],
    np.uint8,
)
COLUMNS, ROWS = 6, 4
PATCH_PX = 96
MARGIN_PX = 32  # beside an edge: a block of the JPEG, one of the WebP, and the filter between


def target(patches: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Return pixels that show 24 patches; one number a channel."""
    grid = patches.reshape(ROWS, COLUMNS, -1)
    return grid.repeat(PATCH_PX, axis=0).repeat(PATCH_PX, axis=1)


def insides(pixels: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Return the pixels of each patch away from its edges, as (24, pixels, channels)."""
    height, width = pixels.shape[0] // ROWS, pixels.shape[1] // COLUMNS
    parts = pixels.reshape(ROWS, height, COLUMNS, width, -1).swapaxes(1, 2)
    inner = parts[:, :, MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
    return inner.reshape(ROWS * COLUMNS, -1, pixels.shape[-1])


def ciede2000(one: Numbers, other: Numbers) -> Numbers:
    """Return ΔE00 of L* a* b* (Sharma, Wu and Dalal, Color Research & Application 30, 2005)."""
    (l1, a1, b1), (l2, a2, b2) = (np.moveaxis(np.asarray(lab), -1, 0) for lab in (one, other))
    c_mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(c_mean**7 / (c_mean**7 + 25.0**7))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    is_grey = c1 * c2 == 0
    turn = np.where(is_grey, 0, (h2 - h1 + 180) % 360 - 180)
    turn = np.where(~is_grey & (h2 - h1 == 180), 180, turn)
    dl, dc = l2 - l1, c2 - c1
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    far = np.abs(h1 - h2) > 180
    h_mean = np.where(far, (h1 + h2 + np.where(h1 + h2 < 360, 360, -360)) / 2, (h1 + h2) / 2)
    h_mean = np.where(is_grey, h1 + h2, h_mean)
    l_mean, c_mean = (l1 + l2) / 2, (c1 + c2) / 2
    t = 1 - 0.17 * _cos(h_mean - 30) + 0.24 * _cos(2 * h_mean)
    t = t + 0.32 * _cos(3 * h_mean + 6) - 0.20 * _cos(4 * h_mean - 63)
    s_l = 1 + 0.015 * (l_mean - 50) ** 2 / np.sqrt(20 + (l_mean - 50) ** 2)
    s_c, s_h = 1 + 0.045 * c_mean, 1 + 0.015 * c_mean * t
    blue = 30 * np.exp(-(((h_mean - 275) / 25) ** 2))
    r_t = -2 * np.sqrt(c_mean**7 / (c_mean**7 + 25.0**7)) * np.sin(np.radians(2 * blue))
    chroma, hue = dc / s_c, dh / s_h
    difference: Numbers = np.sqrt((dl / s_l) ** 2 + chroma**2 + hue**2 + r_t * chroma * hue)
    return difference


def _cos(degrees: Numbers) -> Numbers:
    cosine: Numbers = np.cos(np.radians(degrees))
    return cosine
