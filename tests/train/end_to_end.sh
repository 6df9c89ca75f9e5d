#!/usr/bin/env bash
# Training from pictures to model files: end_to_end.sh PYTHON OCHRE PICTURES WORK. PYTHON has the packages of tools/train;
# PICTURES is a folder of colour pictures. Makes the lineage of recipes/, interrupted in its first training and resumed,
# and the first training once more without a break, and expects the same weights; then verifies what was made, and
# colours with it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
train=$here/../../tools/train
python=$1 ochre=$2 pictures=$3 work=$4

mkdir -p "$work/data"
cp -r "$pictures" "$work/data/pictures"
places=(--data "$work/data" --cache "$work/cache")
whole() {  # whole [OPTION...]
  "$python" "$train/train.py" "$here/recipes/01_tiny.toml" "${places[@]}" --run "$work/whole" "$@"
}
lineage() {  # lineage [OPTION...]
  "$python" "$train/lineage.py" "$here/recipes" "${places[@]}" --runs "$work/runs" "$@"
}

whole
for made in checkpoint.pt log.csv scores.csv curves.png sheet.png prior.png model.safetensors model.md; do
  [ -s "$work/whole/$made" ] || { echo "$made was not made"; exit 1; }
done

# The loss must have fallen: the last line against the first.
awk -F, 'NR == 1 { first = $3 } { last = $3 } END { exit !(NR > 1 && last < 0.9 * first) }' "$work/whole/log.csv"

# Stopped on the way and resumed: the same weights on one thread.
"$python" "$train/lineage.py" "$here/recipes" "${places[@]}" --runs "$work/runs" &
while ! grep -q '^[0-9]' "$work/runs/01_tiny/scores.csv" 2>/dev/null; do
  kill -0 "$!"
  sleep 0.05
done
kill -TERM "$!"
if wait "$!"; then echo "a lineage that was stopped said that it came to its end"; exit 1; fi
[ -e "$work/runs/01_tiny/checkpoint.pt" ]
[ ! -e "$work/runs/01_tiny/model.safetensors" ]
lineage --dry-run | grep '^01_tiny *begun' >/dev/null
lineage
"$python" - "$work/whole/checkpoint.pt" "$work/runs/01_tiny/checkpoint.pt" <<'END'
import sys, torch
one, other = (torch.load(path, weights_only=True)["average"] for path in sys.argv[1:])
different = [name for name in one if not torch.equal(one[name], other[name])]
sys.exit(f"a run that was cut off gave other weights: {different[0]} and {len(different) - 1} more" if different else 0)
END
[ "$(lineage --dry-run | grep -c ' done ')" = 5 ]

# All models hold what their proofs say; a teacher has none.
for model in 01_tiny/model 01_tiny/after-100 02_more/model 04_taught/model 05_average/model; do
  "$ochre" verify "$work/runs/$model.safetensors" --quiet
done
[ ! -e "$work/runs/03_teacher/model.safetensors" ]
"$ochre" colorize "$work/data/pictures" --model "$work/runs/05_average/model.safetensors" -o "$work/coloured" --quiet
"$python" "$here/parts_test.py" "$work/runs"

# What the recipe names must be given to a training, and nothing else.
refused() {  # refused MESSAGE COMMAND...
  if "${@:2}" >"$work/refused.txt" 2>&1; then echo "accepted: ${*:2}"; exit 1; fi
  grep -q -- "$1" "$work/refused.txt" || { cat "$work/refused.txt"; exit 1; }
}
alone() {  # alone RECIPE [OPTION...]
  "$python" "$train/train.py" "$here/recipes/$1.toml" "${places[@]}" --run "$work/alone" "${@:2}"
}
refused 'start_from = "01_tiny" and --start-from go together' alone 02_more
refused 'start_from = "nothing" and --start-from go together' alone 01_tiny --start-from "$work/whole/model.safetensors"
refused 'teacher = "nobody" and --teacher go together' alone 01_tiny --teacher "$work/runs/03_teacher/checkpoint.pt"
refused 'teacher = "03_teacher" and --teacher go together' alone 04_taught --start-from "$work/whole/model.safetensors"
sed 's/^learning_rate = .*/learning_rate = 1e30/' "$here/recipes/01_tiny.toml" >"$work/01_wild.toml"
refused 'no weights worth keeping' \
  "$python" "$train/train.py" "$work/01_wild.toml" "${places[@]}" --run "$work/wild"
[ ! -e "$work/wild/model.safetensors" ]
refused 'an average, which average.py makes' alone 05_average
refused 'give --resume, or another --run' whole
[ ! -e "$work/alone" ]

# Averages: of a model with itself the same weights, of two what lies between; another network is refused.
average() {  # average OUTPUT MODEL=SHARE...
  "$python" "$train/average.py" "$work/$1.safetensors" "${@:2}"
}
average same "$work/whole/model.safetensors=1" "$work/whole/model.safetensors=2"
average between "$work/runs/01_tiny/model.safetensors=1" "$work/runs/02_more/model.safetensors=3" --temperature 0.5
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
(whole, said), (more, said_more) = opened("runs/01_tiny/model"), opened("runs/02_more/model")
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
refused 'tensors do not fit' average refused "$work/whole/model.safetensors=1" "$work/short.safetensors=1"
[ ! -e "$work/refused.safetensors" ]

# Two models side by side; and where the colours of a surface lie: its own picture's are the truth.
rows=$("$python" "$train/compare.py" "$work/data/pictures" one="$work/whole/model.safetensors" \
  other="$work/runs/02_more/model.safetensors" --size 64 --plot "$work/compared.png")
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
refused '' "$python" "$train/regions.py" "$work/plain" --region beyond 8 0 16 8
