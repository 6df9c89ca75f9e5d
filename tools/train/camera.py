"""What a camera and its recorder do to a grey picture, each time by chance.

Applied to what the network sees; the colours to be learned stay those of the clean picture.
"""

from __future__ import annotations

import io

import numpy
from PIL import Image

_LEVELS = numpy.arange(256) / 255
_LINEAR = numpy.where(_LEVELS > 0.04045, ((_LEVELS + 0.055) / 1.055) ** 2.4, _LEVELS / 12.92).astype(numpy.float32)
_LUMINANCE = numpy.array((0.212671, 0.715160, 0.072169), numpy.float32)  # the Y of ab.py's RGB_TO_XYZ
_FINE = numpy.arange(4097) / 4096
_ENCODED = numpy.rint(
    255 * numpy.where(_FINE > 0.0031308, 1.055 * numpy.maximum(_FINE, 1e-9) ** (1 / 2.4) - 0.055, 12.92 * _FINE)
)  # of luminance in 4096ths: at its steepest 3 levels a step, so dark values are worked out exactly


def gray_of(rgb: numpy.ndarray) -> numpy.ndarray:
    """The grey picture uint8 [H, W] of the lightness of uint8 RGB [H, W, 3]."""
    luminance = _LINEAR[rgb] @ _LUMINANCE
    dark = luminance < 0.02
    gray = _ENCODED[numpy.rint(luminance * 4096).astype(numpy.int32)]
    y = luminance[dark]
    gray[dark] = numpy.rint(255 * numpy.where(y > 0.0031308, 1.055 * y ** (1 / 2.4) - 0.055, 12.92 * y))
    return gray.astype(numpy.uint8)


def _resized(gray: numpy.ndarray, scale: float) -> numpy.ndarray:
    """Down by `scale` and back: fine detail is lost, as on a small sensor or behind a soft lens."""
    picture = Image.fromarray(gray)
    size = [max(8, round(side * scale)) for side in picture.size]
    small = picture.resize(size, Image.Resampling.BOX if scale < 0.75 else Image.Resampling.BILINEAR)
    return numpy.asarray(small.resize(picture.size, Image.Resampling.BILINEAR))


def _coded(gray: numpy.ndarray, quality: int) -> numpy.ndarray:
    stream = io.BytesIO()
    Image.fromarray(gray).save(stream, "JPEG", quality=quality)
    return numpy.asarray(Image.open(stream))


def disturbed(gray: numpy.ndarray, random: numpy.random.Generator) -> numpy.ndarray:
    """uint8 [H, W] to the same: exposure, contrast, lost detail, noise, JPEG."""

    def uniform(low: float, high: float) -> float:
        return low + (high - low) * random.random()

    levels = numpy.arange(256) / 255
    if random.random() < 0.5:  # exposure
        levels = levels ** (2 ** uniform(-1, 1))
    if random.random() < 0.3:  # fog, or a monitor's black level
        levels = (levels - 0.5) * uniform(0.4, 1.1) + 0.5 + uniform(-0.15, 0.15)
    curve = numpy.clip(numpy.rint(255 * levels), 0, 255).astype(numpy.uint8)
    gray = curve[gray]
    if random.random() < 0.4:
        gray = _resized(gray, uniform(0.3, 0.8))
    if random.random() < 0.5:
        noise = random.standard_normal(gray.shape, numpy.float32) * uniform(0, 15)
        gray = numpy.clip(numpy.rint(gray + noise), 0, 255).astype(numpy.uint8)
    if random.random() < 0.4:
        gray = _coded(gray, int(uniform(15, 90)))
    return gray
