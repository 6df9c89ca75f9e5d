// The one header that names stb (public domain, github.com/nothings/stb): the decoder of BMP.
// Compiled with internal linkage, so that any number of files may include it and the program may hold another copy of
// stb; only one and the same file cannot have both. stb opens no file here.
#pragma once
#pragma GCC system_header  // the warnings of stb are not ours to mend

#if defined(STBI_INCLUDE_STB_IMAGE_H)
#error "this file already has its own stb_image.h: use ochre/image_io in another source file"
#endif

#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STBI_ASSERT(condition) static_cast<void>(0)  // a library does not end its host
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>
#undef STB_IMAGE_IMPLEMENTATION
