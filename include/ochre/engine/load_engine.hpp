// The fast engine with a model file's weights. Errors: a NaN or an infinity among the weights, a negative variance, an
// option that cannot be met, no memory. Proven in model_test.cpp.
#pragma once

#include <ochre/base/function_ref.hpp>
#include <ochre/engine/engine.hpp>
#include <ochre/network/model.hpp>

namespace ochre::inline v0 {

// What is told of each part of a model's bytes once it has been read, such as MappedFile::release.
using BytesDone = FunctionRef<void(std::span<const std::byte>)>;

// done: so that a file's pages can leave memory one tensor after the other, and the originals are never all in memory
// beside the packed weights.
inline Result<Engine> load_engine(const Model& model, const EngineOptions& options, const EngineKernels& kernels,
                                  BytesDone done = {}) {
  const ParameterSource<float> source = [&](const RequiredTensor& tensor, std::span<float> values) -> Status {
    const TensorEntry& entry = *model.file.find(tensor.name);
    Status status = convert_to(entry, values);
    if (done) done(entry.bytes);
    return status;
  };
  return Engine::create(model.network, source, options, kernels);
}

template <class Arch = simd::DefaultArch>
Result<Engine> load_engine(const Model& model, const EngineOptions& options = {}) {
  return load_engine(model, options, engine_kernels<Arch>());
}

}  // namespace ochre::inline v0
