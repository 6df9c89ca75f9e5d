#!/usr/bin/env bash
# Seconds that a program takes to compile that only colours one picture: bench/compile_time.sh [COMPILER FLAG...]
# (default: c++ -O2, the compiler's own instruction set). The smallest of three runs.
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
best=
for run in 1 2 3; do
  start=$(date +%s%N)
  "$@" -std=c++20 -fopenmp -I"$root/include" -idirafter /usr/include/eigen3 -c "$work/main.cpp" -o "$work/main.o"
  took=$((($(date +%s%N) - start) / 1000000))
  if [ -z "$best" ] || [ "$took" -lt "$best" ]; then best=$took; fi
done
echo "$((best / 1000)).$(printf %03d $((best % 1000))) s: $*"
