#!/bin/sh
# Compiles each header of a folder on its own: headers_stand_alone.sh FOLDER COMPILER [FLAG...]
# Warnings are errors; no exceptions, no RTTI, no OpenMP. Lists the headers that fail; exit 1 if there is one.
folder=$1
shift
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Wfatal-errors"
export folder warnings
cd "$folder" || exit 2
headers=$(find . -name '*.hpp' | sed 's|^\./||' | sort)
[ -n "$headers" ] || { echo "no headers in $folder"; exit 1; }
printf '%s\n' "$headers" | xargs -P "$(nproc)" -I '{}' sh -c '
  header=$1
  shift
  echo "#include <$header>" |
    "$@" -std=c++20 -fsyntax-only -fno-exceptions -fno-rtti $warnings -I"$folder" -x c++ - 2>&1 ||
    { echo "$header does not compile on its own"; exit 1; }
' sh '{}' "$@" || exit 1
echo "$(printf '%s\n' "$headers" | wc -l) headers compile on their own"
