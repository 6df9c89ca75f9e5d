#!/bin/sh
# dispatch_objects_test.sh OBJECTS PROGRAM_OBJECT...: dispatch_objects.sh holds for OBJECTS/ISA.o and for the program's;
# and it fails on an object of another instruction set and on one whose symbols were left visible (ISA.whole.o).
here=$(dirname "$0")
objects=$1
shift
failed=0
check() {
  wanted=$1
  shift
  sh "$here/dispatch_objects.sh" "$@" >"$log" 2>&1
  got=$?
  [ "$got" = "$wanted" ] || { echo "$*: exit $got, expected $wanted"; cat "$log"; failed=1; }
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for isa in baseline avx2 avx512 avx512bf16 amx; do
  check 0 "$isa" "$objects/$isa.o"
  check 1 "$isa" "$objects/$isa.whole.o"
done
check 0 program "$@"
check 1 program "$objects/avx2.o"
check 1 baseline "$objects/avx2.o"
check 1 avx2 "$objects/avx512.o"
check 1 avx2 "$objects/baseline.o"
check 1 avx512 "$objects/avx512bf16.o"
check 1 avx512bf16 "$objects/avx512.o"
check 1 avx512bf16 "$objects/amx.o"
check 1 amx "$objects/avx512bf16.o"
exit $failed
