"""The proof that a model file carries: what PyTorch computes for every layer, in float64, of a small picture.

`ochre verify` replays it. The picture is the same in every file; what is kept of a layer's output is its shape, its
extremes, mean and root mean square, and values at evenly spread places.
"""

from __future__ import annotations

import torch

from network import Network

PROOF_HEIGHT, PROOF_WIDTH = 32, 48
PROOF_SAMPLES = 8


def proof_picture(channels: int, height: int, width: int) -> torch.Tensor:
    """A small L picture [1, channels, H, W], float64: gradients, a disc, a bar, a chequered corner.

    Whole multiples of 0.5 within 0...100, exact in every floating-point type. Channels after the
    first are the first one shifted, so that none is a copy of another.
    """
    y = torch.arange(height, dtype=torch.float64).unsqueeze(1)
    x = torch.arange(width, dtype=torch.float64).unsqueeze(0)
    value = 10 + 70 * x / (width - 1) + 15 * y / (height - 1)
    disc = (y - 0.4 * height) ** 2 + (x - 0.3 * width) ** 2 < (0.25 * height) ** 2
    value = torch.where(disc, 95 - 2 * y, value)
    bar = (x > 0.6 * width) & (x < 0.7 * width) & (y > 0.2 * height)
    value = torch.where(bar, 4 + 0 * value, value)
    corner = (y > 0.7 * height) & (x < 0.25 * width)
    value = torch.where(corner, 100 * ((x + y) % 2), value)
    lightness = (value.clamp(0, 100) * 2).round() / 2
    planes = [lightness.roll((3 * c, 5 * c), (0, 1)) for c in range(channels)]
    return torch.stack(planes).unsqueeze(0)


@torch.no_grad()
def proof(network: Network) -> dict:
    """What every layer of `network` gives for the proof picture, computed in float64."""
    network = network.double().eval()
    picture = proof_picture(network.description.input_channels, PROOF_HEIGHT, PROOF_WIDTH)
    layers = []
    for layer, output in network.layers(picture):
        flat = output.contiguous().flatten()
        last = PROOF_SAMPLES - 1
        places = [place * (len(flat) - 1) // last for place in range(PROOF_SAMPLES)]
        layers.append(
            {
                "name": layer.name,
                "shape": list(output.shape),
                "min": flat.min().item(),
                "max": flat.max().item(),
                "mean": flat.mean().item(),
                "rms": flat.square().mean().sqrt().item(),
                "samples": [[place, flat[place].item()] for place in places],
            }
        )
    return {
        "version": 1,
        "computed_by": f"PyTorch {torch.__version__.split('+')[0]}, float64",
        "input": {"shape": list(picture.shape), "values": picture.flatten().tolist()},
        "layers": layers,
    }
