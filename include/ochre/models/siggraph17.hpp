// The network of Zhang, Zhu, Isola, Geng, Lin, Yu, Efros: Real-Time User-Guided Image Colorization with Learned Deep
// Priors, SIGGRAPH 2017 (main branch), as its authors converted it to PyTorch; layers are named after that module's
// state dict. Its classification branch, model_class.0, takes no part in the output and stands in no model file.
// Input: four channels, already normalised: (L-50)/100, a/110, b/110, mask. `lightness=normalised` says so: whoever has
// only L fills the first and leaves the others 0, which is automatic colouring; hints go where mask is 1.
// Output: ab in Lab units, of the input's size. Its sides must be multiples of 8, or the skips' grids do not meet.
// reference_test.cpp runs a narrow copy of this text against an independent PyTorch module.
#pragma once

#include <string_view>

namespace ochre::inline v0::models {

// The text of the SIGGRAPH17 colorizer: L, hints of ab and their mask in, ab out.
inline constexpr std::string_view siggraph17 = R"(network siggraph17
input data channels=4 lightness=normalised

conv2d model1.0 out=64 kernel=3 padding=1
relu model1.1
conv2d model1.2 out=64 kernel=3 padding=1
relu model1.3
batch_norm model1.4
downsample down1 stride=2

conv2d model2.0 out=128 kernel=3 padding=1
relu model2.1
conv2d model2.2 out=128 kernel=3 padding=1
relu model2.3
batch_norm model2.4
downsample down2 stride=2

conv2d model3.0 out=256 kernel=3 padding=1
relu model3.1
conv2d model3.2 out=256 kernel=3 padding=1
relu model3.3
conv2d model3.4 out=256 kernel=3 padding=1
relu model3.5
batch_norm model3.6
downsample down3 stride=2

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

conv_transpose2d model8up.0 out=256 kernel=4 stride=2 padding=1
conv2d model3short8.0 from=model3.6 out=256 kernel=3 padding=1
add skip8 from=model8up.0,model3short8.0
relu model8.0
conv2d model8.1 out=256 kernel=3 padding=1
relu model8.2
conv2d model8.3 out=256 kernel=3 padding=1
relu model8.4
batch_norm model8.5

conv_transpose2d model9up.0 out=128 kernel=4 stride=2 padding=1
conv2d model2short9.0 from=model2.4 out=128 kernel=3 padding=1
add skip9 from=model9up.0,model2short9.0
relu model9.0
conv2d model9.1 out=128 kernel=3 padding=1
relu model9.2
batch_norm model9.3

conv_transpose2d model10up.0 out=128 kernel=4 stride=2 padding=1
conv2d model1short10.0 from=model1.4 out=128 kernel=3 padding=1
add skip10 from=model10up.0,model1short10.0
relu model10.0
conv2d model10.1 out=128 kernel=3 padding=1
leaky_relu model10.2 slope=0.2

conv2d model_out.0 out=2 kernel=1
tanh model_out.1
scale unnormalise factor=110

output unnormalise
head ab layer=unnormalise
)";

}  // namespace ochre::inline v0::models
