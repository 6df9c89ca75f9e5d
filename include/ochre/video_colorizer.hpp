// Video: frame in, frame out, in steady colour; luma stays as it is, bit for bit. Each frame:
//   lightness (color/) -> where each cell was a frame ago, and whether that still holds (video/motion.hpp) -> the
//   colours of the past come along (video/carried_colors.hpp) -> where they do not suffice (video/schedule.hpp) a look
//   of the network -> chroma, where anything changed (video/chroma_memory.hpp)
// Bars around the picture (video/bars.hpp) stay grey: all of this is done to what they leave.
// A scene cut resets all; a thing that moves takes its colours along, one that stands still gets the mean of many
// looks. State is bounded, calls allocate nothing but what colorize() names, and the same frames give the same bits for
// any number of threads. Tested by video_colorizer_test.cpp, day_and_night_test.cpp and deadline_test.cpp.
#pragma once

#include <ochre/base/macros_aside.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include <ochre/color/place_details.hpp>
#include <ochre/colorizer.hpp>
#include <ochre/video/bars.hpp>
#include <ochre/video/carried_colors.hpp>
#include <ochre/video/chroma_memory.hpp>
#include <ochre/video/input_colors.hpp>
#include <ochre/video/lessons.hpp>
#include <ochre/video/mirrored.hpp>
#include <ochre/video/motion.hpp>
#include <ochre/video/schedule.hpp>
#include <ochre/video/seen_luma.hpp>

namespace ochre::inline v0 {

// How a VideoColorizer treats its stream. A number outside its range is an Error (invalid_argument).
struct VideoOptions {
  float steadiness = 1.0f;           // 0…1: how much the past counts; at 0 each frame is coloured by itself
  bool every_frame = false;          // the network sees each frame, whether or not anything changed
  bool recolor = false;              // the chroma of the input is not looked at: every frame gets other colours
  bool pass_infrared = false;        // of a stream that was in colour, grey frames stay grey
  std::optional<double> deadline{};  // seconds that a call may take: the network is interrupted and goes on with the
                                     // next frame, while the last colours are shown. Results depend on time then
  bool learn = true;  // from frames in colour, for the grey ones that follow; needs ColorizerOptions::teachable
};

// What a stream with chroma turned into.
enum class InfraredChange : std::uint8_t { none, begins, ends };

// What was done with a frame.
struct VideoFrameReport {
  bool predicted = false;        // the network ran, or came to its end
  bool cut = false;              // another scene begins: nothing of the past was kept
  float unseen = 0.0f;           // 0…1: the share of the picture that showed something new, before the network saw it
  bool colored = false;          // it came in colour, and kept its own
  bool learned = false;          // and the memory learned from it
  double network_seconds = 0.0;  // of the call's time
  InfraredChange infrared = InfraredChange::none;  // what is known since this frame,
  Index frames_ago = 0;                            // and so many frames ago happened
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
      if (options.deadline && !(*options.deadline > 0)) {
        return detail::invalid("a deadline of " + std::to_string(*options.deadline) + " s, expected above 0");
      }
      auto memory = colorizer->make_workspace(frame, workspace);
      if (!memory) return std::move(memory).error();
      VideoColorizer video(std::move(colorizer), options, *std::move(memory));
      if (auto status = video.allocate(); !status) return std::move(status).error();
      video.bars_ = video::Bars(frame);
      video.workspace_options_ = workspace;
      video.lessons_ = {workspace.memory ? *workspace.memory : CameraMemory(), workspace.place};
      return video;
    });
  }

  // The next frame. Of the input the luma is read, and the chroma if cb is not null: where that is in colour, the
  // output gets it as it is. The output's luma becomes a copy of the input's; nothing is copied where both are the same
  // memory. Nothing is allocated, but where a frame in colour is learned (some tenths of a second, at first each 25
  // frames, then ever more rarely up to 2,000), when grey follows, and where bars are found. Errors: those of
  // Colorizer::colorize(); a frame in colour whose chroma has another subsampling or matrix than the output's; on one
  // the output is untouched.
  Status colorize(const YuvView& input, const MutableYuvView& output) {
    if (!workspace_.memory_) return detail::empty_workspace();
    if (auto status = check(input, output); !status) return status;
    begun_ = Clock::now();
    if (auto status = find_bars(input); !status) return status;
    const auto awake = workspace_.memory_->network.stay_awake();
    report_ = {};
    const PictureRectangle& inside = bars_.inside();
    auto status = colorize_checked(part_of(input, inside), part_of(output, inside));
    if (!status) chroma_.forget();  // of this frame nothing is shown: the next one is not as the one before
    if (status) show_bars(input, output);
    return status;
  }

  // What was learned, and ColorizerWorkspaceOptions::memory before it; empty if nothing was.
  const CameraMemory& memory() const noexcept { return lessons_.memory(); }

  const VideoFrameReport& report() const noexcept { return report_; }  // of the last frame

  // Forgets what came before, but for what was learned: the next frame is the first of another scene, in colour or not.
  void restart() noexcept {
    is_first_ = true;
    was_followed_ = false;
    state_ = {};
  }

  Extent frame() const noexcept { return workspace_.memory_ ? bars_.frame() : Extent{0, 0}; }
  Index bytes() const noexcept {
    const Index own =
        motion_.bytes() + carried_.bytes() + chroma_.bytes() + seen_.bytes() + colors_.bytes() + keep_.size();
    return workspace_.bytes() + own + static_cast<Index>(sizeof(float)) * (lightness_.size() + cells_.size());
  }

 private:
  VideoColorizer(std::shared_ptr<const Colorizer> colorizer, const VideoOptions& options,
                 Colorizer::Workspace workspace)
      : colorizer_(std::move(colorizer)), options_(options), workspace_(std::move(workspace)) {}

  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;

  Status allocate() {
    const detail::ColorizerMemory& memory = *workspace_.memory_;
    auto status = video::Motion::create(memory.working, grid()).move_to(motion_);
    if (status) status = video::CarriedColors::create(grid(), memory.working).move_to(carried_);
    if (status) status = video::ChromaMemory::create(memory.picture, memory.network.threads()).move_to(chroma_);
    if (status) status = video::InputColors::create(memory.picture, grid()).move_to(colors_);
    if (status) status = video::SeenLuma::create(memory.picture).move_to(seen_);
    if (status) status = AlignedBuffer<float>::create(memory.working.h * memory.working.w).move_to(lightness_);
    if (status) status = AlignedBuffer<float>::create(6 * count()).move_to(cells_);
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
  float* lightness_of_look() noexcept { return cells_.data() + 5 * count(); }
  float* shown(bool before) noexcept { return cells_.data() + (before == flipped_ ? 1 : 3) * count(); }  // a, then b

  // Colours that count fully, in looks.
  float most_looks() const noexcept {
    return 1.0f + (video::CarriedNumbers::most_looks - 1.0f) * options_.steadiness * options_.steadiness;
  }

  bool brings_chroma(const YuvView& input) const noexcept {
    return !options_.recolor && input.cb.samples != nullptr && input.format.subsampling != ChromaSubsampling::yuv400;
  }
  Status check(const YuvView& input, const MutableYuvView& output) const;
  Status find_bars(const YuvView& input);
  void show_bars(const YuvView& input, const MutableYuvView& output) noexcept;
  Status colorize_checked(const YuvView& input, const MutableYuvView& output);
  Status follow(const YuvView& input);
  Status read_colors(const YuvView& input);
  Status keep(const YuvView& input, const MutableYuvView& output);
  void copy(const YuvView& input, const MutableYuvView& output) noexcept;
  Status learn(const float* a, const float* b);
  Status remember();
  Status read_lightness(const YuvView& input);
  bool is_cut() const noexcept;
  Status look();
  void begin_look() noexcept;
  void show_network(bool mirrored) noexcept;
  Status end_look();
  void show(const YuvView& input, const MutableYuvView& output) noexcept;
  bool find_unchanged(const MutableYuvView& output) noexcept;

  std::shared_ptr<const Colorizer> colorizer_;
  VideoOptions options_;
  ColorizerWorkspaceOptions workspace_options_;
  Colorizer::Workspace workspace_;  // for what is inside the bars, as all that follows
  video::Bars bars_;
  video::SeenLuma seen_;
  video::Motion motion_;
  video::CarriedColors carried_;
  video::Schedule schedule_;
  video::ChromaMemory chroma_;
  video::InputColors colors_;
  video::InputState state_;
  video::Lessons lessons_;
  bool was_followed_ = false;       // a frame with chroma was
  bool was_colored_ = false;        // and the stream was in colour
  AlignedBuffer<float> lightness_;  // L at working size
  AlignedBuffer<float> cells_;      // [L a frame ago; a, b shown now; a, b before, in turns; L of a look][cells]
  static constexpr std::uint8_t kept_by_noise = 2;
  AlignedBuffer<std::uint8_t> keep_;  // of each chroma row: it stays, since it is the same (1) but for noise (2)
  int frames_by_noise_ = 0;           // since the rows that are not the same were worked out
  bool flipped_ = false;
  bool looking_ = false;  // a look has begun
  bool mirrored_ = false;
  Index next_step_ = 0;
  Clock::time_point begun_{};  // of the call
  Seconds applying_{0};        // that it takes to show colours
  bool is_first_ = true;
  VideoFrameReport report_;
};

inline Status VideoColorizer::check(const YuvView& input, const MutableYuvView& output) const {
  const Extent frame = bars_.frame();
  if (auto status = detail::check_input(input, frame); !status) return status;
  if (auto status = detail::check_output(input, output, frame); !status) return status;
  if (!brings_chroma(input)) return {};
  if (auto status = check_frame(input, "input"); !status) return status;
  if (input.format.subsampling == output.format.subsampling && input.format.matrix == output.format.matrix) return {};
  return detail::invalid("output: another subsampling or matrix than the input's, whose colours may be kept");
}

// Where the bars change, what is inside begins anew. A memory's places are those of whole frames: none are looked for.
inline Status VideoColorizer::find_bars(const YuvView& input) {
  if (!lessons_.memory().is_empty() || !bars_.see(input)) return {};
  auto status = base::catch_no_memory([&]() -> Status {
    auto made = colorizer_->make_workspace(bars_.inside().extent(), workspace_options_).move_to(workspace_);
    return made ? allocate() : made;
  });
  if (!status) workspace_ = Colorizer::Workspace(nullptr);  // there is no other way on: every frame is refused
  is_first_ = true;
  return status;
}

inline void VideoColorizer::show_bars(const YuvView& input, const MutableYuvView& output) noexcept {
  for (const PictureRectangle& part : color::border_around(bars_.inside(), bars_.frame())) {
    if (part.width == 0 || part.height == 0) continue;
    const YuvView from = part_of(input, part);
    const MutableYuvView to = part_of(output, part);
    copy(from, to);
    if (!report_.colored) video::ChromaMemory::show_gray(to);
  }
}

inline Status VideoColorizer::colorize_checked(const YuvView& input, const MutableYuvView& output) {
  if (auto status = follow(input); !status) return status;
  if (auto status = read_colors(input); !status) return status;
  if (report_.colored) return keep(input, output);
  if (options_.pass_infrared && was_colored_) {
    copy(input, output);
    return {};
  }
  if (auto status = remember(); !status) return status;
  report_.unseen = carried_.unseen();
  const bool due = schedule_.is_due(report_.unseen);
  if (looking_ || due || by_itself() || options_.every_frame) {
    if (auto status = look(); !status) return status;
  }
  const auto applying = Clock::now();
  show(input, output);
  applying_ = std::max(Seconds(Clock::now() - applying), 0.9 * applying_);
  return {};
}

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
    looking_ = false;
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
      {.size = working, .values = lightness_.span(), .row = memory.rows.span(), .averaging = averaging}, team());
  if (!status) return status;
  const std::span cells(memory.grid_view().lightness, static_cast<std::size_t>(count()));
  auto to_grid = color::AreaAverage::create({.from = working, .to = grid(), .target = cells, .scratch = averaging});
  if (!to_grid) return std::move(to_grid).error();
  for (Index y = 0; y < working.h; ++y) to_grid->add_row(lightness_.data() + y * working.w);
  detail::copy_guide(lightness_.span(), memory);
  return {};
}

// Whether the frame has colours, and what that says of the stream.
inline Status VideoColorizer::read_colors(const YuvView& input) {
  if (!brings_chroma(input)) return {};
  const float* lightness = std::as_const(workspace_).grid().lightness;
  if (auto status = colors_.read(input, lightness); !status) return status;
  const bool colored = colors_.is_colored(state_.colored());
  // A flash of colour in the infrared is none; a grey frame by day gets the day's colours.
  report_.colored = colored && (state_.colored() || !was_followed_);
  was_followed_ = true;
  if (state_.follow(colored)) {
    report_.infrared = colored ? InfraredChange::ends : InfraredChange::begins;
    report_.frames_ago = video::InputColorNumbers::frames_in_a_row - 1;
    report_.colored = colored;
  }
  was_colored_ = was_colored_ || state_.colored();
  return {};
}

// A frame in colour stays as it is; what it shows is known.
inline Status VideoColorizer::keep(const YuvView& input, const MutableYuvView& output) {
  float* const a = shown(false);
  float* const b = a + count();
  colors_.to_lab(kernels(), input.format.matrix, std::as_const(workspace_).grid().lightness, a, b);
  const bool teaches = options_.learn && !colorizer_->model_.identity.empty() && state_.colored();
  if (teaches && lessons_.is_due()) {
    if (auto status = learn(a, b); !status) return status;
  }
  carried_.know(a, b, most_looks());
  chroma_.forget();
  copy(input, output);
  return {};
}

inline void VideoColorizer::copy(const YuvView& input, const MutableYuvView& output) noexcept {
  const YuvDepth depth = input.format.depth;
  const auto copy_rows = [&](const Plane& from, const MutablePlane& to, Extent size) {
    if (from.samples == to.samples) return;
    for (Index y = 0; y < size.h; ++y) {
      color::copy_luma_row(from.row(y), from.step_of(depth), depth, to.row(y), to.step_of(depth), size.w);
    }
  };
  const Extent chroma{output.chroma_height(), output.chroma_width()};
  copy_rows(input.luma, output.luma, input.extent());
  if (!brings_chroma(input)) return chroma_.show_gray(output);
  copy_rows(input.cb, output.cb, chroma);
  copy_rows(input.cr, output.cr, chroma);
}

// The network's features of a frame in colour, and its colours, into the memory.
inline Status VideoColorizer::learn(const float* a, const float* b) {
  return base::catch_no_memory([&]() -> Status {
    detail::ColorizerMemory& memory = *workspace_.memory_;
    looking_ = false;
    show_network(false);
    memory.predicted = false;
    auto status = detail::predict_own(*colorizer_->engine_, kernels(), colorizer_->model_, {}, memory);
    if (!status) return status;
    Reference reference = detail::reference_without_colors(colorizer_->model_, memory);
    reference.a.assign(a, a + count());
    reference.b.assign(b, b + count());
    report_.predicted = true;
    return lessons_.learn(reference).move_to(report_.learned);
  });
}

// What was learned is recalled from now on.
inline Status VideoColorizer::remember() {
  if (!lessons_.has_news()) return {};
  looking_ = false;
  schedule_.restart();
  return base::catch_no_memory([&] { return lessons_.recall(grid(), workspace_.memory_->recall); });
}

// Light and dark lie elsewhere, so it is no change of light; and most of the picture is new, or was found in pieces
// here and there: 221 of 247 cuts between photographs, some of one road, and none in 760 frames of fixed cameras.
inline bool VideoColorizer::is_cut() const noexcept {
  constexpr double alike = 0.65;
  constexpr double unlike = 0.25;
  constexpr double most_is_new = 0.6;
  constexpr double much_is_new = 0.3;
  constexpr float coherent = 0.45f;
  const float* now = std::as_const(workspace_).grid().lightness;
  if (!motion_.all_changed()) return false;
  const double correlation = color::correlation(cells_.data(), now, count());
  if (correlation >= alike) return false;
  const float* holds = motion_.looks_that_hold();
  const auto lost = std::count_if(holds, holds + count(), [](float looks) { return looks < 0.5f; });
  const double share = static_cast<double>(lost) / static_cast<double>(count());
  if (share >= most_is_new) return true;
  return motion_.coherence() < coherent && (share >= much_is_new || correlation < unlike);
}

// The network, on the frame or, each second time, on its mirror image. What a camera's memory recalls has its place,
// and is true: there is one look at it. Of a look that a deadline interrupts only a part is done.
inline Status VideoColorizer::look() {
  if (!looking_) begin_look();
  const auto in_time = [&] {
    return !options_.deadline || (Seconds(Clock::now() - begun_) + applying_).count() < *options_.deadline;
  };
  detail::ColorizerMemory& memory = *workspace_.memory_;
  memory.predicted = false;
  const auto running = Clock::now();
  const auto next = detail::run_network(next_step_, *colorizer_->engine_, colorizer_->model_, memory, in_time);
  report_.network_seconds = Seconds(Clock::now() - running).count();
  if (!next) {
    looking_ = false;
    return next.error();
  }
  next_step_ = *next;
  return next_step_ < colorizer_->engine_->steps() ? Status() : end_look();
}

inline void VideoColorizer::begin_look() noexcept {
  detail::ColorizerMemory& memory = *workspace_.memory_;
  looking_ = true;
  next_step_ = 0;
  mirrored_ = !by_itself() && memory.recall.is_empty() && schedule_.looks() % 2 == 1;
  show_network(mirrored_);
  video::copy_as_seen(memory.grid_view().lightness, grid(), mirrored_, lightness_of_look());
  carried_.begin_look();
}

inline void VideoColorizer::show_network(bool mirrored) noexcept {
  detail::ColorizerMemory& memory = *workspace_.memory_;
  const std::span input(memory.input.data(), static_cast<std::size_t>(lightness_.size()));
  video::copy_as_seen(lightness_.data(), memory.working, mirrored, input.data());
  if (colorizer_->network().normalised_lightness) color::normalise_lightness(input);
  if (detail::takes_hints(colorizer_->network())) detail::fill_hint_channels({}, memory);
}

inline Status VideoColorizer::end_look() {
  detail::ColorizerMemory& memory = *workspace_.memory_;
  looking_ = false;
  float* const lightness = memory.grid_view().lightness;
  std::swap_ranges(lightness, lightness + count(), lightness_of_look());
  detail::settle_own(*colorizer_->engine_, kernels(), colorizer_->model_, memory);
  auto status = detail::settle_grid(kernels(), colorizer_->model_, memory);
  std::swap_ranges(lightness, lightness + count(), lightness_of_look());
  if (!status) return status;
  if (by_itself()) carried_.forget_looks();
  carried_.look(std::as_const(workspace_).grid(), mirrored_, most_looks());
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
  const bool changed = find_unchanged(output);
  const AbGridView own = std::as_const(workspace_).grid();
  const AbGridView now{a, a + count(), own.lightness, own.width, own.height};
  color::StridedGrid finer = now;
  if (changed) finer = detail::refine_grid(kernels(), now, input, *workspace_.memory_);
  chroma_.show({.kernels = kernels(),
                .grid = finer,
                .edge_aware = colorizer_->model_.settings.upsampling == AbUpsampling::edge_aware,
                .slack = options_.steadiness,
                .keep = keep_.data()},
               input, output, team());
}

// Chroma rows that stay as they are. Those whose luma and cells are the same bits as a frame ago would come out the
// same. Those whose cells have the same colours, and a lightness that changed by no more than the noise, would differ
// by what noise does to edges: of them every fourth frame is worked out. False: all stay.
inline bool VideoColorizer::find_unchanged(const MutableYuvView& output) noexcept {
  constexpr Index reach = 12;  // rows of cells: a round of making the grid finer reads one more, of eight, and taps two
  constexpr int most_frames = 4;
  const Index shared = output.format.subsampling == ChromaSubsampling::yuv420 ? 2 : 1;
  const AbGridView own = std::as_const(workspace_).grid();
  const bool may_wait = chroma_.holds() && !by_itself() && !seen_.all_same();
  const bool by_noise = may_wait && ++frames_by_noise_ < most_frames;
  if (!by_noise) frames_by_noise_ = 0;
  const auto is_calm = [&](Index y) {
    for (Index i = y * own.width; i < (y + 1) * own.width; ++i) {
      if (!motion_.is_calm(i)) return false;
    }
    return true;
  };
  const auto same_cells = [&](Index y) {
    const Index at = y * own.width;
    const auto same = [&](const float* now, const float* before) {
      return std::equal(now + at, now + at + own.width, before + at);
    };
    return same(shown(false), shown(true)) && same(shown(false) + count(), shown(true) + count()) &&
           (by_noise ? is_calm(y) : same(own.lightness, lightness_before()));
  };
  Index same_from = 0;  // cells of rows from here to `checked` are what they were
  Index checked = 0;
  bool changed = false;
  for (Index y = 0; y < output.chroma_height(); ++y) {
    const Index cell = (2 * y + 1) * own.height / (2 * output.chroma_height());  // that the row's middle lies in
    const Index last = std::min(cell + reach + 1, own.height);
    for (; checked < last; ++checked) {
      if (!same_cells(checked)) same_from = checked + 1;
    }
    std::uint8_t& keep = keep_.data()[y];
    const bool same_luma = keep != kept_by_noise && seen_.same_row(shared * y) &&
                           seen_.same_row(std::min(shared * y + shared, output.height) - 1);
    const bool same = same_from <= std::max<Index>(cell - reach, 0) && !options_.every_frame;
    keep = !same ? 0 : by_noise ? kept_by_noise : same_luma ? 1 : 0;
    changed = changed || keep == 0;
  }
  return changed || !chroma_.holds();
}

}  // namespace ochre::inline v0

#include <ochre/base/macros_back.hpp>
