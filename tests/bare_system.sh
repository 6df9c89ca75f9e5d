#!/usr/bin/env bash
# The program on a system that has the C library and nothing else: bare_system.sh PROGRAM PICTURE. In a folder of its own,
# as root or as root of a user namespace. Exit 77: neither can be had here.
set -euo pipefail
program=$(realpath "$1") picture=$(realpath "$2")
enter=
if [ "$(id -u)" != 0 ]; then enter="unshare --map-root-user"; fi
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{etc,tmp}

# Of what the loader finds for a program, the C library's own files; at the paths where it looks for them.
bring() {  # bring PROGRAM
  cp "$1" "$root/$(basename "$1")"
  ldd "$1" | grep -oE '/[^ ]*/(ld-linux[^ ]*|lib(c|m|pthread|dl|rt)\.so[^ ]*)' | while read -r file; do
    mkdir -p "$root$(dirname "$file")"
    cp -L "$file" "$root$file"
  done
}
run() { $enter chroot "$root" "$@"; }

bring /bin/true
run /true || exit 77
bring "$program"
cp "$picture" "$root/picture.jpg"
run "/$(basename "$program")" colorize picture.jpg -o tmp/colored.png --quiet
[ -s "$root/tmp/colored.png" ]

# That it can fail: a program of OpenMP does not start there.
printf '#include <omp.h>\nint main() { return omp_get_max_threads() < 1; }\n' |
  g++ -fopenmp -x c++ - -o "$root/needs_more"
if run /needs_more 2>/dev/null; then exit 1; fi
echo "2 passed, 0 failed"
