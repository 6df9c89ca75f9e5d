// The version, and the inline namespace that keeps two versions in one program apart (ochre::v0).
#pragma once

namespace ochre::inline v0 {

inline constexpr char version[] = "0.1.0";

}  // namespace ochre::inline v0
