"""What this machine is good for: bf16, and memory that is kept."""

from __future__ import annotations

import ctypes

import torch


def supports_bfloat16() -> bool:
    """Whether bf16 is worth it: a GPU that has it, or a CPU with AVX512-BF16 or AMX."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    return torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()


def keep_memory() -> None:
    """Tells glibc's malloc to keep freed memory.

    By default every large tensor is mapped and unmapped anew: a third of the time on a CPU.
    """
    trim_threshold, top_pad, mmap_max, arena_max = -1, -2, -4, -8  # M_* of <malloc.h>
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return  # another C library
    mallopt(mmap_max, 0)
    mallopt(arena_max, 1)
    mallopt(trim_threshold, 2**31 - 1)
    mallopt(top_pad, 2**28)
