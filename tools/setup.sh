# Shared by tools/demo, tools/check and .ci/run, which source it: what has to be installed, and the build folder.
# Everything is quiet unless it fails.

set -eu
exec </dev/null
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
build=$root/build

choose_generator() {
  if [ -z "${CMAKE_GENERATOR:-}" ] && command -v ninja >/dev/null; then export CMAKE_GENERATOR=Ninja; fi
}
choose_generator

# Debian packages of which something is missing here; by looking for headers and programs, so that it works anywhere.
missing_packages() {  # missing_packages with-tests|program-only; the benchmarks' go with the tests'
  local compiler=${CXX:-c++}
  if ! command -v "$compiler" >/dev/null; then
    echo g++ libxsimd-dev nlohmann-json3-dev libstb-dev zlib1g-dev libpng-dev libjpeg-dev libtiff-dev libwebp-dev libcli11-dev
    [ "$1" = program-only ] || echo libeigen3-dev doctest-dev libbenchmark-dev
  else
    "$compiler" -E -P -x c++ -I/usr/include/eigen3 -I/usr/local/include/eigen3 - <<END
#define WITH_TESTS $([ "$1" = with-tests ] && echo 1 || echo 0)
#if !__has_include(<xsimd/xsimd.hpp>)
libxsimd-dev
#endif
#if !__has_include(<nlohmann/json.hpp>)
nlohmann-json3-dev
#endif
#if !__has_include(<stb/stb_image.h>)
libstb-dev
#endif
#if !__has_include(<zlib.h>)
zlib1g-dev
#endif
#if !__has_include(<png.h>)
libpng-dev
#endif
#if !__has_include(<jpeglib.h>)
libjpeg-dev
#endif
#if !__has_include(<tiffio.h>)
libtiff-dev
#endif
#if !__has_include(<webp/decode.h>)
libwebp-dev
#endif
#if !__has_include(<CLI/CLI.hpp>)
libcli11-dev
#endif
#if WITH_TESTS && !__has_include(<Eigen/Core>)
libeigen3-dev
#endif
#if WITH_TESTS && !__has_include(<doctest/doctest.h>)
doctest-dev
#endif
#if WITH_TESTS && !__has_include(<benchmark/benchmark.h>)
libbenchmark-dev
#endif
END
  fi
  [ "$1" = program-only ] || command -v python3 >/dev/null || echo python3
  [ "$1" = program-only ] || command -v ffmpeg >/dev/null || echo ffmpeg  # which the program runs, if it is there
  command -v cmake >/dev/null || echo cmake
  command -v ninja >/dev/null || command -v make >/dev/null || echo ninja-build
}

install_packages() {  # install_packages PACKAGE...
  [ $# -gt 0 ] || return 0
  local as_root=
  if [ "$(id -u)" != 0 ]; then as_root=sudo; fi
  if ! command -v apt-get >/dev/null || ! command -v ${as_root:-true} >/dev/null; then
    echo "Please install what these Debian packages hold, then run this again: $*" >&2
    exit 1
  fi
  echo "Installing $*"
  local apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends"
  # Returns what went wrong by itself: behind `||` no failure ends a function.
  # A machine that never ran `apt-get update` fails at once; one that did needs no network for the lists.
  $apt install "$@" >/dev/null 2>&1 || quietly sh -c "$apt update && $apt install $*" || return
  choose_generator  # ninja may have come just now
}

quietly() {  # quietly COMMAND...: its output is shown only if it fails, and then ends the script
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  [ $status = 0 ] || { tail -n 60 "$log" >&2; echo "failed: $*" >&2; }
  rm -f "$log"
  return $status
}

configure() {  # configure [CMAKE OPTION...]
  # A build folder that came along with a moved or copied tree is of no use.
  if [ -f "$build/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$build/CMakeCache.txt"; then
    rm -rf "$build"
  fi
  if [ "${CI:-}" = true ]; then set -- "$@" -D OCHRE_WERROR=ON; fi
  quietly cmake -S "$root" -B "$build" "$@"
}

run_tests() {  # run_tests BUILD_FOLDER: shows failures, then `N passed, N failed`; fails if any did, or none ran
  local log=$1/Testing/tests.log
  mkdir -p "$1/Testing"
  ctest --test-dir "$1" --parallel "$(nproc)" --timeout 600 --output-on-failure >"$log" 2>&1 || true
  awk '
    { line[NR] = $0 }
    / tests failed out of / { total = $(NF); failed = $4 }
    END {
      if (total + 0 == 0 || failed + 0 > 0) for (i = 1; i <= NR; ++i) if (line[i] !~ / Passed +[0-9.]+ sec$|^ +Start +[0-9]+:/) print line[i]
      print total - failed " passed, " failed + 0 " failed"
      exit total + 0 == 0 || failed + 0 > 0
    }' "$log"
}
