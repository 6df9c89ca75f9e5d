"""Averages the weights of models of one network: `average.py OUTPUT MODEL=SHARE MODEL=SHARE...`.

Weights of runs that began with one another lie in one valley of the loss: their average is as good as
the best, and between them in what they were trained for (Wortsman et al., Model soups, ICML 2022,
section 3). Writes a model file with its own proof; description, licence, size, prior and, unless
`--temperature` says otherwise, the temperature are those of the first.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from export import write_model
from model import read_model_file, take_weights
from network import Network
from origin import Beginning, joint_history


def share_of(text: str) -> tuple[Path, int]:
    path, separator, share = text.rpartition("=")
    if not separator or not share.isdigit() or int(share) == 0:
        raise argparse.ArgumentTypeError(f"`{text}`: expected MODEL=SHARE, a share of 1 or more")
    return Path(path), int(share)


def averaged(tensors: list[dict], shares: list[int]) -> dict:
    """The mean of tensors of the same names, float64."""
    weights = [share / sum(shares) for share in shares]
    return {name: sum(weight * each[name].double() for weight, each in zip(weights, tensors)) for name in tensors[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("models", type=share_of, nargs="+", metavar="MODEL=SHARE")
    parser.add_argument("--temperature", type=float, help="default: the first model's")
    arguments = parser.parse_args()
    paths, shares = map(list, zip(*arguments.models))
    metadata, tensors = zip(*map(read_model_file, paths))
    first, text = metadata[0], metadata[0]["network"]
    for path, each in zip(paths, tensors):
        take_weights(Network(text), each, path)  # refuses those of another network
    beginnings = [Beginning.of(each) for each in metadata]
    kept = {name: first[name] for name in ("description", "licence", "prior", "temperature", "size")}
    kept["origin"] = f"{first['origin'].split(' Average of')[0]} Average of {len(paths)} models."
    kept["history"] = joint_history([beginning.history for beginning in beginnings], shares)
    kept["data_sha256"] = json.dumps({name: sha for each in beginnings for name, sha in each.data.items()})
    if arguments.temperature:
        kept["temperature"] = repr(arguments.temperature)
    write_model(arguments.output, text, averaged(tensors, shares), kept)


if __name__ == "__main__":
    main()
