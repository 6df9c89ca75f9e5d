// Everything but the opt-in headers (picture files: image_io/; the second GEMM: kernels/gemm_eigen.hpp).
#pragma once

#include <ochre/base/macros_aside.hpp>

#include <ochre/base/version.hpp>
#include <ochre/camera_memory_file.hpp>
#include <ochre/colorizer.hpp>
#include <ochre/colorizer_file.hpp>
#include <ochre/models/eccv16.hpp>
#include <ochre/models/siggraph17.hpp>
#include <ochre/models/street.hpp>
#include <ochre/network/random_weights.hpp>
#include <ochre/picture_colorizer.hpp>
#include <ochre/video_colorizer.hpp>

#include <ochre/base/macros_back.hpp>
