#include "precision.hpp"

#include <algorithm>

#include "engine.hpp"
#include "terminal.hpp"

namespace ochre::program {

Precision precision_of(const std::string& word) {
  const auto at = std::find(precision_names.begin(), precision_names.end(), word);
  return at == precision_names.end() ? Precision::float32 : static_cast<Precision>(at - precision_names.begin());
}

Precision wanted_precision(const std::string& word, bool quiet) {
  static bool said = false;
  const Precision asked = precision_of(word);
  const Precision used = precision_used(asked);
  if (used == asked || quiet || said) return asked;
  said = true;
  say("--precision " + word + ": this CPU is faster with " + std::string(name_of(used)) + ", so that is used");
  return asked;
}

}  // namespace ochre::program
