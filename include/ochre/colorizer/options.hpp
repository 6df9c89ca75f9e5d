// What a colorizer and the memory of its calls are asked for, by name; and what that comes to beside a model file's own
// numbers. Tested by colorizer_test.cpp.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <ochre/base/result.hpp>
#include <ochre/color/camera_memory.hpp>
#include <ochre/engine/engine_options.hpp>
#include <ochre/network/model.hpp>
#include <ochre/parallel/parallel_for.hpp>
#include <ochre/parallel/shared_team.hpp>
#include <ochre/weights/sha256.hpp>

namespace ochre::inline v0 {

// How the grid's colours come to the picture's own size: along the edges of its lightness, or bilinear
// (color/upsample_ab.hpp).
enum class AbUpsampling { edge_aware, bilinear };

// What a Colorizer is made with. A number outside its range is an Error (invalid_argument).
struct ColorizerOptions {
  std::optional<float> temperature{};  // the annealed mean's T (the paper's V), above 0, up to 1000; none: the model's
  float saturation = 1.0f;             // factor on ab, 0…100
  std::optional<Index> size{};         // working size: the shorter side at the network, 8…4096; none: the model's own
  int threads = 0;                     // up to 1024; 0: as many as this process may use
  bool consensus = true;  // what looks alike gets one colour (color/consensus.hpp), where a 1x1 convolution
                          // makes a distribution; other networks' colours stay as they are
  AbUpsampling upsampling = AbUpsampling::edge_aware;
  Precision precision = Precision::float32;  // how coarse the network's products may be, where that is faster
  bool teachable = false;  // pictures in colour of a place may teach it: read_reference(), a workspace with a memory
  bool features = false;   // predict keeps what the distribution over the colours is made of: a workspace gives both
  std::optional<Index> memory{};           // bytes that the network may take, weights included; fewer make it slower
  std::optional<ExpectedSha256> sha256{};  // of the model file, checked before anything of it is believed
};

// Which threads the calls with a workspace run on, what ends them early, and what they recall.
struct ColorizerWorkspaceOptions {
  int threads = 0;  // tasks that a call's work is cut into, up to 1024; 0: as the colorizer's options say
  std::shared_ptr<SharedTeam> team{};  // threads that several workspaces share, instead; `threads` is then theirs
  Lender lender = nullptr;             // or a host's own threads (parallel/team.hpp), called with `host`
  void* host = nullptr;
  const std::atomic<bool>* cancel = nullptr;     // while true, calls end between two steps: ErrorCode::cancelled
  std::shared_ptr<const CameraMemory> memory{};  // what its place looked like in colour (color/recall.hpp): its
                                                 // entries are copied; needs ColorizerOptions::teachable
  MemoryPlace place = MemoryPlace::found;        // same: the camera has not moved, do not look whether it has
};

namespace detail {

inline constexpr int most_threads = 1024;

inline Error invalid(std::string message) { return {ErrorCode::invalid_argument, std::move(message)}; }

inline Error empty_workspace() { return invalid("the workspace is empty: it was moved from"); }

inline Status check_threads(int threads) {
  if (threads >= 0 && threads <= most_threads) return {};
  return invalid(std::to_string(threads) + " threads, expected 0 to " + std::to_string(most_threads));
}

// A colorizer's options with a model's numbers where there are none.
struct ColorizerSettings {
  double folded_temperature = 1;  // by which the network's logits are divided already
  float temperature = 1.0f;
  float saturation = 1.0f;
  Index size = 256;
  bool own_size = true;  // the model's, not the caller's
  int threads = 1;
  AbUpsampling upsampling = AbUpsampling::edge_aware;
  Precision precision = Precision::float32;
  std::optional<Index> memory{};

  float exponent() const noexcept { return static_cast<float>(folded_temperature) / temperature; }
};

inline Status check_settings(const ColorizerSettings& settings) {
  if (!(settings.temperature > 0.0f && settings.temperature <= 1000.0f)) {
    return invalid("temperature " + std::to_string(settings.temperature) + ", expected above 0 and up to 1000");
  }
  if (!(settings.saturation >= 0.0f && settings.saturation <= 100.0f)) {
    return invalid("saturation " + std::to_string(settings.saturation) + ", expected 0 to 100");
  }
  if (settings.size < 8 || settings.size > 4096) {
    return invalid("working size " + std::to_string(settings.size) + ", expected 8 to 4096");
  }
  if (settings.upsampling != AbUpsampling::edge_aware && settings.upsampling != AbUpsampling::bilinear) {
    return invalid("upsampling " + std::to_string(static_cast<int>(settings.upsampling)) + ", which there is not");
  }
  return check_threads(settings.threads);
}

// Errors: a number of the model's that is none, an option out of range.
inline Result<ColorizerSettings> settle(const ColorizerOptions& options, const Model& model) {
  const auto temperature = model.number("temperature", model.network.head.temperature);
  if (!temperature) return temperature.error();
  const auto size = model.number("size", 256);
  if (!size) return size.error();
  const ColorizerSettings settings{
      .folded_temperature = model.network.head.temperature,
      .temperature = options.temperature.value_or(static_cast<float>(*temperature)),
      .saturation = options.saturation,
      .size = options.size.value_or(static_cast<Index>(std::clamp(*size, 0.0, 1e6))),
      .own_size = !options.size,
      .threads = options.threads == 0 ? available_threads() : options.threads,
      .upsampling = options.upsampling,
      .precision = options.precision,
      .memory = options.memory,
  };
  if (auto status = check_settings(settings); !status) return std::move(status).error();
  return settings;
}

}  // namespace detail

}  // namespace ochre::inline v0
