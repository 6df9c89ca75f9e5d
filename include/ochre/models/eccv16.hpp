// The network of Zhang, Isola, Efros: Colorful Image Colorization, ECCV 2016 (supplement, Table 4), as released (v2)
// and as its authors converted it to PyTorch; layers are named after that module's state dict.
// Input: lightness L, 0…100. Output: ab in Lab units on a grid of 8*ceil(side/8). All 3x3 convolutions have a bias; the
// batch norms follow a block's last ReLU, so none can be folded into the convolution before it.
// The logits model8.6 hold the factor 6/ln(10) that the released network softens its distribution by (2.606 in the
// Caffe network, where the paper says 1/0.38), so the temperature they are already divided by is ln(10)/6.
// model_out holds the 313 bins' centres over 110 and has no bias. reference_test.cpp runs a narrow copy of this
// text against an independent PyTorch module.
#pragma once

#include <string_view>

namespace ochre::inline v0::models {

// The text of the ECCV16 colorizer: L in, ab out, by logits over the 313 ab bins.
inline constexpr std::string_view eccv16 = R"(network eccv16
input lightness channels=1
scale normalise factor=0.01 offset=-0.5

conv2d model1.0 out=64 kernel=3 padding=1
relu model1.1
conv2d model1.2 out=64 kernel=3 stride=2 padding=1
relu model1.3
batch_norm model1.4

conv2d model2.0 out=128 kernel=3 padding=1
relu model2.1
conv2d model2.2 out=128 kernel=3 stride=2 padding=1
relu model2.3
batch_norm model2.4

conv2d model3.0 out=256 kernel=3 padding=1
relu model3.1
conv2d model3.2 out=256 kernel=3 padding=1
relu model3.3
conv2d model3.4 out=256 kernel=3 stride=2 padding=1
relu model3.5
batch_norm model3.6

conv2d model4.0 out=512 kernel=3 padding=1
relu model4.1
conv2d model4.2 out=512 kernel=3 padding=1
relu model4.3
conv2d model4.4 out=512 kernel=3 padding=1
relu model4.5
batch_norm model4.6

conv2d model5.0 out=512 kernel=3 padding=2 dilation=2
relu model5.1
conv2d model5.2 out=512 kernel=3 padding=2 dilation=2
relu model5.3
conv2d model5.4 out=512 kernel=3 padding=2 dilation=2
relu model5.5
batch_norm model5.6

conv2d model6.0 out=512 kernel=3 padding=2 dilation=2
relu model6.1
conv2d model6.2 out=512 kernel=3 padding=2 dilation=2
relu model6.3
conv2d model6.4 out=512 kernel=3 padding=2 dilation=2
relu model6.5
batch_norm model6.6

conv2d model7.0 out=512 kernel=3 padding=1
relu model7.1
conv2d model7.2 out=512 kernel=3 padding=1
relu model7.3
conv2d model7.4 out=512 kernel=3 padding=1
relu model7.5
batch_norm model7.6

conv_transpose2d model8.0 out=256 kernel=4 stride=2 padding=1
relu model8.1
conv2d model8.2 out=256 kernel=3 padding=1
relu model8.3
conv2d model8.4 out=256 kernel=3 padding=1
relu model8.5
conv2d model8.6 out=313 kernel=1

softmax softmax
conv2d model_out out=2 kernel=1 bias=false
scale unnormalise factor=110
upsample upsample4 factor=4 mode=bilinear

output upsample4
head distribution layer=model8.6 temperature=0.3837641821656743
)";

}  // namespace ochre::inline v0::models
