#!/usr/bin/env bash
# Training from pictures to a model file: end_to_end.sh PYTHON OCHRE PICTURES WORK. PYTHON has the packages of
# tools/train; PICTURES is a folder of colour pictures. Trains twice, once interrupted, and expects the same weights;
# then verifies the model, colours with it, and begins another run with its weights.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
train=$here/../../tools/train
python=$1 ochre=$2 pictures=$3 work=$4

mkdir -p "$work/data"
cp -r "$pictures" "$work/data/pictures"
run() {  # run RUN [OPTION...]
  "$python" "$train/train.py" "$here/tiny.toml" --data "$work/data" --cache "$work/cache" --run "$work/$1" "${@:2}"
}

run whole
for made in checkpoint.pt log.csv scores.csv curves.png sheet.png prior.png model.safetensors model.md; do
  [ -s "$work/whole/$made" ] || { echo "$made was not made"; exit 1; }
done
"$ochre" verify "$work/whole/model.safetensors" --quiet
"$ochre" colorize "$work/data/pictures" --model "$work/whole/model.safetensors" -o "$work/coloured" --quiet

# The loss must have fallen: the last line against the first.
awk -F, 'NR == 1 { first = $3 } { last = $3 } END { exit !(NR > 1 && last < 0.9 * first) }' "$work/whole/log.csv"

# Stopped on the way and resumed: the same weights on one thread.
run parts &
while ! grep -q '^[0-9]' "$work/parts/scores.csv" 2>/dev/null; do sleep 0.05; done
pkill -TERM -P "$!" -f train.py
! wait "$!"
run parts --resume
"$python" - "$work/whole/checkpoint.pt" "$work/parts/checkpoint.pt" <<'END'
import sys, torch
one, other = (torch.load(path, weights_only=True)["average"] for path in sys.argv[1:])
different = [name for name in one if not torch.equal(one[name], other[name])]
sys.exit(f"a run that was cut off gave other weights: {different[0]} and {len(different) - 1} more" if different else 0)
END

run more --start-from "$work/whole/model.safetensors"
"$ochre" verify "$work/more/model.safetensors" --quiet
