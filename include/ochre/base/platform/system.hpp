// Which operating system this is compiled for, for the other headers of this folder, the only ones that ask:
// OCHRE_WINDOWS, OCHRE_POSIX, or neither, which is a system of which nothing but the standard library is used.
// OCHRE_PLAIN_PLATFORM, the same in all files of a program, makes any system such a one; tests are run so.
#pragma once

#if defined(OCHRE_PLAIN_PLATFORM)
#elif defined(_WIN32)
#define OCHRE_WINDOWS 1
#elif defined(__unix__) || defined(__APPLE__)
#define OCHRE_POSIX 1
#endif
