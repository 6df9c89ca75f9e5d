#!/usr/bin/env bash
# Seconds that a program takes to compile that only uses a Colorizer: bench/compile_time.sh [COMPILER FLAG...]
# (default: c++ -O2, the compiler's own instruction set). On a busy machine read the CPU time.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -gt 0 ] || set -- c++ -O2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/main.cpp" <<'END'
#include <ochre/colorizer_file.hpp>
int main(int, char** argv) {
  static unsigned char gray[640 * 480], rgb[3 * 640 * 480];
  auto colorizer = ochre::Colorizer::open(argv[1], {});
  if (!colorizer) return 1;
  auto workspace = colorizer->make_workspace({640, 480});
  if (!workspace) return 1;
  return colorizer
             ->colorize({.pixels = gray, .width = 640, .height = 480, .row_stride = 640},
                        {.pixels = rgb, .width = 640, .height = 480, .row_stride = 1920}, *workspace)
             .ok()
             ? 0
             : 1;
}
END
TIMEFORMAT="%R s, CPU %U s: $*"
time "$@" -std=c++20 -fopenmp -I"$root/include" -idirafter /usr/include/eigen3 -c "$work/main.cpp" -o "$work/main.o"
