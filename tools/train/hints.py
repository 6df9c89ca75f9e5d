"""Hints: what a teacher's decoder holds on the way, for the network to say by its own layers.

The colours alone tell a small network little of what things are; the teacher's features tell it at every
cell. A 1x1 convolution reads each of them off a layer of the network; it serves the training alone and is
no part of the network (Romero et al., FitNets, ICLR 2015, section 2.2).
"""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import nn

from network import Network
from teacher import WIDTHS, Teacher


class Pupil(nn.Module):
    """A network in training and the readers of its hints. `hints`: the layer of the network that shall
    tell the teacher's features, to their stride; a stride of 8 has features of a grid of an eighth. One
    layer a stride; a layer the network lacks, another stride or one named twice is a ValueError."""

    def __init__(self, network: Network | Teacher, hints: dict[str, int]):
        super().__init__()
        self.network, self.strides = network, hints
        self.readers = nn.ModuleDict()
        if not hints:
            return
        missing, strides = hints.keys() - network.widths.keys(), set(hints.values())
        if missing or strides - WIDTHS.keys() or len(strides) < len(hints):
            raise ValueError(f"hints = {hints}: found {missing or 'a stride unknown or named twice'}, expected layers "
                             f"of the network, each with its own stride of {sorted(WIDTHS)}")  # fmt: skip
        for layer, stride in hints.items():
            self.readers[layer] = nn.Conv2d(network.widths[layer], WIDTHS[stride], 1)

    def forward(self, lightness: torch.Tensor) -> tuple[torch.Tensor, dict[int, torch.Tensor]]:
        """L [N, 1, H, W] to the logits, and the features that each reader takes the teacher to have."""
        if not self.readers:
            return self.network(lightness), {}
        last = self.network.description.output
        outputs = self.network.outputs(lightness, {last, *self.strides})
        read = {stride: self.readers[layer](outputs[layer]) for layer, stride in self.strides.items()}
        return outputs[last], read


def unexplained(read: dict[int, torch.Tensor], features: dict[int, torch.Tensor]) -> torch.Tensor:
    """The share of the variance of the teacher's features [N, C, h, w], each channel's for itself, that
    `read` [N or 2N, C, h, w] misses; summed over the strides. 1 a stride is what one constant would miss."""
    total = torch.zeros(())
    for stride, guess in read.items():
        known = features[stride].float()
        known = functional.batch_norm(known, None, None, training=True, eps=1e-3)
        twins = len(guess) // len(known)
        total = total + (guess.float() - known.repeat(twins, 1, 1, 1)).square().mean()
    return total
