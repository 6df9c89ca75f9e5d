// Names for the results of a folder. Each is the short one ("cat.png" for "cat.jpg"), but where several would have one
// ("cat.jpg" and "cat.png") each gets its long one ("cat.jpg.png", "cat.png.png"). So a name never stands for another
// input than in an earlier run. Tested by cli/folder_test.cpp.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace ochre::program {

struct ResultNames {
  std::string short_one;
  std::string long_one;
};

// In the order of `results`. Two of one long name may have it both.
inline std::vector<std::string> distinct_names(const std::vector<ResultNames>& results) {
  std::vector<std::string> names;
  for (const ResultNames& result : results) names.push_back(result.short_one);
  for (bool changed = true; changed;) {  // a long name may be another's short one
    changed = false;
    std::map<std::string, int> counts;
    for (const std::string& name : names) ++counts[name];
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (counts[names[i]] < 2 || names[i] == results[i].long_one) continue;
      names[i] = results[i].long_one;
      changed = true;
    }
  }
  return names;
}

}  // namespace ochre::program
