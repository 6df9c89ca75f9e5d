"""Writes tests/golden/containers/: small files by the formats' own Python writers.

    python tools/golden/containers.py [--output tests/golden/containers]

The C++ writers must give the very same bytes (safetensors 0.8, NumPy 2).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

REPOSITORY = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=REPOSITORY / "tests/golden/containers")
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)

    counting = torch.arange(6, dtype=torch.float32)
    tensors = {
        "conv.weight": counting.reshape(3, 1, 1, 2),
        "conv.bias": counting[:3].clone(),
        "half": counting[:3].to(torch.float16),
        "brain": counting[:3].to(torch.bfloat16),
        "double": counting[:2].to(torch.float64),
        "norm.num_batches_tracked": torch.tensor(7),
        "caf\u00e9 \"quoted\"\\\x01": torch.zeros(0, 5),
        "flags": torch.tensor([True, False, True]),
    }
    # One key only: that writer gives several in an order that changes from run to run.
    save_file(tensors, folder / "python.safetensors", metadata={"note": "tab\t, quote \", caf\u00e9"})

    numbers = np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4) / 8
    np.save(folder / "float32.npy", numbers)
    np.save(folder / "float64.npy", numbers[0].astype(np.float64))
    np.save(folder / "fortran.npy", np.asfortranarray(numbers[0]))
    np.save(folder / "int32.npy", numbers[0, 0].astype(np.int32))
    np.save(folder / "big_endian.npy", numbers[0, 0].astype(">f4"))
    np.save(folder / "scalar.npy", np.float32(1.5))


if __name__ == "__main__":
    main()
