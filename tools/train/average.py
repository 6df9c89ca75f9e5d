"""Averages the weights of models of one network: `average.py OUTPUT MODEL=SHARE MODEL=SHARE...`.

Weights of runs that began with one another lie in one valley of the loss: their average is as good as
the best, and between them in what they were trained for (Wortsman et al., Model soups, ICML 2022,
section 3). Writes a model file with its own proof; network, description, licence, size, prior and, unless
`--temperature` says otherwise, the temperature are those of the first. A part may lack layers of the first one's
network, as a model does that was made before they were thought of: `averaged` says how they count.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from description import Description, parse
from export import write_model
from model import read_model_file, take_weights
from network import Network
from origin import Beginning, joint_history


def share_of(text: str) -> tuple[Path, int]:
    path, separator, share = text.rpartition("=")
    if not separator or not share.isdigit() or int(share) == 0:
        raise argparse.ArgumentTypeError(f"`{text}`: expected MODEL=SHARE, a share of 1 or more")
    return Path(path), int(share)


def layer_of(tensor: str) -> str:
    """`conv1_1` of `conv1_1.weight`."""
    return tensor.rpartition(".")[0]


def check_part(first: Description, tensors: dict, description: Description, others: dict, path: Path) -> None:
    """Raises ValueError, naming it, where a part has a layer or a shape that the first one's network has not."""
    known = {layer.name: layer for layer in first.layers}
    for layer in description.layers:
        if layer.name not in known:
            raise ValueError(f"{path}: layer {layer.name}: the first model's network has none of this name")
        found, expected = (f"{each.kind} {dict(sorted(each.options.items()))}" for each in (layer, known[layer.name]))
        if found != expected:
            raise ValueError(f"{path}: layer {layer.name}: found {found}, expected {expected}")
    for name, tensor in others.items():
        if name in tensors and tensor.shape != tensors[name].shape:
            raise ValueError(f"{path}: tensor {name}: found {list(tensor.shape)}, expected {list(tensors[name].shape)}")


def averaged(network: Description, tensors: list[dict], shares: list[int]) -> dict:
    """The mean of tensors, float64: those of `network`, all of which the first has.

    A part that lacks a layer has no say in it: the mean is that of the others. But a layer whose output an `add` joins
    to the rest ends a branch that adds nothing in such a part, so its weight and bias count as zero there. (What a
    norm measured of its input is no weight: nothing is known of it where there is no layer.)
    """
    joined = {source for layer in network.layers if layer.kind == "add" for source in layer.sources}
    mean = {}
    for name in tensors[0]:
        having = [(share, each[name].double()) for share, each in zip(shares, tensors) if name in each]
        zero_elsewhere = layer_of(name) in joined and name.endswith((".weight", ".bias"))
        whole = sum(shares) if zero_elsewhere else sum(share for share, _ in having)
        mean[name] = sum(share / whole * tensor for share, tensor in having)
    return mean


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("models", type=share_of, nargs="+", metavar="MODEL=SHARE")
    parser.add_argument("--temperature", type=float, help="default: the first model's")
    arguments = parser.parse_args()
    paths, shares = map(list, zip(*arguments.models))
    metadata, tensors = zip(*map(read_model_file, paths))
    first, text = metadata[0], metadata[0]["network"]
    descriptions = [parse(each["network"]) for each in metadata]
    for path, description, each in zip(paths, descriptions, tensors):
        take_weights(Network(description.text), each, path)  # refuses a file that lacks some of its own network
        check_part(descriptions[0], tensors[0], description, each, path)
    beginnings = [Beginning.of(each) for each in metadata]
    kept = {name: first[name] for name in ("description", "licence", "prior", "temperature", "size")}
    kept["origin"] = f"{first['origin'].split(' Average of')[0]} Average of {len(paths)} models."
    kept["history"] = joint_history([beginning.history for beginning in beginnings], shares)
    kept["data_sha256"] = json.dumps({name: sha for each in beginnings for name, sha in each.data.items()})
    if arguments.temperature:
        kept["temperature"] = repr(arguments.temperature)
    write_model(arguments.output, text, averaged(descriptions[0], tensors, shares), kept)


if __name__ == "__main__":
    main()
