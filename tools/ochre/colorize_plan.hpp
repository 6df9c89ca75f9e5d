// What `ochre colorize` is going to do, planned before the first picture is read: a plan that would overwrite an input,
// or write one output twice, is refused as a whole, and by every shard alike. Tested by cli/colorize_test.cpp.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <ochre/base/checked.hpp>

#include "shard.hpp"
#include "verbs.hpp"

namespace ochre::program {

struct PictureJob {
  std::string input;
  std::string output;
  std::string name;  // of the input, relative to the folder that was named
  Index page = 0;    // of the input
};

struct ColorizePlan {
  std::vector<PictureJob> jobs;
  bool makes_folders = false;
  std::size_t unusable = 0;  // inputs, and folders within them, that have their line already
  std::size_t results = 0;   // inputs that are left out: with --skip-existing, the planned outputs of others
};

// Whether each page becomes a picture, not the first alone: where the name says that there may be several.
bool takes_pages(const PictureJob& job);

ColorizePlan plan_colorize(const ColorizeOptions& options);

// Nothing, or why the command cannot be meant.
std::string objection(const ColorizeOptions& options, const ColorizePlan& plan);

// Leaves what belongs to the shard, if there is one.
void cut_to_shard(const std::optional<Shard>& shard, ColorizePlan& plan);

}  // namespace ochre::program
