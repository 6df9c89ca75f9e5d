// The one header that names stb (public domain, github.com/nothings/stb): decoders of PNG, JPEG and BMP, the JPEG
// encoder. Compiled with internal linkage, so that any number of files may include it and the program may hold another
// copy of stb; only one and the same file cannot have both. stb opens no file here, and one allocation takes at most
// stb_allocation_limit bytes: a hostile PNG of 2 MB could ask for 2 GB otherwise.
#pragma once
#pragma GCC system_header  // the warnings of stb are not ours to mend

#include <cstddef>
#include <cstdlib>

#if defined(STBI_INCLUDE_STB_IMAGE_H) || defined(INCLUDE_STB_IMAGE_WRITE_H)
#error "this file already has its own stb_image.h: use ochre/image_io in another source file"
#endif

namespace ochre::inline v0::detail {

// Set right before decoding, by the thread that decodes: stb's calls have no room for it.
inline thread_local std::size_t stb_allocation_limit = 0;

// Zeros, because stb 2.27 reads tables that a hostile JPEG names but never defines. Large ones come zeroed from the
// system at no cost.
inline void* stb_malloc(std::size_t size) noexcept {
  return size <= stb_allocation_limit ? std::calloc(size, 1) : nullptr;
}

inline void* stb_realloc(void* memory, std::size_t size) noexcept {
  return size <= stb_allocation_limit ? std::realloc(memory, size) : nullptr;
}

}  // namespace ochre::inline v0::detail

#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STBI_ASSERT(condition) static_cast<void>(0)  // a library does not end its host
#define STBI_MALLOC(size) ochre::detail::stb_malloc(size)
#define STBI_REALLOC(memory, size) ochre::detail::stb_realloc(memory, size)
#define STBI_FREE(memory) std::free(memory)
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
// On the numbers of a damaged JPEG stb 2.27 overflows and shifts too far (stbi__grow_buffer_unsafe, the IDCT): wrong
// pixels in a picture that is damaged anyway. That is stb's; UBSan need not stop for it, ASan still does for addresses.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("undefined"))), apply_to = function)
#endif
#include <stb/stb_image.h>
#if defined(__clang__)
#pragma clang attribute pop
#endif
#undef STB_IMAGE_IMPLEMENTATION

#define STBI_WRITE_NO_STDIO
#define STBIW_ASSERT(condition) static_cast<void>(0)
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>
#undef STB_IMAGE_WRITE_IMPLEMENTATION
