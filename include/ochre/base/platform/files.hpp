// Files, of this system: the six functions that each of files_posix.hpp, files_windows.hpp and files_plain.hpp
// defines. Their errors lack the path.
//
//   map_file(path)                bytes of a regular file, not empty, mapped read-only into memory; never waits
//   read_file(path, most)         the same in memory of the caller's own, which no change of the file reaches; errors:
//                                 more bytes than `most`, a file that is cut short meanwhile
//   map_file_below(folder, name)  the same of a file in the folder or below it, no part of whose name is a link;
//                                 name: as name_below() gives it (weights/open_below.hpp)
//   unmap_file(bytes)             gives back what one of these three gave
//   release_file_pages(part)      a wish: pages within a part of such bytes leave memory until they are read again
//   replace_file(path, bytes)     the file `path` becomes these bytes, or stays as it was; never half of them
//
// Paths are bytes on POSIX, UTF-8 on Windows. Tested by mapped_file_test.cpp, open_below_test.cpp,
// atomic_file_test.cpp.
#pragma once

#include <ochre/base/platform/files_plain.hpp>
#include <ochre/base/platform/files_posix.hpp>
#include <ochre/base/platform/files_windows.hpp>
