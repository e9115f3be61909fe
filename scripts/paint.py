"""Skies, ridges, towers and waves, painted by Pillow alone.

Points count from the upper left corner: 1 is the whole width, or the whole height.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import pi, sin
from random import Random
from typing import TypeAlias

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

Size: TypeAlias = tuple[int, int]
Colour: TypeAlias = tuple[int, int, int]
Point: TypeAlias = tuple[float, float]

SHARP = 2  # shapes are drawn so many times larger, then reduced: smooth edges
WARM = ((255, 214, 140), (255, 190, 105), (255, 236, 190), (190, 214, 255))


def sky(size: Size, *colours: Colour) -> Image.Image:
    """Paint a gradient from top to bottom."""
    strip = Image.new("RGB", (1, len(colours)))
    for y, colour in enumerate(colours):
        strip.putpixel((0, y), colour)
    return strip.resize((8, size[1]), Image.Resampling.BICUBIC).resize(size)


def noise(size: Size, random: Random, *, contrast: float, stretch: int = 2) -> Image.Image:
    """Paint grey shapes like clouds, in six layers of finer and finer detail."""
    small = (600, 400)
    sum_of = Image.new("L", small, 128)
    for octave, share in enumerate((0.7, 0.42, 0.28, 0.2, 0.14, 0.1)):
        across, down = 2 * 2**octave, 2 * stretch * 2**octave
        layer = Image.frombytes("L", (across, down), random.randbytes(across * down))
        sum_of = Image.blend(sum_of, layer.resize(small, Image.Resampling.BICUBIC), share)
    curve = [max(0, min(255, round((value - 128) * contrast + 128))) for value in range(256)]
    return sum_of.point(curve).resize(size, Image.Resampling.BICUBIC)


def clouds(image: Image.Image, random: Random, colour: Colour, *, amount: float) -> None:
    """Paint thin clouds, fewer towards the horizon."""
    fading = Image.linear_gradient("L").transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    mask = ImageChops.multiply(
        noise(image.size, random, contrast=3.2, stretch=3),
        fading.resize(image.size).point([round(value * amount) for value in range(256)]),
    )
    image.paste(colour, mask=mask)


def bank(image: Image.Image, random: Random, level: float, colour: Colour) -> None:
    """Paint a bank of clouds whose upper edge is at ``level``."""
    width, height = image.size
    edge = Image.new("L", image.size, 0)
    top, full = round(level * height), round((level + 0.12) * height)
    ramp = Image.linear_gradient("L").resize((width, full - top))
    edge.paste(ramp, (0, top))
    edge.paste(255, (0, full, width, height))
    cloudy = ImageChops.screen(noise(image.size, random, contrast=2.4), edge.point(lambda v: v / 2))
    image.paste(colour, mask=ImageChops.multiply(edge, cloudy))


def glow(
    image: Image.Image, centre: Point, radius: float, colour: Colour, *, strength: float = 0.9
) -> None:
    """Lighten around a light; ``radius`` in widths."""
    fall = [round(255 * strength * max(0, 1 - value / 180) ** 2) for value in range(256)]
    reach = round(radius * image.width)
    mask = Image.radial_gradient("L").point(fall).resize((2 * reach, 2 * reach))
    x, y = round(centre[0] * image.width), round(centre[1] * image.height)
    image.paste(colour, (x - reach, y - reach, x + reach, y + reach), mask)


def disc(image: Image.Image, centre: Point, radius: float, colour: Colour) -> None:
    """Paint a sun or a moon; ``radius`` in widths."""
    reach = round(radius * image.width)
    mask = Image.new("L", (8 * reach, 8 * reach), 0)
    ImageDraw.Draw(mask).ellipse((4, 4, 8 * reach - 4, 8 * reach - 4), fill=255)
    x, y = round(centre[0] * image.width), round(centre[1] * image.height)
    box = (x - reach, y - reach, x + reach, y + reach)
    image.paste(colour, box, mask.resize((2 * reach, 2 * reach), Image.Resampling.BOX))


def stars(image: Image.Image, random: Random, count: int) -> None:
    """Paint stars, most of them faint."""
    draw = ImageDraw.Draw(image)
    for _ in range(count):
        x, y = random.random() * image.width, random.random() ** 1.3 * image.height * 0.9
        light = round(110 + 145 * random.random() ** 4)
        reach = 0.6 if light < 200 else 1.4
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=(light, light, light))


def shape(image: Image.Image, outlines: Sequence[Sequence[Point]], colour: Colour) -> None:
    """Fill outlines with smooth edges."""
    image.paste(colour, mask=_mask(image.size, outlines))


def ridges(
    image: Image.Image,
    random: Random,
    layers: Sequence[Point],
    far: Colour,
    near: Colour,
    *,
    shade: Colour | None = None,
) -> list[Point]:
    """Paint mountains, far ones first; a layer is its level and its height. Return the last crest.

    Downwards they fade into ``shade``.
    """
    crest: list[Point] = []
    for number, (level, height) in enumerate(layers):
        colour = mixed(far, near, number / max(1, len(layers) - 1))
        crest = _crest(random, level, height)
        fill = sky(image.size, *[colour] * 2, mixed(colour, shade or near, 0.75))
        top = round(min(y for _, y in crest) * image.height)
        fill = fill.resize((image.width, max(1, image.height - top)))
        mask = _mask(image.size, [[*crest, (1.1, 1.1), (-0.1, 1.1)]])
        image.paste(fill, (0, top), mask.crop((0, top, *image.size)))
    return crest


def wall(image: Image.Image, crest: Sequence[Point], light: Colour, dark: Colour) -> None:
    """Paint a wall with battlements and towers along a crest."""
    ratio = image.width / image.height
    thick = 0.016
    path = [(x, y - 0.004) for x, y in crest]
    shape(image, [[*path, *[(x, y + thick) for x, y in reversed(path)]]], light)
    teeth = [(x + k * 0.0065, y) for x, y in path[::2] for k in (0, 1)]
    shape(image, [box(x, y - 0.006, 0.0034, 0.01) for x, y in teeth], light)
    towers, wide = path[10::32], 0.03
    shape(
        image, [box(x - wide / 2, y - 0.035, wide, 0.035 * ratio + 0.01) for x, y in towers], light
    )
    roofs = [box(x - wide * 0.62, y - 0.042, wide * 1.24, 0.012) for x, y in towers]
    doors = [
        box(x + wide * (k - 0.55), y - 0.012, 0.005, 0.018) for x, y in towers for k in (0.3, 0.7)
    ]
    shape(image, roofs + doors, dark)


def skyline(
    image: Image.Image, random: Random, ground: float, colour: Colour, *, lit: float, tall: float
) -> None:
    """Paint towers along a shore; ``lit`` is the share of windows with light in them."""
    towers: list[tuple[float, float, float]] = []  # left, width, height
    left = -0.02
    while left < 1.02:
        width = random.uniform(0.022, 0.06)
        towers.append((left, width, tall * random.triangular(0.25, 1.0, 0.45)))
        left += width * random.uniform(0.8, 1.15)
    outlines = [box(x, ground - h, w, h + 0.01) for x, w, h in towers]
    outlines += [box(x + w * 0.45, ground - h * 1.12, w * 0.06, h * 0.2) for x, w, h in towers[::3]]
    outlines.append(_landmark(random.uniform(0.28, 0.36), ground, tall * 1.6, image.size))
    shape(image, outlines, colour)
    if lit:
        _light_windows(image, random, ground, towers, lit)


def water(image: Image.Image, horizon: float, colour: Colour) -> Image.Image:
    """Mirror what is above the horizon in rippled water below it."""
    width, height = image.size
    edge = round(horizon * height)
    depth = height - edge
    above = image.crop((0, max(0, edge - round(depth * 1.5)), width, edge))
    mirror = above.resize((width, depth)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    mirror = Image.blend(
        mirror.filter(ImageFilter.BoxBlur(3)), Image.new("RGB", mirror.size, colour), 0.32
    )
    y = 0
    while y < depth:
        near = y / depth
        strip = max(2, round(2 + 14 * near))
        shift = round((3 + 26 * near) * sin(y / (4 + 16 * near)) + 8 * near * sin(y * 1.7))
        row = mirror.crop((0, y, width, min(depth, y + strip)))
        row = ImageEnhance.Brightness(row).enhance(1 + 0.09 * sin(y / (3 + 9 * near)))
        image.paste(ImageChops.offset(row, shift, 0), (0, edge + y))
        y += strip
    return image


def boat(image: Image.Image, foot: Point, height: float) -> None:
    """Paint a sailing boat; ``height`` of its mast in picture heights."""
    x, y = foot
    wide = height * 0.36
    shape(
        image,
        [[(x, y - height), (x, y - 0.02 * height), (x - wide, y - 0.02 * height)]],
        (252, 250, 244),
    )
    jib = [(x + 0.01 * wide, y - 0.86 * height), (x + 0.62 * wide, y - 0.04 * height)]
    shape(image, [[*jib, (x + 0.04 * wide, y - 0.04 * height)]], (232, 92, 74))
    hull = [(x - 1.05 * wide, y), (x + 0.8 * wide, y), (x + 0.5 * wide, y + 0.09 * height)]
    shape(image, [[*hull, (x - 0.8 * wide, y + 0.09 * height)]], (36, 58, 92))


def beach(image: Image.Image, random: Random, level: float, colour: Colour) -> None:
    """Paint the sand in front, with a line of foam."""
    phase = random.uniform(0, pi)
    line = [(x / 60, level + 0.02 * sin(x / 9 + phase) + 0.008 * sin(x / 3)) for x in range(-1, 62)]
    shape(image, [[*line, (1.1, 1.1), (-0.1, 1.1)]], mixed(colour, (255, 255, 255), 0.55))
    dry = [(x, y + 0.014) for x, y in line]
    shape(image, [[*dry, (1.1, 1.1), (-0.1, 1.1)]], colour)


def trees(image: Image.Image, random: Random, level: float, colour: Colour) -> None:
    """Paint a row of firs."""
    outlines = []
    for _ in range(46):
        x, height = random.uniform(-0.02, 1.02), random.uniform(0.05, 0.16)
        foot = level + random.uniform(0.0, 0.09)
        for part in (0.0, 0.28, 0.52):
            wide = 0.016 * (0.5 + part) * height / 0.1
            top, bottom = foot - height * (1 - part), foot - height * (0.55 - part)
            outlines.append([(x, top), (x + wide, bottom), (x - wide, bottom)])
    shape(
        image,
        [*outlines, [(-0.1, level + 0.06), (1.1, level + 0.05), (1.1, 1.1), (-0.1, 1.1)]],
        colour,
    )


def grain(image: Image.Image, random: Random) -> Image.Image:
    """Add a little noise, as a sensor does; it also hides the steps of the gradients."""
    width, height = image.size
    fine = Image.frombytes("L", image.size, random.randbytes(width * height))
    fine = fine.point([124 + value * 9 // 256 for value in range(256)])
    return ImageChops.add(image, Image.merge("RGB", [fine] * 3), 1, -128)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """Return a colour between two."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _crest(random: Random, level: float, height: float) -> list[Point]:
    """Return a rugged line from left to right by midpoint displacement."""
    heights = [random.uniform(0, 0.6), random.uniform(0.3, 1.0), random.uniform(0, 0.6)]
    reach = 0.42
    while len(heights) < 250:
        between = [(a + b) / 2 + random.uniform(-reach, reach) for a, b in pairwise(heights)]
        heights = [v for pair in zip(heights, between, strict=False) for v in pair] + heights[-1:]
        reach *= 0.53
    last = len(heights) - 1
    return [(-0.02 + 1.04 * i / last, level - height * value) for i, value in enumerate(heights)]


def _landmark(x: float, ground: float, height: float, size: Size) -> list[Point]:
    """Return a television tower of a needle and two balls, as one outline."""
    squeeze = size[1] / size[0]
    outline = []
    for step in range(201):
        t = step / 200  # from the foot up
        half = 0.0115 * (1 - t) + 0.0012
        for middle, radius in ((0.28, 0.085), (0.64, 0.058)):
            inside = radius**2 - (t - middle) ** 2
            half = max(half, squeeze * height * inside**0.5 if inside > 0 else 0)
        outline.append((half, ground - t * height))
    return [(x - half, y) for half, y in outline] + [(x + half, y) for half, y in reversed(outline)]


def _light_windows(
    image: Image.Image,
    random: Random,
    ground: float,
    towers: Sequence[tuple[float, float, float]],
    lit: float,
) -> None:
    draw = ImageDraw.Draw(image)
    width, height = image.size
    for left, wide, tall in towers:
        colour = random.choice(WARM)
        for x in range(round(left * width) + 6, round((left + wide) * width) - 8, 11):
            for y in range(round((ground - tall) * height) + 8, round(ground * height) - 8, 14):
                if random.random() < lit:
                    tone = mixed(colour, (90, 70, 60), random.random() * 0.7)
                    draw.rectangle((x, y, x + 4, y + 6), fill=tone)


def box(x: float, y: float, width: float, height: float) -> list[Point]:
    """Return the corners of a rectangle."""
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def _mask(size: Size, outlines: Sequence[Sequence[Point]]) -> Image.Image:
    large = (size[0] * SHARP, size[1] * SHARP)
    mask = Image.new("L", large, 0)
    draw = ImageDraw.Draw(mask)
    for outline in outlines:
        draw.polygon(pixels(outline, large), fill=255)
    return mask.reduce(SHARP)


def pixels(points: Sequence[Point], size: Size) -> list[tuple[float, float]]:
    """Return points in pixels."""
    return [(x * size[0], y * size[1]) for x, y in points]
