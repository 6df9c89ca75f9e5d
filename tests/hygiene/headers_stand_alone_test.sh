#!/bin/sh
# The check itself must fail on a header that leans on another one, on a warning, on an exception, and on no header.
here=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0
check() {
  name=$1 wanted=$2
  shift 2
  sh "$here/headers_stand_alone.sh" "$folder" "$@" >"$folder/log" 2>&1
  got=$?
  [ "$got" = "$wanted" ] || { echo "$name: exit $got, expected $wanted"; cat "$folder/log"; failed=1; }
}
check "no header" 1 "$@"
echo 'inline int one() { return 1; }' >"$folder/good.hpp"
check "a good header" 0 "$@"
for fault in 'inline std::size_t size = 0;' 'inline short narrow(int x) { return x; }' 'inline void f() { throw 1; }' \
  '#include <typeinfo>
inline const char* f(int x) { return typeid(x).name(); }'; do
  printf '%s\n' "$fault" >"$folder/bad.hpp"
  check "$fault" 1 "$@"
done
exit $failed
