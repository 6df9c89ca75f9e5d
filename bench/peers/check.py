"""How far an engine's output is from the true one.

`python -m doctest bench/peers/check.py` tests the test:

>>> truth = np.array([1.0, -2.0])
>>> largest_error(np.array([1.0, -2.0]), truth)
0.0
>>> largest_error(np.array([1.0, 2.0]), truth)
2.0
>>> largest_error(np.array([1.5, -2.0], np.float32), truth)
0.25
>>> largest_error(np.array([1.0, np.nan]), truth), largest_error(np.array([-np.inf, -2.0]), truth)
(inf, inf)
>>> largest_error(np.array([1.0]), truth), largest_error(np.array([[1.0, -2.0]]), truth)
(inf, inf)
"""

from __future__ import annotations

import math

import numpy as np

# Above what rounding gives in that arithmetic over some 30 layers (1e-6; 1e-4 with large Winograd
# tiles; bf16 2e-2), below what one wrong weight or unasked-for bf16 gives.
LIMITS = {"fp32": 1e-3, "bf16": 1e-1}


def largest_error(output: np.ndarray, expected: np.ndarray) -> float:
    """Largest difference over the largest true value; infinite for a wrong shape, NaN, infinity."""
    if output.shape != expected.shape or not np.isfinite(output).all():
        return math.inf
    return float(np.abs(output - expected).max() / np.abs(expected).max())
