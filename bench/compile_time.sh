#!/usr/bin/env bash
# Seconds that a program takes to compile that only opens a Colorizer: bench/compile_time.sh [COMPILER FLAG...]
# (default: c++ -O2, the compiler's own instruction set). On a busy machine read the CPU time.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -gt 0 ] || set -- c++ -O2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/main.cpp" <<'END'
#include <ochre/colorizer.hpp>
int main(int, char** argv) {
  auto colorizer = ochre::Colorizer::open(argv[1], {});
  return colorizer ? 0 : 1;
}
END
TIMEFORMAT="%R s, CPU %U s: $*"
time "$@" -std=c++20 -fopenmp -I"$root/include" -idirafter /usr/include/eigen3 -c "$work/main.cpp" -o "$work/main.o"
