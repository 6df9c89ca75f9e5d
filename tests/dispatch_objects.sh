#!/bin/sh
# dispatch_objects.sh ISA OBJECT...: the objects have no instruction beyond ISA and, but for baseline, some of its own;
# and no symbol that a linker could merge with another instruction set's. `program` stands for baseline's instructions
# without the second rule: the objects of a program that runs everywhere.
isa=$1
shift
case $isa in
  baseline | program) beyond='%[yz]mm' own='' ;;
  avx2) beyond='%zmm|%k[0-7]' own='vfmadd[0-9]*ps.*%ymm' ;;
  avx512) beyond='vdpbf16ps|vcvtne' own='vfmadd[0-9]*ps.*%zmm' ;;
  avx512bf16) beyond='vp2intersect|tileload|tdpbf16ps' own='vdpbf16ps' ;;
  amx) beyond='vp2intersect' own='tdpbf16ps' ;;
  *) echo "no instruction set $isa"; exit 2 ;;
esac
code=$(mktemp)
trap 'rm -f "$code"' EXIT
for object in "$@"; do
  # Columns: address, instruction. Names of functions are left out.
  objdump -d --no-show-raw-insn "$object" | grep -E '^ ' | sed 's/<.*//' >"$code"
  if [ ! -s "$code" ]; then
    [ "$isa" = program ] && continue  # the embedded model
    echo "$object: no code"
    exit 1
  fi
  if grep -m 3 -E "$beyond" "$code"; then echo "$object: beyond $isa"; exit 1; fi
  if [ -n "$own" ] && ! grep -q -E "$own" "$code"; then echo "$object: nothing of $isa"; exit 1; fi
  [ "$isa" = program ] && continue
  symbols=$(nm --defined-only --extern-only --format=posix "$object" | cut -d ' ' -f 1)
  [ "$symbols" = "ochre_v0_isa_$isa" ] || { echo "$object: other symbols are visible:" $symbols; exit 1; }
done
