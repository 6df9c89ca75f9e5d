// Files, of this system: the five functions that each of files_posix.hpp, files_windows.hpp and files_plain.hpp
// defines. Their errors lack the path.
//
//   map_file(path)                bytes of a regular file, not empty, mapped read-only into memory; never waits
//   map_file_below(folder, name)  the same of a file in the folder or below it, no part of whose name is a link;
//                                 name: as name_below() gives it (weights/open_below.hpp)
//   unmap_file(bytes)             gives back what one of these two gave
//   release_file_pages(part)      a wish: pages within a part of such bytes leave memory until they are read again
//   replace_file(path, bytes)     the file `path` becomes these bytes, or stays as it was; never half of them
//
// Paths are bytes on POSIX, UTF-8 on Windows. Tested by mapped_file_test.cpp, open_below_test.cpp,
// atomic_file_test.cpp.
#pragma once

#include <ochre/base/platform/files_plain.hpp>
#include <ochre/base/platform/files_posix.hpp>
#include <ochre/base/platform/files_windows.hpp>
