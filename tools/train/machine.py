"""What this machine is, and what it is good for: bf16, and memory that is kept."""

from __future__ import annotations

import ctypes
import platform
import re
from pathlib import Path

import torch


def machine(threads: int) -> str:
    """What trains here, in words: the GPU, or as many threads of the CPU."""
    precision = ", bf16" if supports_bfloat16() else ""
    if torch.cuda.is_available():
        return f"one {torch.cuda.get_device_name()}{precision}"
    return f"{threads} thread{'s' if threads > 1 else ''} of {processor()}{precision}"


def processor() -> str:
    """The name of the CPU; where the system has none for it, that of the architecture."""
    information = Path("/proc/cpuinfo")
    match = re.search(r"model name\s*: *(.+)", information.read_text()) if information.exists() else None
    return match.group(1) if match else platform.machine()


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
