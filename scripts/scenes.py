"""The twelve pictures of the demonstration, in the order of a journey."""

from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from .paint import (
    Size,
    bank,
    beach,
    boat,
    box,
    clouds,
    disc,
    glow,
    noise,
    pixels,
    ridges,
    shape,
    sky,
    skyline,
    stars,
    trees,
    wall,
    water,
)


def city_at_dusk(size: Size, random: Random) -> Image.Image:
    """A skyline against the last light, mirrored in a river."""
    image = sky(size, (38, 44, 92), (112, 82, 138), (226, 128, 120), (255, 196, 128))
    clouds(image, random, (255, 170, 150), amount=0.45)
    glow(image, (0.7, 0.62), 0.55, (255, 214, 150))
    disc(image, (0.7, 0.6), 0.035, (255, 244, 214))
    skyline(image, random, 0.66, (64, 48, 92), lit=0.0, tall=0.16)
    skyline(image, random, 0.66, (30, 26, 58), lit=0.12, tall=0.3)
    return water(image, 0.66, (40, 40, 84))


def city_at_night(size: Size, random: Random) -> Image.Image:
    """Lit windows under a moon, mirrored in a river."""
    image = sky(size, (8, 12, 34), (16, 26, 64), (42, 46, 98), (104, 70, 112))
    stars(image, random, 260)
    glow(image, (0.22, 0.2), 0.22, (150, 164, 210))
    disc(image, (0.22, 0.2), 0.032, (246, 242, 224))
    skyline(image, random, 0.64, (24, 26, 58), lit=0.3, tall=0.2)
    glow(image, (0.5, 0.64), 0.5, (255, 170, 110), strength=0.35)
    skyline(image, random, 0.64, (10, 12, 30), lit=0.5, tall=0.36)
    return water(image, 0.64, (8, 10, 30))


def city_at_dawn(size: Size, random: Random) -> Image.Image:
    """Pale towers in the haze of the morning."""
    image = sky(size, (116, 158, 204), (186, 200, 220), (250, 214, 196), (255, 228, 196))
    clouds(image, random, (255, 238, 228), amount=0.55)
    glow(image, (0.35, 0.56), 0.6, (255, 240, 206))
    for tone, tall in (((190, 176, 190), 0.14), ((142, 136, 164), 0.2), ((86, 88, 124), 0.28)):
        skyline(image, random, 0.72, tone, lit=0.0, tall=tall)
    return water(image, 0.72, (120, 136, 168))


def sea_at_sunset(size: Size, random: Random) -> Image.Image:
    """The sun a hand above the sea."""
    image = sky(size, (52, 68, 128), (150, 96, 140), (250, 136, 96), (255, 208, 120))
    clouds(image, random, (255, 150, 110), amount=0.6)
    glow(image, (0.42, 0.5), 0.6, (255, 226, 150))
    disc(image, (0.42, 0.48), 0.045, (255, 250, 222))
    ridges(image, random, [(0.57, 0.05)], (116, 70, 110), (96, 60, 104))
    image = water(image, 0.58, (70, 50, 104))
    beach(image, random, 0.9, (74, 50, 58))
    return image


def sails(size: Size, random: Random) -> Image.Image:
    """Sailing boats on a blue forenoon."""
    image = sky(size, (42, 112, 190), (108, 172, 222), (198, 224, 238))
    clouds(image, random, (255, 255, 255), amount=0.62)
    ridges(image, random, [(0.52, 0.07), (0.54, 0.04)], (140, 172, 196), (88, 132, 158))
    image = water(image, 0.55, (20, 92, 146))
    for x, y, height in (
        (0.2, 0.6, 0.12),
        (0.47, 0.66, 0.2),
        (0.76, 0.72, 0.3),
        (0.62, 0.58, 0.08),
    ):
        boat(image, (x, y), height)
    beach(image, random, 0.93, (226, 204, 164))
    return image


def lighthouse(size: Size, random: Random) -> Image.Image:
    """A lighthouse on its rock when the lamp has just been lit."""
    image = sky(size, (30, 40, 92), (84, 78, 142), (218, 130, 142), (255, 190, 140))
    clouds(image, random, (236, 140, 150), amount=0.5)
    image = water(image, 0.74, (40, 42, 90))
    rock = [
        (-0.1, 1.1),
        (-0.1, 0.86),
        (0.2, 0.8),
        (0.42, 0.74),
        (0.78, 0.75),
        (1.1, 0.84),
        (1.1, 1.1),
    ]
    shape(image, [rock], (26, 24, 44))
    tower = [(0.53, 0.77), (0.56, 0.4), (0.66, 0.4), (0.69, 0.77)]
    shape(image, [tower], (232, 222, 222))
    for y in (0.46, 0.57, 0.68):
        shape(image, [[(0.55, y), (0.67, y), (0.677, y + 0.05), (0.543, y + 0.05)]], (186, 60, 62))
    shape(image, [[(0.57, 0.4), (0.57, 0.36), (0.65, 0.36), (0.65, 0.4)]], (255, 232, 160))
    shape(image, [[(0.55, 0.36), (0.61, 0.32), (0.67, 0.36)]], (60, 40, 62))
    glow(image, (0.61, 0.38), 0.4, (255, 236, 170), strength=0.8)
    return image


def wall_on_hills(size: Size, random: Random) -> Image.Image:
    """A wall with towers along the ridges in autumn."""
    image = sky(size, (92, 146, 200), (178, 206, 226), (248, 226, 190))
    clouds(image, random, (255, 250, 240), amount=0.5)
    glow(image, (0.86, 0.34), 0.5, (255, 240, 200))
    far = [(0.5, 0.16), (0.58, 0.16)]
    ridges(image, random, far, (172, 176, 190), (146, 138, 142))
    crest = ridges(image, random, [(0.68, 0.26)], (150, 106, 74), (150, 106, 74))
    wall(image, crest, (206, 186, 156), (116, 92, 78))
    ridges(image, random, [(0.86, 0.16), (0.97, 0.14)], (136, 74, 46), (74, 44, 34))
    return image


def temple(size: Size, random: Random) -> Image.Image:
    """A round hall of three roofs before the rising sun."""
    image = sky(size, (70, 84, 138), (178, 128, 146), (250, 172, 122), (255, 216, 150))
    clouds(image, random, (255, 196, 160), amount=0.5)
    glow(image, (0.5, 0.56), 0.75, (255, 232, 168))
    disc(image, (0.5, 0.5), 0.13, (255, 240, 200))
    dark = (44, 26, 44)
    for y, half in ((0.47, 0.16), (0.555, 0.225), (0.64, 0.29)):
        slope = [(0.5 - half * k, y + 0.062 * k**0.55) for k in (0.04, 0.15, 0.3, 0.5, 0.75, 1.0)]
        eaves = [(0.5 - half * 0.96, y + 0.07), (0.5 + half * 0.96, y + 0.07)]
        body = box(0.5 - half * 0.62, y + 0.05, half * 1.24, 0.06)
        shape(image, [slope + eaves + [(1 - x, h) for x, h in reversed(slope)], body], dark)
    shape(image, [[(0.485, 0.48), (0.5, 0.42), (0.515, 0.48)]], (222, 170, 90))
    shape(image, [box(0.5 - 0.18, 0.7, 0.36, 0.08)], dark)
    for y, half in ((0.77, 0.34), (0.81, 0.41), (0.85, 0.49), (0.89, 0.6)):
        shape(
            image, [[(0.5 - half, y), (0.5 + half, y), (0.5 + half, 1.1), (0.5 - half, 1.1)]], dark
        )
        dark = (dark[0] - 10, dark[1] - 6, dark[2] - 8)
    return image


def hills_in_winter(size: Size, random: Random) -> Image.Image:
    """Snow on hills behind hills, and a pale sun."""
    image = sky(size, (120, 148, 184), (188, 202, 220), (240, 228, 222))
    glow(image, (0.3, 0.3), 0.4, (255, 246, 230))
    disc(image, (0.3, 0.3), 0.03, (255, 252, 242))
    layers = [(0.5, 0.14), (0.6, 0.14), (0.7, 0.14), (0.82, 0.12)]
    ridges(image, random, layers, (206, 216, 230), (236, 240, 246), shade=(150, 168, 196))
    trees(image, random, 0.9, (46, 58, 72))
    return image


def misty_peaks(size: Size, random: Random) -> Image.Image:
    """Peaks like an ink painting, one behind the other."""
    image = sky(size, (214, 220, 218), (236, 232, 220), (246, 240, 226))
    disc(image, (0.72, 0.2), 0.05, (224, 112, 84))
    layers = [(0.42, 0.3), (0.55, 0.34), (0.68, 0.34), (0.84, 0.3), (1.0, 0.24)]
    ridges(image, random, layers, (176, 190, 192), (30, 48, 54), shade=(238, 236, 226))
    return image


def sea_of_clouds(size: Size, random: Random) -> Image.Image:
    """Summits above the clouds at sunrise."""
    image = sky(size, (60, 110, 180), (150, 176, 214), (255, 206, 160), (255, 232, 196))
    glow(image, (0.62, 0.46), 0.5, (255, 236, 180))
    disc(image, (0.62, 0.44), 0.028, (255, 250, 226))
    for level, tone in ((0.58, (128, 134, 168)), (0.74, (84, 92, 128)), (0.94, (40, 48, 74))):
        ridges(image, random, [(level, 0.2)], tone, tone, shade=(250, 222, 206))
        bank(image, random, level + 0.02, (255, 238, 224))
    return image


def stars_over_peaks(size: Size, random: Random) -> Image.Image:
    """A night full of stars above dark mountains."""
    image = sky(size, (6, 10, 30), (14, 28, 64), (40, 62, 108), (96, 110, 140))
    band = Image.new("L", size, 0)
    line = [(0.0, 0.62), (0.3, 0.4), (0.62, 0.2), (1.0, -0.05)]
    ImageDraw.Draw(band).line(pixels(line, size), fill=150, width=size[1] // 5, joint="curve")
    soft = band.resize((240, 160)).filter(ImageFilter.GaussianBlur(14)).resize(size)
    mask = ImageChops.multiply(soft, noise(size, random, contrast=1.6))
    image.paste((176, 186, 232), mask=mask)
    stars(image, random, 2600)
    ridges(image, random, [(0.8, 0.22), (0.96, 0.24)], (22, 32, 58), (6, 8, 18))
    return image
