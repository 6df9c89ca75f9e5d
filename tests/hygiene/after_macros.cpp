// What users include compiles after and before headers that make macros of common words: Xlib.h, windows.h, and one's
// own. After ochre's headers the macros mean what they meant before. Compiled, not run.
#define Status int
#define Bool int
#define None 0L
#define Success 0
#define Always 2
#define small char
#define byte unsigned char
#define interface struct
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define W 640
#define H 480
#define N 3
#define T 5
#include <ochre/image_io/load_picture.hpp>
#include <ochre/image_io/save_picture.hpp>
#include <ochre/ochre.hpp>

static_assert(W == 640 && H == 480 && N == 3 && T == 5 && None == 0 && Always == 2 && min(N, T) == max(1, 3));

// What a user writes who has Xlib.h.
ochre::Result<void> at_least(int width);
ochre::Result<void> at_least(int width) {
  if (width < W) return ochre::Error{ochre::ErrorCode::invalid_argument, "too narrow"};
  return {};
}
Status width_of(ochre::Extent extent);
Status width_of(ochre::Extent extent) { return static_cast<Status>(extent.w); }
