"""Grounds as a camera on a wall sees them, drawn by the program: lawns crossed by roads, car parks, trees, houses and
the sky behind, shadows, cars, lamp posts and people on them.

Photographs seldom look down on a lawn beside asphalt, and a network that learned from photographs takes whichever
is smoother for grass. The colours are rough, their places are right.
"""

from __future__ import annotations

import numpy
import torch
from PIL import Image, ImageDraw, ImageFilter

from ab import rgb_from_lab
from neutral import SIDE, enlarged, uniform

AB = {  # least and most a and b at L = 50
    "lawn": ((-13, -6), (17, 30)),
    "tree": ((-12, -4), (10, 24)),
    "road": ((-1, 3), (-5, 4)),
    "brick": ((5, 14), (10, 24)),
    "concrete": ((-1, 3), (0, 8)),
    "sky": ((-4, 1), (-25, -3)),
}


class GroundPictures:
    """Picture `index`, a function of the index alone, uint8 RGB [256, 256, 3]; used as a Collection is."""

    shown = "grounds drawn by the program"

    def __len__(self) -> int:
        return 2**31

    def __getitem__(self, index: int) -> numpy.ndarray:
        random = numpy.random.default_rng((8, index))
        horizon = int(SIDE * uniform(random, -0.1, 0.5))
        top = max(0, horizon)  # of the ground
        lab = numpy.zeros((3, SIDE, SIDE), numpy.float32)
        if horizon > 0:
            draw_background(lab, horizon, random)
        draw_ground(lab, horizon, random)
        for _ in range(random.integers(4)):
            draw_shadow(lab, top, random)
        if random.random() < 0.5:
            draw_parked_cars(lab, top, random)
        for _ in range(random.integers(8)):
            draw_thing(lab, top, random)
        for _ in range(max(0, random.integers(-2, 3))):
            draw_lamp_post(lab, top, random)
        low = uniform(random, 0.5, 1)
        light = low + (1 - low) * cloud(random, 3)
        lab *= light  # lab is even in L, so that shade takes colour with it
        return rgb_from_lab(torch.from_numpy(lab).unsqueeze(0))[0].numpy()


def cloud(random, cells: int) -> numpy.ndarray:
    """Smooth noise 0...1 [SIDE, SIDE] of so many cells a side."""
    return enlarged(random.random((cells, cells)))


def paint(lab: numpy.ndarray, where: numpy.ndarray, lightness, material: str, random) -> None:
    """Sets L, a map or a number, and the material's ab, stronger the lighter, where `where` is true."""
    a, b = (uniform(random, *limits) for limits in AB[material])
    lightness = numpy.broadcast_to(lightness, where.shape)[where]
    lab[0][where] = lightness
    lab[1][where] = a * lightness / 50
    lab[2][where] = b * lightness / 50


def grain(random, strength: float) -> numpy.ndarray:
    """Noise of mean 0 in L, fine and less fine."""
    fine = random.standard_normal((SIDE, SIDE))
    return strength * (fine + 4 * (cloud(random, 110) - 0.5) + 2 * (cloud(random, 30) - 0.5))


def draw_ground(lab: numpy.ndarray, horizon: int, random) -> None:
    """A lawn, up to three roads and often a paved yard before what stands on the horizon, with kerbs and lines."""
    y, x = numpy.mgrid[0:SIDE, 0:SIDE].astype(numpy.float32)
    below = y >= horizon
    far = 60 / numpy.maximum(1, y - horizon + 8)  # in heights of the camera
    right = (x - SIDE * uniform(random, 0.2, 0.8)) / 100 * far
    lawn, road = uniform(random, 25, 65), uniform(random, 30, 75)
    if random.random() < 0.7:  # under one light worn asphalt is as light as grass or lighter
        road = min(85, lawn * uniform(random, 1, 1.5))
    rough, smooth = uniform(random, 0.6, 3.5), uniform(random, 0.2, 2.2)  # worn asphalt is as rough as a lawn
    mottled = lawn + grain(random, rough) + uniform(random, 0, 12) * (cloud(random, 12) - 0.5)
    paint(lab, below, mottled, "lawn", random)
    asphalt = road + grain(random, smooth) + uniform(random, 0, 9) * (cloud(random, 8) - 0.5)
    kerb = uniform(random, 60, 95)

    def pave(edged: numpy.ndarray, paved: numpy.ndarray) -> None:
        paint(lab, below & edged, kerb if random.random() < 0.5 else asphalt, "concrete", random)
        paint(lab, below & paved, asphalt, "road", random)

    yard = random.random() < 0.5
    if yard:
        edge = far + uniform(random, -0.3, 0.3) * right - 60 / uniform(random, 20, 130)
        pave(edge > -0.04, edge > 0)
    for _ in range(random.integers(0, 3) if yard else random.integers(1, 4)):
        angle, bend = uniform(random, 0, numpy.pi), uniform(random, -0.5, 0.5)
        middle = right * numpy.cos(angle) + far * numpy.sin(angle) - uniform(random, -0.5, 1.5)
        middle = numpy.abs(middle + bend * numpy.sin(2 * far + right))
        width = uniform(random, 0.1, 0.6)
        pave(middle < width * 1.05, middle < width)
        if random.random() < 0.3:
            paint(lab, below & (middle < 0.02), uniform(random, 70, 98), "concrete", random)


def draw_background(lab: numpy.ndarray, horizon: int, random) -> None:
    """Sky with clouds, then trees and houses that stand on the horizon."""
    y, x = numpy.mgrid[0:SIDE, 0:SIDE]
    clouds = numpy.clip(2 * (cloud(random, 7) + 0.4 * cloud(random, 25) - uniform(random, 0.4, 1)), 0, 1)
    paint(lab, y < horizon, uniform(random, 60, 85), "sky", random)
    lab[0] += (y < horizon) * clouds * (97 - lab[0])
    lab[1:] *= 1 - 0.9 * clouds * (y < horizon)
    for _ in range(random.integers(1, 6)):
        left, top = int(uniform(random, -60, SIDE)), horizon - int(uniform(random, 8, 0.9 * max(9, horizon)))
        right, foot = left + int(uniform(random, 20, 200)), horizon + int(uniform(random, 0, 12))
        if random.random() < 0.5:
            edge = 14 * (cloud(random, 24)[0] - 0.5) + ((numpy.arange(SIDE) - (left + right) / 2) / 12) ** 2 / 4
            leaves = (x >= left) & (x < right) & (y >= top + edge) & (y < foot)
            paint(lab, leaves, uniform(random, 15, 40) + grain(random, 5), "tree", random)
            continue
        gable = uniform(random, 0.2, 0.7) * numpy.abs(x - (left + right) / 2) if random.random() < 0.4 else 0
        house = (x >= left) & (x < right) & (y >= top + gable) & (y < foot)
        courses = uniform(random, 0, 3) * (y % int(uniform(random, 3, 7)) == 0)  # of bricks or slabs
        wall = uniform(random, 25, 75) + grain(random, uniform(random, 0.3, 2)) + courses
        paint(lab, house, wall, ("brick", "brick", "concrete")[random.integers(3)], random)
        step = int(uniform(random, 10, 22))
        panes = house & ((x - left) % step > step * 0.5) & ((y - top) % step > step * 0.45)
        paint(lab, panes, uniform(random, 8, 40), "sky", random)


def draw_shadow(lab: numpy.ndarray, top: int, random) -> None:
    """A soft dark shape on the ground."""
    image = Image.new("L", (SIDE, SIDE), 255)
    x, y = uniform(random, -30, SIDE), uniform(random, top, SIDE)
    corners = [(x + uniform(random, -70, 70), y + uniform(random, -14, 14)) for _ in range(random.integers(3, 8))]
    ImageDraw.Draw(image).polygon(corners, int(uniform(random, 90, 200)))
    shade = numpy.asarray(image.filter(ImageFilter.GaussianBlur(uniform(random, 0.5, 2)))) / 255
    shade = numpy.where(numpy.arange(SIDE)[:, None] < top, 1, shade)
    lab *= shade.astype(numpy.float32)


def size_at(y: float, top: int) -> float:
    """The height in pixels of what stands at y, the larger the nearer."""
    return 4 + 0.16 * max(0, y - top)


def draw_thing(lab: numpy.ndarray, top: int, random) -> None:
    """A person or a car, larger the nearer: dark, light or coloured."""
    x, y = uniform(random, 0, SIDE), uniform(random, top, SIDE)
    size = size_at(y, top)
    if random.random() < 0.5:
        draw_car(lab, x, y, size, random)
        return
    for foot, tall in ((y, 0.6), (y - 0.45 * size, 0.55)):  # trousers or a skirt, then coat and head
        image = Image.new("L", (SIDE, SIDE))
        ImageDraw.Draw(image).rounded_rectangle((x, foot - tall * size, x + 0.35 * size, foot), size / 6, 255)
        paint_thing(lab, numpy.asarray(image) > 0, random)


def draw_parked_cars(lab: numpy.ndarray, top: int, random) -> None:
    """A row of cars side by side."""
    x, y = uniform(random, -60, SIDE * 0.7), uniform(random, top + 4, top + 0.6 * (SIDE - top))
    slope = uniform(random, -0.15, 0.15)
    for _ in range(random.integers(3, 13)):
        size = size_at(y, top)
        draw_car(lab, x, y, size, random)
        gap = size * uniform(random, 1.7, 2.8)
        x, y = x + gap, y + slope * gap


def draw_car(lab: numpy.ndarray, x: float, y: float, size: float, random) -> None:
    """A car whose wheels stand at y, left end x, `size` tall and twice as long, from the side: shadow, body, panes."""
    long = size * uniform(random, 1.6, 2.4)
    front, back = sorted(uniform(random, 0, 0.45) for _ in range(2))
    parts = Image.new("L", (SIDE, SIDE))
    draw = ImageDraw.Draw(parts)

    def along(share: float, up: float) -> tuple[float, float]:
        return x + share * long, y - up * size

    draw.ellipse((*along(-0.05, 0.15), *along(1.05, -0.12)), 1)
    draw.polygon([along(back * 0.5, 0.5), along(back, 1), along(1 - front, 1), along(1 - front * 0.4, 0.5)], 2)
    draw.rounded_rectangle((*along(0, 0.6), *along(1, 0.12)), size / 8, 2)
    draw.polygon([along(back, 0.6), along(back + 0.05, 0.92), along(0.95 - front, 0.92), along(1 - front, 0.6)], 3)
    for wheel in (0.2, 0.8):
        draw.ellipse((*along(wheel - 0.11, 0.3), *along(wheel + 0.11, -0.02)), 4)
    parts = numpy.asarray(parts)
    lab[:, parts == 1] *= 0.4
    paint_thing(lab, parts == 2, random)
    for part, lightness in ((3, uniform(random, 8, 40)), (4, uniform(random, 5, 25))):
        lab[:, parts == part] = numpy.array([[lightness], [0], [-0.05 * lightness]])


def draw_lamp_post(lab: numpy.ndarray, top: int, random) -> None:
    """A thin grey line upwards from the ground."""
    x, foot = int(uniform(random, 0, SIDE)), int(uniform(random, top, SIDE))
    tall = int((20 + 0.8 * (foot - top)) * uniform(random, 0.8, 2))
    post = lab[:, max(0, foot - tall) : foot, x : x + random.integers(1, 4)]
    post[0], post[1:] = uniform(random, 15, 90), 0


def paint_thing(lab: numpy.ndarray, where: numpy.ndarray, random) -> None:
    """One lightness and one colour, seldom a strong one."""
    lab[0][where] = uniform(random, 8, 85)
    lab[1:, where] = 25 * random.random() ** 2 * random.standard_normal((2, 1))
