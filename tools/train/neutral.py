"""Pictures that have no colour, made by the program: pages of text, notes, plots, ramps, charts.

Photographs hardly ever show them, and a network that never saw one paints paper like skin or sky. Their
true ab is 0 everywhere.
"""

from __future__ import annotations

import numpy
from PIL import Image, ImageDraw, ImageFilter, ImageFont

LETTERS = numpy.array(list("etaoinshrdlucmfwypvbgkETAOINSHRDL0123456789,.;:-()"))
SIDE = 256


class NeutralPictures:
    """Picture `index`, a function of the index alone, uint8 RGB [256, 256, 3]; used as a Collection is."""

    shown = "pages, plots and ramps"

    def __len__(self) -> int:
        return 2**31

    def __getitem__(self, index: int) -> numpy.ndarray:
        random = numpy.random.default_rng((7, index))
        make = (page, page, notes, notes, notes, plot, ramp, ramp, chart)[random.integers(9)]
        picture = lit(make(random), random)
        return numpy.repeat(picture[..., None], 3, axis=2)


def uniform(random, low: float, high: float) -> float:
    return low + (high - low) * random.random()


def enlarged(noise: numpy.ndarray) -> numpy.ndarray:
    """A small map as a smooth one, float32 [SIDE, SIDE]."""
    image = Image.fromarray(noise.astype(numpy.float32))
    return numpy.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def words(random, letters: int) -> str:
    """About `letters` letters of text that no language has."""
    text = "".join(random.choice(LETTERS, letters))
    spaces = numpy.cumsum(random.integers(2, 9, letters // 4))
    return "".join(" " if place in spaces else letter for place, letter in enumerate(text))


def paper_and_ink(random) -> tuple[int, int]:
    """Levels of 255; one page in six is light on dark, as screens are."""
    paper, ink = int(uniform(random, 170, 256)), int(uniform(random, 0, 90))
    return (ink, paper) if random.random() < 1 / 6 else (paper, ink)


def page(random) -> numpy.ndarray:
    """Lines of text in one or two columns, some with a heading and a figure; a little askew."""
    paper, ink = paper_and_ink(random)
    image = Image.new("L", (SIDE, SIDE), paper)
    draw = ImageDraw.Draw(image)
    size = int(uniform(random, 6, 9) ** uniform(random, 1, 1.5))
    font = ImageFont.load_default(size)
    columns = 1 if size > 12 else int(random.integers(1, 3))
    margin = int(uniform(random, 0, 30))
    width = (SIDE - 2 * margin) // columns
    for column in range(columns):
        left, y = margin + column * width, int(uniform(random, -20, 40))
        if random.random() < 0.4:
            draw.text((left, y), words(random, 14), ink, ImageFont.load_default(2 * size))
            y += 3 * size
        while y < SIDE - margin:
            if random.random() < 0.03:
                height = int(uniform(random, 30, 90))
                figure = Image.fromarray(plot(random)).resize((max(8, width - 8), height))
                image.paste(figure, (left, y))
                y += height + size
            short = uniform(random, 0.2, 1) if random.random() < 0.15 else 1.0
            letters = max(4, int(short * (width - 6) / (0.56 * size)))
            draw.text((left, y), words(random, letters), ink, font)
            y += int(1.4 * size)
    return numpy.asarray(image.rotate(uniform(random, -6, 6), Image.Resampling.BILINEAR, fillcolor=paper))


def notes(random) -> numpy.ndarray:
    """Handwriting, as far as a wandering pen is one, on plain or ruled paper, near or far, askew."""
    paper = int(uniform(random, 90, 255))
    ink, rule = int(paper * uniform(random, 0, 0.6)), int(paper * uniform(random, 0.3, 0.95))
    side = 2 * SIDE
    image = Image.new("L", (side, side), paper)
    draw = ImageDraw.Draw(image)
    size, pen, gap = uniform(random, 12, 70), uniform(random, 1, 5), uniform(random, 0.5, 2)
    ruled = random.random() < 0.6
    shortest, longest = ((3, 8), (6, 40))[random.integers(2)]  # single signs or words
    for y in numpy.arange(size, side, 1.6 * size):
        if ruled:
            draw.line((0, y, side, y), rule, max(1, int(pen / 2)))
        x = 0.0
        while x < side:
            points = random.standard_normal((int(random.integers(shortest, longest)), 2))
            points = numpy.cumsum(points, 0) * (0.15, 0.05) + (0, -0.3) + points * (0.1, 0.25)
            points[:, 0] += 0.15 * numpy.arange(len(points))
            steps = numpy.linspace(0, len(points) - 1, 6 * len(points))
            curve = [numpy.interp(steps, numpy.arange(len(points)), column) for column in points.T]
            curve = [numpy.convolve(column, numpy.full(9, 1 / 9), "valid") for column in curve]
            right = x + size * (curve[0] - curve[0].min())
            draw.line([*zip(right, y + size * curve[1])], ink, max(1, int(pen)), joint="curve")
            x = right.max() + size * uniform(random, 0.3, gap)
    image = image.rotate(uniform(random, -40, 40), Image.Resampling.BILINEAR, fillcolor=paper)
    if random.random() < 0.5:
        image = from_the_side(worn(image, random), random)
    middle = numpy.asarray(image.crop((SIDE // 2, SIDE // 2, 3 * SIDE // 2, 3 * SIDE // 2)))
    return numpy.clip(middle + fibres(random), 0, 255).astype(numpy.uint8)


def fibres(random) -> numpy.ndarray:
    """The relief of rough paper and the noise of a camera, in levels of 255: grain of several sizes, longer one way."""
    total = numpy.zeros((SIDE, SIDE))
    for across, along in ((1, 1), (2, 2), (2, 5), (4, 8)):
        total += enlarged(random.standard_normal((SIDE // across, SIDE // along))) * uniform(random, 0, 5)
    return total if random.random() < 0.5 else total.T


def worn(image: Image.Image, random) -> Image.Image:
    """Darkened by some blots and by what shows through from the other side."""
    blots = Image.fromarray((255 * random.random((24, 24)) ** 4).astype(numpy.uint8))
    through = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).filter(ImageFilter.GaussianBlur(6))
    stain = numpy.asarray(blots.resize(image.size, Image.Resampling.BICUBIC)) / 255
    share = uniform(random, 0, 0.4)
    shown = numpy.asarray(image) * (1 - share * stain) * (1 - share + share * numpy.asarray(through) / 255)
    return Image.fromarray(shown.astype(numpy.uint8))


def from_the_side(image: Image.Image, random) -> Image.Image:
    """Of the same size, as a camera held low sees it: the far end, at any side, looks smaller."""
    side, inset = image.width, uniform(random, 0.1, 0.35)
    near, far = 0.0, 1.0 - uniform(random, 0, 0.5)
    corners = [(inset, near), (0, far), (1, far), (1 - inset, near)]  # of the part that fills the picture
    turned = image.rotate(90 * int(random.integers(4)))
    quad = [side * value for corner in corners for value in corner]
    return turned.transform(image.size, Image.Transform.QUAD, quad, Image.Resampling.BILINEAR)


def plot(random) -> numpy.ndarray:
    """Axes with curves, bars or dots."""
    paper, ink = paper_and_ink(random)
    image = Image.new("L", (SIDE, SIDE), paper)
    draw = ImageDraw.Draw(image)
    left, bottom = int(uniform(random, 10, 50)), SIDE - int(uniform(random, 10, 50))
    if random.random() < 0.4:
        for line in range(left, SIDE, int(uniform(random, 15, 50))):
            draw.line((line, 0, line, bottom), (paper + ink) // 2)
            draw.line((left, line - left, SIDE, line - left), (paper + ink) // 2)
    draw.line((left, 0, left, bottom, SIDE, bottom), ink, int(random.integers(1, 4)))
    for _ in range(random.integers(1, 4)):
        x = numpy.linspace(left, SIDE, int(random.integers(8, 60)))
        y = bottom * (0.5 + numpy.cumsum(random.standard_normal(len(x))) / len(x))
        shade, kind = int(random.integers(256)), random.integers(3)
        if kind == 0:
            draw.line([*zip(x, y)], shade, int(random.integers(1, 5)))
        for left_edge, height in zip(x, y) if kind == 1 else ():
            draw.rectangle((left_edge, min(height, bottom), left_edge + 200 / len(x), bottom), shade)
        for place in zip(x, y) if kind == 2 else ():
            draw.ellipse((place[0] - 3, place[1] - 3, place[0] + 3, place[1] + 3), shade)
    return numpy.asarray(image)


def ramp(random) -> numpy.ndarray:
    """A gradient, linear or radial, smooth or in steps."""
    y, x = numpy.mgrid[0:SIDE, 0:SIDE] / (SIDE - 1)
    angle = random.choice((0, 0.5, 1, 1.5, uniform(random, 0, 2))) * numpy.pi
    value = (x - 0.5) * numpy.cos(angle) + (y - 0.5) * numpy.sin(angle) + 0.5
    if random.random() < 0.3:
        value = numpy.hypot(x - random.random(), y - random.random())
    if random.random() < 0.4:
        steps = int(random.integers(2, 20))
        value = numpy.floor(value * steps) / steps
    low, high = uniform(random, 0, 160), uniform(random, 95, 255)
    return numpy.clip(low + (high - low) * value, 0, 255).astype(numpy.uint8)


def chart(random) -> numpy.ndarray:
    """Chequers, bars, gratings or patches of plain greys."""
    y, x = numpy.mgrid[0:SIDE, 0:SIDE]
    cell, kind = uniform(random, 4, 64), random.integers(4)
    low, high = uniform(random, 0, 120), uniform(random, 120, 255)
    if kind == 0:
        share = (x // cell + y // cell) % 2
    elif kind == 1:
        share = (x // cell) % 2
    elif kind == 2:
        share = 0.5 + 0.5 * numpy.sin(2 * numpy.pi * x / cell)
    else:
        share = random.random((65, 65))[(y // cell).astype(int), (x // cell).astype(int)]
    value = low + (high - low) * share
    return (value.T if random.random() < 0.5 else value).astype(numpy.uint8)


def lit(picture: numpy.ndarray, random) -> numpy.ndarray:
    """As scanned, or as photographed: uneven light, a soft lens."""
    if random.random() < 0.5:
        return picture
    light = Image.fromarray((255 * random.random((3, 3))).astype(numpy.uint8))
    smooth = numpy.asarray(light.resize(picture.shape[::-1], Image.Resampling.BICUBIC)) / 255
    darkest = uniform(random, 0.2, 1)
    image = Image.fromarray((picture * (darkest + (1 - darkest) * smooth)).astype(numpy.uint8))
    return numpy.asarray(image.filter(ImageFilter.GaussianBlur(uniform(random, 0, 1.5))))
