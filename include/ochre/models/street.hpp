// The network of the embedded model: a VGG-style colorizer after Yao & Xia and Zhang et al. (ECCV 2016): convolutions
// of 3x3, a batch norm after each, ReLU, no pooling; strides take it down to a sixteenth of the input's side,
// transposed convolutions back up to a quarter. Blocks 4 to 6 add their input to their output every two convolutions,
// and on the way up the same grid of the way down is added: both train faster and end better (weights/experiments.md).
// At a sixteenth every place asks all others twice (attention, four heads): what a grey surface is, the whole picture
// tells.
// Input: lightness L, 0…100; its sides must be multiples of 16, or the grids do not meet. Output: logits over the 313
// ab bins on a grid of a quarter of the input's side.
// tools/train/ reads this very text to build the network it trains.
#pragma once

#include <string_view>

namespace ochre::inline v0::models {

// The text of the embedded model's network: L in, logits over the 313 ab bins out.
inline constexpr std::string_view street = R"(network street
input lightness channels=1
scale normalise factor=0.01 offset=-0.5

conv2d conv1_1 out=16 kernel=3 padding=1 bias=false
batch_norm norm1_1
relu relu1_1
conv2d conv1_2 out=32 kernel=3 stride=2 padding=1 bias=false
batch_norm norm1_2
relu relu1_2

conv2d conv2_1 out=32 kernel=3 padding=1 bias=false
batch_norm norm2_1
relu relu2_1
conv2d conv2_2 out=48 kernel=3 stride=2 padding=1 bias=false
batch_norm norm2_2
relu relu2_2

conv2d conv3_1 out=48 kernel=3 padding=1 bias=false
batch_norm norm3_1
relu relu3_1
conv2d conv3_2 out=96 kernel=3 stride=2 padding=1 bias=false
batch_norm norm3_2
relu relu3_2

conv2d conv4_1 out=128 kernel=3 padding=1 bias=false
batch_norm norm4_1
relu relu4_1
conv2d conv4_2 out=128 kernel=3 padding=1 bias=false
batch_norm norm4_2
relu relu4_2
conv2d conv4_3 out=128 kernel=3 padding=1 bias=false
batch_norm norm4_3
add sum4_3 from=norm4_3,relu4_1
relu relu4_3
conv2d conv4_4 out=128 kernel=3 padding=1 bias=false
batch_norm norm4_4
relu relu4_4
conv2d conv4_5 out=128 kernel=3 padding=1 bias=false
batch_norm norm4_5
add sum4_5 from=norm4_5,relu4_3
relu relu4_5

conv2d conv5_1 out=256 kernel=3 stride=2 padding=1 bias=false
batch_norm norm5_1
relu relu5_1
conv2d conv5_2 out=256 kernel=3 padding=1 bias=false
batch_norm norm5_2
relu relu5_2
conv2d conv5_3 out=256 kernel=3 padding=1 bias=false
batch_norm norm5_3
add sum5_3 from=norm5_3,relu5_1
relu relu5_3

conv2d read5_3 out=768 kernel=1 bias=false
batch_norm norm_read5_3
attention context5_3 heads=4
conv2d tell5_3 out=256 kernel=1
add sum_tell5_3 from=tell5_3,relu5_3
relu relu_tell5_3
conv2d conv5_4 out=256 kernel=3 padding=1 bias=false
batch_norm norm5_4
relu relu5_4
conv2d conv5_5 out=256 kernel=3 padding=1 bias=false
batch_norm norm5_5
add sum5_5 from=norm5_5,relu_tell5_3
relu relu5_5

conv2d read5_5 out=768 kernel=1 bias=false
batch_norm norm_read5_5
attention context5_5 heads=4
conv2d tell5_5 out=256 kernel=1
add sum_tell5_5 from=tell5_5,relu5_5
relu relu_tell5_5

conv_transpose2d conv6_1 out=128 kernel=4 stride=2 padding=1 bias=false
batch_norm norm6_1
add sum6_1 from=norm6_1,relu4_5
relu relu6_1
conv2d conv6_2 out=128 kernel=3 padding=1 bias=false
batch_norm norm6_2
relu relu6_2
conv2d conv6_3 out=128 kernel=3 padding=1 bias=false
batch_norm norm6_3
add sum6_3 from=norm6_3,relu6_1
relu relu6_3
conv2d conv6_4 out=128 kernel=3 padding=1 bias=false
batch_norm norm6_4
relu relu6_4
conv2d conv6_5 out=128 kernel=3 padding=1 bias=false
batch_norm norm6_5
add sum6_5 from=norm6_5,relu6_3
relu relu6_5

conv_transpose2d conv7_1 out=48 kernel=4 stride=2 padding=1 bias=false
batch_norm norm7_1
add sum7_1 from=norm7_1,relu3_1
relu relu7_1
conv2d conv7_2 out=128 kernel=3 padding=1 bias=false
batch_norm norm7_2
relu relu7_2

conv2d classifier out=313 kernel=1

output classifier
head distribution layer=classifier temperature=1
)";

}  // namespace ochre::inline v0::models
