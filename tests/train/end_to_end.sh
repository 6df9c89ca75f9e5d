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
  "$python" "$train/train.py" "$here/recipes/${configuration:-01_tiny.toml}" --data "$work/data" --cache "$work/cache" --run "$work/$1" "${@:2}"
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

# Trained further, by a configuration that names another as its base; what the file says of its origin goes on.
configuration=02_more.toml run more --start-from "$work/whole/model.safetensors"
"$ochre" verify "$work/more/model.safetensors" --quiet

# A teacher, and a model that learns from it; neither goes without the other, and only a teacher teaches. The loss with
# a lesson is what it says; so is that of the hints.
configuration=03_teacher.toml run teacher
[ ! -e "$work/teacher/model.safetensors" ]
configuration=04_taught.toml run taught --teacher "$work/teacher/checkpoint.pt"
"$ochre" verify "$work/taught/model.safetensors" --quiet
for refused in "configuration=04_taught.toml run alone" "run alone --teacher $work/teacher/checkpoint.pt"; do
  if eval "$refused" 2>"$work/refused.txt"; then echo "accepted: $refused"; exit 1; fi
  grep -q "go together" "$work/refused.txt"
done
if configuration=04_taught.toml run pupil --teacher "$work/whole/checkpoint.pt" 2>"$work/refused.txt"; then
  echo "a network without a decoder's features was taken for a teacher"
  exit 1
fi
grep -q "expected a teacher" "$work/refused.txt"
"$python" "$here/parts.py" "$train" "$work/taught/model.safetensors" "$here/recipes" "$work/teacher/checkpoint.pt"

# Averages: of a model with itself the same weights, of two what lies between; another network is refused.
average() {  # average OUTPUT MODEL=SHARE...
  "$python" "$train/average.py" "$work/$1.safetensors" "${@:2}"
}
average same "$work/whole/model.safetensors=1" "$work/whole/model.safetensors=2"
average between "$work/whole/model.safetensors=1" "$work/more/model.safetensors=3" --temperature 0.5
"$ochre" verify "$work/between.safetensors" --quiet
"$python" - "$work" <<'END'
import sys
from pathlib import Path
from safetensors import safe_open
from safetensors.torch import load_file, save_file
def opened(name):
    path = Path(sys.argv[1]) / f"{name}.safetensors"
    with safe_open(path, "pt") as file:
        return load_file(path), file.metadata()
(whole, said), (more, said_more) = opened("whole/model"), opened("more/model")
(same, _), (between, said_between) = opened("same"), opened("between")
assert said_more["history"].startswith(said["history"] + " Trained further by"), said_more["history"]
assert said_between["history"].count(said["history"]) == 1 and "1 : 3" in said_between["history"], said_between["history"]
assert said_between["origin"].endswith("Average of 2 models."), said_between["origin"]
assert said_between["temperature"] == "0.5", said_between["temperature"]
for name in whole:
    assert (same[name] == whole[name]).all(), name
    expected = (whole[name].double() + 3 * more[name].double()) / 4
    assert (between[name].double() - expected).abs().max() <= 1e-3 * expected.abs().max(), name
assert any((whole[name] != more[name]).any() for name in whole)
del more["conv1_1.weight"]
save_file(more, Path(sys.argv[1]) / "short.safetensors", said_more)
END
if average refused "$work/whole/model.safetensors=1" "$work/short.safetensors=1" 2>/dev/null; then
  echo "a model that lacks a tensor was averaged"
  exit 1
fi
[ ! -e "$work/refused.safetensors" ]

# Two models side by side; and where the colours of a surface lie: its own picture's are the truth.
rows=$("$python" "$train/compare.py" "$work/data/pictures" one="$work/whole/model.safetensors" \
  other="$work/more/model.safetensors" --size 64 --plot "$work/compared.png")
[ "$(grep -cE '^\| (one|other|grey) (\| [0-9.]+ ){6}' <<<"$rows")" = 3 ] || { echo "$rows"; exit 1; }
[ -s "$work/compared.png" ]
"$python" - "$work/plain" <<'END'
import sys
from pathlib import Path
from PIL import Image
Path(sys.argv[1]).mkdir()
for name, blue in (("1.png", 0), ("2.png", 255)):
    Image.new("RGB", (16, 8), (0, 0, blue)).save(Path(sys.argv[1]) / name)
END
"$python" "$train/regions.py" "$work/plain" --region all 0 0 16 8 |
  grep -qF '| plain | all | 39.6 (0.0 to 79.2) | -53.9 (-107.9 to 0.0) | 66.9 (0.0 to 133.8) |'
if "$python" "$train/regions.py" "$work/plain" --region beyond 8 0 16 8 >/dev/null 2>&1; then
  echo "a region outside the frame was accepted"
  exit 1
fi
