// A Colorizer for pictures as they come: of changing sizes, whose workspaces are kept, those that came last, within a
// bound of number and of bytes, so that a size which comes again costs no memory anew; and with borders, paper around a
// print, bars of a letterbox, which stay grey: the Colorizer sees what is inside (color/plain_border.hpp). Tested by
// picture_colorizer_test.cpp.
#pragma once

#include <ochre/base/macros_aside.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ochre/color/plain_border.hpp>
#include <ochre/colorizer.hpp>

namespace ochre::inline v0 {

// How much is kept from one picture to the next.
struct PictureColorizerOptions {
  Index workspaces = 1;                   // that are kept at most, one for each size of picture; 1 or more
  std::optional<Index> bytes{};           // that they may keep together; the last one stays, whatever it takes
  ColorizerWorkspaceOptions workspace{};  // each is made with
};

// A Colorizer and the workspaces it was last used with. Threads: one call at a time, as of a workspace. Any number of
// them, one for each thread, share one Colorizer. Move-only.
class PictureColorizer {
 public:
  // Errors: no Colorizer, an option out of range.
  static Result<PictureColorizer> create(std::shared_ptr<const Colorizer> colorizer,
                                         const PictureColorizerOptions& options = {}) {
    const auto invalid = [](const std::string& reason) { return Error{ErrorCode::invalid_argument, reason}; };
    if (colorizer == nullptr) return invalid("the Colorizer is null");
    if (options.workspaces < 1) {
      return invalid("found " + std::to_string(options.workspaces) + " workspaces to keep, expected 1 or more");
    }
    if (options.bytes.value_or(0) < 0) {
      return invalid("found " + std::to_string(*options.bytes) + " bytes to keep, expected 0 or more");
    }
    return PictureColorizer(std::move(colorizer), options);
  }

  // Null once moved from.
  const std::shared_ptr<const Colorizer>& colorizer() const noexcept { return colorizer_; }

  // Of all workspaces that are kept.
  Index bytes() const noexcept {
    Index sum = 0;
    for (const Colorizer::Workspace& workspace : workspaces_) sum += workspace.bytes();
    return sum;
  }

  // Whether a picture of that size costs no memory anew.
  bool keeps(Extent size) const noexcept {
    return std::any_of(workspaces_.begin(), workspaces_.end(),
                       [&](const auto& workspace) { return workspace.picture() == size; });
  }

  // What of a picture is coloured: what is inside its border; all, if it has none, or if there is a hint on it.
  // picture: that check_picture() finds nothing in.
  static PictureRectangle inside_of(const PictureView& picture, std::span<const Hint> hints = {}) noexcept {
    const PictureRectangle inside = color::inside_of_border(picture);
    const auto is_inside = [&](const Hint& hint) {
      return hint.x >= inside.x && hint.x < inside.right() && hint.y >= inside.y && hint.y < inside.bottom();
    };
    if (std::all_of(hints.begin(), hints.end(), is_inside)) return inside;
    return {0, 0, picture.width, picture.height};
  }

  // As Colorizer::colorize() of what is inside the picture's border, which becomes grey: input and output are of one
  // size, any size. Of an inside's size that is not kept it makes a workspace first, and before that gives up the one
  // that was used longest ago where `workspaces` are kept already. hints: what is known of this picture
  // (ColorizerWorkspace::set_hints()). Errors: those of Colorizer::make_workspace() and Colorizer::colorize(), and of
  // hints; on one the output is untouched.
  Status colorize(const PictureView& input, const MutablePictureView& output, std::span<const Hint> hints = {}) {
    if (colorizer_ == nullptr) return Error{ErrorCode::invalid_argument, "the PictureColorizer was moved from"};
    if (auto status = check_picture(input, "input"); !status) return status;
    if (auto status = detail::check_output(input, output, input.extent()); !status) return status;
    const PictureRectangle inside = inside_of(input, hints);
    if (auto status = bring_forward(inside.extent()); !status) return status;
    Colorizer::Workspace& workspace = workspaces_.front();
    if (auto status = set_hints(hints, inside, workspace); !status) return status;
    auto status = colorizer_->colorize(part_of(input, inside), part_of(output, inside), workspace);
    if (status) show_border(inside, input, output, workspace.memory_->network.team());
    return status;
  }

  // As Colorizer::read_reference(): what a picture in colour teaches, inside its border, whatever its size.
  Result<Reference> read_reference(const PictureView& picture) {
    if (colorizer_ == nullptr) return Error{ErrorCode::invalid_argument, "the PictureColorizer was moved from"};
    if (auto status = check_picture(picture, "reference"); !status) return std::move(status).error();
    const PictureRectangle inside = inside_of(picture);
    if (auto status = bring_forward(inside.extent()); !status) return std::move(status).error();
    return colorizer_->read_reference(part_of(picture, inside), workspaces_.front());
  }

  // What the next pictures recall (ColorizerWorkspaceOptions::memory), or nothing, if it is null; workspaces are made
  // anew. Errors: those of Colorizer::check_memory(), and then what was recalled before stays.
  Status recall(std::shared_ptr<const CameraMemory> memory, MemoryPlace place = MemoryPlace::found) {
    if (colorizer_ == nullptr) return Error{ErrorCode::invalid_argument, "the PictureColorizer was moved from"};
    if (memory != nullptr) {
      if (auto status = colorizer_->check_memory(*memory); !status) return status;
    }
    clear();
    options_.workspace.memory = std::move(memory);
    options_.workspace.place = place;
    return {};
  }

  // That of the last call, for what it tells of it; null before the first.
  const Colorizer::Workspace* last_workspace() const noexcept {
    return workspaces_.empty() ? nullptr : &workspaces_.front();
  }

  // Gives up all memory that is kept; the next picture takes it anew.
  void clear() noexcept { workspaces_.clear(); }

 private:
  PictureColorizer(std::shared_ptr<const Colorizer> colorizer, const PictureColorizerOptions& options)
      : colorizer_(std::move(colorizer)), options_(options) {}

  // Places of the picture become those of what is inside.
  static Status set_hints(std::span<const Hint> hints, const PictureRectangle& inside,
                          Colorizer::Workspace& workspace) {
    return base::catch_no_memory([&]() -> Status {
      std::vector<Hint> moved(hints.begin(), hints.end());
      for (Hint& hint : moved) {
        hint.x -= inside.x;
        hint.y -= inside.y;
      }
      return workspace.set_hints(moved);
    });
  }

  // In grey.
  void show_border(const PictureRectangle& inside, const PictureView& input, const MutablePictureView& output,
                   const parallel::Team& team) const noexcept {
    for (const PictureRectangle& part : color::border_around(inside, input.extent())) {
      if (part.width == 0 || part.height == 0) continue;
      detail::apply_gray(*colorizer_->kernels_.color, part_of(input, part), part_of(output, part), team);
    }
  }

  // The workspace of that size becomes the first.
  Status bring_forward(Extent size) {
    const auto position = std::find_if(workspaces_.begin(), workspaces_.end(),
                                       [&](const auto& workspace) { return workspace.picture() == size; });
    if (position != workspaces_.end()) {
      std::rotate(workspaces_.begin(), position, position + 1);
      return {};
    }
    while (static_cast<Index>(workspaces_.size()) >= options_.workspaces) workspaces_.pop_back();
    auto workspace = colorizer_->make_workspace(size, options_.workspace);
    if (!workspace) return std::move(workspace).error();
    workspaces_.insert(workspaces_.begin(), *std::move(workspace));
    while (options_.bytes && workspaces_.size() > 1 && bytes() > *options_.bytes) workspaces_.pop_back();
    return {};
  }

  std::shared_ptr<const Colorizer> colorizer_;
  PictureColorizerOptions options_;
  std::vector<Colorizer::Workspace> workspaces_;  // the last one used comes first
};

}  // namespace ochre::inline v0

#include <ochre/base/macros_back.hpp>
