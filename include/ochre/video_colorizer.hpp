// Video: frame in, frame out, in steady colour; luma stays as it is, bit for bit. Each frame:
//   lightness (color/) -> where each cell was a frame ago, and whether that still holds (video/motion.hpp) -> the
//   colours of the past come along (video/carried_colors.hpp) -> where they do not suffice (video/schedule.hpp) a look
//   of the network -> chroma, where anything changed (video/chroma_memory.hpp)
// A scene cut resets all; a thing that moves takes its colours along, one that stands still gets the mean of many
// looks. State is bounded, nothing is allocated in a call, and the same frames give the same bits for any number of
// threads. Tested by video_colorizer_test.cpp.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include <ochre/color/place_details.hpp>
#include <ochre/colorizer.hpp>
#include <ochre/video/carried_colors.hpp>
#include <ochre/video/chroma_memory.hpp>
#include <ochre/video/mirrored.hpp>
#include <ochre/video/motion.hpp>
#include <ochre/video/schedule.hpp>
#include <ochre/video/seen_luma.hpp>

namespace ochre::inline v0 {

// How a VideoColorizer treats its stream. A number outside its range is an Error (invalid_argument).
struct VideoOptions {
  float steadiness = 1.0f;   // 0…1: how much the past counts; at 0 each frame is coloured by itself
  bool every_frame = false;  // the network sees each frame, whether or not anything changed
};

// What was done with a frame.
struct VideoFrameReport {
  bool predicted = false;  // the network ran
  bool cut = false;        // another scene begins: nothing of the past was kept
  float unseen = 0.0f;     // 0…1: the share of the picture that showed something new, before the network saw it
};

// One stream's state. Threads: one call at a time; any number of streams share a Colorizer, and threads by
// ColorizerWorkspaceOptions::team. Move-only; one that was moved from refuses every frame.
class VideoColorizer {
 public:
  // frame: the size of all frames. Errors: no Colorizer, an option out of range, those of Colorizer::make_workspace().
  static Result<VideoColorizer> create(std::shared_ptr<const Colorizer> colorizer, Extent frame,
                                       const VideoOptions& options = {},
                                       const ColorizerWorkspaceOptions& workspace = {}) {
    return base::catch_no_memory([&]() -> Result<VideoColorizer> {
      if (colorizer == nullptr) return detail::invalid("the Colorizer is null");
      if (!(options.steadiness >= 0.0f && options.steadiness <= 1.0f)) {
        return detail::invalid("steadiness " + std::to_string(options.steadiness) + ", expected 0 to 1");
      }
      auto memory = colorizer->make_workspace(frame, workspace);
      if (!memory) return std::move(memory).error();
      VideoColorizer video(std::move(colorizer), options, *std::move(memory));
      if (auto status = video.allocate(); !status) return std::move(status).error();
      return video;
    });
  }

  // The next frame. Of the input the luma is read; that of the output becomes a copy of it, and no copy where both are
  // the same memory. Errors: those of Colorizer::colorize(); on one the output is untouched.
  Status colorize(const YuvView& input, const MutableYuvView& output) {
    if (!workspace_.memory_) return detail::empty_workspace();
    detail::ColorizerMemory& memory = *workspace_.memory_;
    if (auto status = detail::check_input(input, memory.picture); !status) return status;
    if (auto status = detail::check_output(input, output, memory.picture); !status) return status;
    const auto awake = memory.network.stay_awake();
    report_ = {};
    if (auto status = follow(input); !status) return status;
    report_.unseen = carried_.unseen();
    const bool due = schedule_.is_due(report_.unseen);
    if (due || by_itself() || options_.every_frame) {
      if (auto status = look(); !status) {
        chroma_.forget();  // of this frame nothing is shown: the next one is not as the one before
        return status;
      }
    }
    show(input, output);
    return {};
  }

  const VideoFrameReport& report() const noexcept { return report_; }  // of the last frame

  // Forgets what came before: the next frame is the first of another scene.
  void restart() noexcept { is_first_ = true; }

  Extent frame() const noexcept { return workspace_.picture(); }
  Index bytes() const noexcept {
    const Index own = motion_.bytes() + carried_.bytes() + chroma_.bytes() + seen_.bytes() + keep_.size();
    return workspace_.bytes() + own + static_cast<Index>(sizeof(float)) * (lightness_.size() + cells_.size());
  }

 private:
  VideoColorizer(std::shared_ptr<const Colorizer> colorizer, const VideoOptions& options,
                 Colorizer::Workspace workspace)
      : colorizer_(std::move(colorizer)), options_(options), workspace_(std::move(workspace)) {}

  Status allocate() {
    const detail::ColorizerMemory& memory = *workspace_.memory_;
    auto status = video::Motion::create(memory.working, grid()).move_to(motion_);
    if (status) status = video::CarriedColors::create(grid(), memory.working).move_to(carried_);
    if (status) status = video::ChromaMemory::create(memory.picture, memory.network.threads()).move_to(chroma_);
    if (status) status = video::SeenLuma::create(memory.picture).move_to(seen_);
    if (status) status = AlignedBuffer<float>::create(memory.working.h * memory.working.w).move_to(lightness_);
    if (status) status = AlignedBuffer<float>::create(5 * count()).move_to(cells_);
    if (status) status = AlignedBuffer<std::uint8_t>::create(memory.picture.h).move_to(keep_);
    return status;
  }

  bool by_itself() const noexcept { return options_.steadiness == 0.0f; }
  const ColorKernels& kernels() const noexcept { return *colorizer_->kernels_.color; }
  parallel::Team team() const noexcept { return workspace_.memory_->network.team(); }
  Extent grid() const noexcept {
    const Shape& shape = workspace_.memory_->grid.shape();
    return {shape.h, shape.w};
  }
  Index count() const noexcept { return grid().h * grid().w; }

  // Planes of the grid's size.
  float* lightness_before() noexcept { return cells_.data(); }
  float* shown(bool before) noexcept { return cells_.data() + (before == flipped_ ? 1 : 3) * count(); }  // a, then b

  Status follow(const YuvView& input);
  Status read_lightness(const YuvView& input);
  bool is_cut() const noexcept;
  Status look();
  void show(const YuvView& input, const MutableYuvView& output) noexcept;
  void find_unchanged(const MutableYuvView& output) noexcept;

  std::shared_ptr<const Colorizer> colorizer_;
  VideoOptions options_;
  Colorizer::Workspace workspace_;
  video::SeenLuma seen_;
  video::Motion motion_;
  video::CarriedColors carried_;
  video::Schedule schedule_;
  video::ChromaMemory chroma_;
  AlignedBuffer<float> lightness_;    // L at working size
  AlignedBuffer<float> cells_;        // [L a frame ago; a, b shown now; a, b shown before, in turns][cells]
  AlignedBuffer<std::uint8_t> keep_;  // of each chroma row: it is as it was
  bool flipped_ = false;
  bool is_first_ = true;
  VideoFrameReport report_;
};

// What the past says of this frame.
inline Status VideoColorizer::follow(const YuvView& input) {
  detail::ColorizerMemory& memory = *workspace_.memory_;
  seen_.see(input, team());
  std::copy_n(memory.grid_view().lightness, count(), lightness_before());
  if (seen_.all_same() && !is_first_) return {};
  if (auto status = read_lightness(input); !status) return status;
  motion_.follow(lightness_.data(), team());
  report_.cut = !is_first_ && is_cut();
  if (is_first_ || report_.cut) {
    motion_.forget();
    carried_.forget();
    chroma_.forget();
    schedule_.restart();
  } else {
    carried_.carry(motion_, team());
  }
  is_first_ = false;
  return {};
}

inline Status VideoColorizer::read_lightness(const YuvView& input) {
  detail::ColorizerMemory& memory = *workspace_.memory_;
  const Extent working = memory.working;
  const std::span averaging = memory.averaging.span();
  auto status = color::average_lightness(
      kernels(), input,
      {.size = working, .values = lightness_.span(), .row = memory.rows.span(), .averaging = averaging});
  if (!status) return status;
  const std::span cells(memory.grid_view().lightness, static_cast<std::size_t>(count()));
  auto to_grid = color::AreaAverage::create({.from = working, .to = grid(), .target = cells, .scratch = averaging});
  if (!to_grid) return std::move(to_grid).error();
  for (Index y = 0; y < working.h; ++y) to_grid->add_row(lightness_.data() + y * working.w);
  return {};
}

// Most of the picture is new, and not for a change of light: light and dark lie elsewhere.
inline bool VideoColorizer::is_cut() const noexcept {
  constexpr double most_lost = 0.6;
  constexpr double alike = 0.6;
  const float* holds = motion_.looks_that_hold();
  const auto lost = std::count_if(holds, holds + count(), [](float looks) { return looks < 0.5f; });
  if (static_cast<double>(lost) < most_lost * static_cast<double>(count())) return false;
  const float* now = std::as_const(workspace_).grid().lightness;
  return color::correlation(cells_.data(), now, count()) < alike;
}

// The network, on the frame or, each second time, on its mirror image. What a camera's memory recalls has its place,
// and is true: there is one look at it.
inline Status VideoColorizer::look() {
  detail::ColorizerMemory& memory = *workspace_.memory_;
  const bool mirrored = !by_itself() && memory.recall.is_empty() && schedule_.looks() % 2 == 1;
  const std::span input(memory.input.data(), static_cast<std::size_t>(lightness_.size()));
  if (mirrored) {
    video::mirror(lightness_.data(), memory.working, input.data());
  } else {
    std::copy_n(lightness_.data(), lightness_.size(), input.data());
  }
  if (colorizer_->network().normalised_lightness) color::normalise_lightness(input);
  auto status = detail::predict_grid(*colorizer_->engine_, kernels(), colorizer_->model_, memory);
  if (!status) return status;
  if (by_itself()) carried_.forget();
  const float most = 1.0f + (video::CarriedNumbers::most_looks - 1.0f) * options_.steadiness * options_.steadiness;
  carried_.look(std::as_const(workspace_).grid(), mirrored, most);
  schedule_.looked();
  report_.predicted = true;
  return {};
}

inline void VideoColorizer::show(const YuvView& input, const MutableYuvView& output) noexcept {
  parallel::for_ranges(team(), input.height, detail::rows_at_once, [&](Index begin, Index end, int) noexcept {
    for (Index y = begin; y < end; ++y) detail::copy_luma(input, y, output);
  });
  flipped_ = !flipped_;
  float* const a = shown(false);
  carried_.show(a, a + count());
  find_unchanged(output);
  const AbGridView own = std::as_const(workspace_).grid();
  chroma_.show({.kernels = kernels(),
                .grid = {a, a + count(), own.lightness, own.width, own.height},
                .edge_aware = colorizer_->model_.settings.upsampling == AbUpsampling::edge_aware,
                .slack = options_.steadiness,
                .keep = keep_.data()},
               input, output, team());
}

// Chroma rows whose luma is that of a frame ago, and the cells that they take their colours from, too.
inline void VideoColorizer::find_unchanged(const MutableYuvView& output) noexcept {
  constexpr Index reach = 4;  // rows of cells: twice as many as upsampling reads
  const Index shared = output.format.subsampling == ChromaSubsampling::yuv420 ? 2 : 1;
  const AbGridView own = std::as_const(workspace_).grid();
  const auto same_cells = [&](Index y) {
    const Index at = y * own.width;
    const auto same = [&](const float* now, const float* before) {
      return std::equal(now + at, now + at + own.width, before + at);
    };
    return same(own.lightness, lightness_before()) && same(shown(false), shown(true)) &&
           same(shown(false) + count(), shown(true) + count());
  };
  Index same_from = 0;  // cells of rows from here to `checked` are what they were
  Index checked = 0;
  for (Index y = 0; y < output.chroma_height(); ++y) {
    const Index cell = (2 * y + 1) * own.height / (2 * output.chroma_height());  // that the row's middle lies in
    const Index last = std::min(cell + reach + 1, own.height);
    for (; checked < last; ++checked) {
      if (!same_cells(checked)) same_from = checked + 1;
    }
    const bool same_luma =
        seen_.same_row(shared * y) && seen_.same_row(std::min(shared * y + shared, output.height) - 1);
    keep_.data()[y] = same_luma && same_from <= std::max<Index>(cell - reach, 0) && !options_.every_frame ? 1 : 0;
  }
}

}  // namespace ochre::inline v0
