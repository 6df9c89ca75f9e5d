// The networks whose texts ochre knows, in the order in which an import looks for them.
#pragma once

#include <array>
#include <string_view>

#include <ochre/models/eccv16.hpp>
#include <ochre/models/siggraph17.hpp>
#include <ochre/models/street.hpp>

namespace ochre::inline v0::models {

// The texts of all networks that ochre knows, in the order in which an import looks for them.
inline constexpr std::array<std::string_view, 3> known_networks{eccv16, siggraph17, street};

}  // namespace ochre::inline v0::models
