// The pictures that teach `ochre eval`: --like, --camera. Each camera, the names alike before their first '-', recalls
// what it was taught; what taught is not scored. Tested by cli/like_test.cpp.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "teaching.hpp"
#include "verbs.hpp"

namespace ochre::program {

// "suburb" of "clips/suburb-0030.png"; the whole name, without its ending, if there is no '-'.
std::string prefix_of(const std::string& path);

class EvalTeachers {
 public:
  // paths: of the pictures to be scored, in order.
  static Result<EvalTeachers> create(const EvalOptions& options, const std::vector<std::string>& paths,
                                     PictureColorizer& colorizer);

  bool has_taught(const std::string& path) const { return taught_.contains(path); }

  // The colorizer recalls what the picture's camera was taught. Errors: a memory of another model.
  Status prepare(const std::string& path, PictureColorizer& colorizer);

 private:
  std::map<std::string, std::shared_ptr<const CameraMemory>> memories_;  // by camera; "" is everybody's
  std::set<std::string> taught_;
  const CameraMemory* recalled_ = nullptr;
  MemoryPlace place_ = MemoryPlace::found;
};

}  // namespace ochre::program
