// The public weight files that are known by their SHA-256: weights/known.json.
#pragma once

#include <nlohmann/json.hpp>

namespace ochre::program {

// An array of objects with the keys name, network, what, bytes, sha256, licence, address; null where it is not known.
const nlohmann::ordered_json& known_files();

}  // namespace ochre::program
