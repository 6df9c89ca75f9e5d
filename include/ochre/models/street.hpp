// The network of the embedded model: the VGG-style colorizer of Yao & Xia / Zhang et al. (ECCV 2016, Table 4 of the
// supplement) at a quarter of its width, with a batch norm after every convolution (conv, norm, ReLU).
// Input: lightness L, 0…100. Output: logits over the 313 ab bins on a grid of a quarter of the input's side.
// tools/train/ reads this very text to build the network it trains.
#pragma once

#include <string_view>

namespace ochre::inline v0::models {

inline constexpr std::string_view street = R"(network street
input lightness channels=1
scale normalise factor=0.01 offset=-0.5

conv2d conv1_1 out=16 kernel=3 padding=1 bias=false
batch_norm norm1_1
relu relu1_1
conv2d conv1_2 out=16 kernel=3 stride=2 padding=1 bias=false
batch_norm norm1_2
relu relu1_2

conv2d conv2_1 out=32 kernel=3 padding=1 bias=false
batch_norm norm2_1
relu relu2_1
conv2d conv2_2 out=32 kernel=3 stride=2 padding=1 bias=false
batch_norm norm2_2
relu relu2_2

conv2d conv3_1 out=64 kernel=3 padding=1 bias=false
batch_norm norm3_1
relu relu3_1
conv2d conv3_2 out=64 kernel=3 padding=1 bias=false
batch_norm norm3_2
relu relu3_2
conv2d conv3_3 out=64 kernel=3 stride=2 padding=1 bias=false
batch_norm norm3_3
relu relu3_3

conv2d conv4_1 out=128 kernel=3 padding=1 bias=false
batch_norm norm4_1
relu relu4_1
conv2d conv4_2 out=128 kernel=3 padding=1 bias=false
batch_norm norm4_2
relu relu4_2
conv2d conv4_3 out=128 kernel=3 padding=1 bias=false
batch_norm norm4_3
relu relu4_3

conv2d conv5_1 out=128 kernel=3 padding=2 dilation=2 bias=false
batch_norm norm5_1
relu relu5_1
conv2d conv5_2 out=128 kernel=3 padding=2 dilation=2 bias=false
batch_norm norm5_2
relu relu5_2
conv2d conv5_3 out=128 kernel=3 padding=2 dilation=2 bias=false
batch_norm norm5_3
relu relu5_3

conv2d conv6_1 out=128 kernel=3 padding=2 dilation=2 bias=false
batch_norm norm6_1
relu relu6_1
conv2d conv6_2 out=128 kernel=3 padding=2 dilation=2 bias=false
batch_norm norm6_2
relu relu6_2
conv2d conv6_3 out=128 kernel=3 padding=2 dilation=2 bias=false
batch_norm norm6_3
relu relu6_3

conv2d conv7_1 out=128 kernel=3 padding=1 bias=false
batch_norm norm7_1
relu relu7_1
conv2d conv7_2 out=128 kernel=3 padding=1 bias=false
batch_norm norm7_2
relu relu7_2
conv2d conv7_3 out=128 kernel=3 padding=1 bias=false
batch_norm norm7_3
relu relu7_3

conv_transpose2d conv8_1 out=64 kernel=4 stride=2 padding=1 bias=false
batch_norm norm8_1
relu relu8_1
conv2d conv8_2 out=64 kernel=3 padding=1 bias=false
batch_norm norm8_2
relu relu8_2
conv2d conv8_3 out=64 kernel=3 padding=1 bias=false
batch_norm norm8_3
relu relu8_3
conv2d classifier out=313 kernel=1

output classifier
head distribution layer=classifier temperature=1
)";

}  // namespace ochre::inline v0::models
