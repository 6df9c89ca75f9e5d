"""The results of compare.py as one Markdown table.

Times are medians of the rounds' medians; a ratio is the median of the rounds' ratios, so that a
machine that slows down for a while does not shift it. Cells `x / y` follow the numbers of threads.
"""

from __future__ import annotations

import statistics


def median_ms(row: dict, threads: str) -> float:
    return statistics.median(row["ms"][threads])


def ratio(row: dict, other: dict, threads: str) -> float:
    """This row's time over the other's."""
    return statistics.median(a / b for a, b in zip(row["ms"][threads], other["ms"][threads]))


def fastest_peer(results: dict, bf16: bool, threads: str) -> dict | None:
    rows = results["engines"].values()
    peers = [row for row in rows if row["bf16"] == bf16 and not row["ours"]]
    return min(peers, key=lambda row: median_ms(row, threads), default=None)


def sorted_rows(results: dict) -> list[dict]:
    """fp32 before bf16, the fastest first, by the last number of threads."""
    last = results["threads"][-1]
    rows = results["engines"].values()
    return sorted(rows, key=lambda row: (row["bf16"], median_ms(row, last)))


def title(row: dict) -> str:
    return row["title"] + (", bf16" if row["bf16"] else "")


def heading(results: dict) -> str:
    return (
        f"{results['network']}, {results['height']}×{results['width']}, "
        f"{results['gmac']:.3g} GMAC; {results['processor']}, {results['date']}; "
        f"median of {results['rounds']} rounds of {results['runs_a_round']} runs"
    )


def text(results: dict) -> str:
    threads = results["threads"]
    counts = " / ".join(threads) + (" thread" if threads == ["1"] else " threads")
    onnxruntime = results["engines"].get("onnxruntime")

    def each(values, form: str) -> str:
        return " / ".join("–" if value is None else format(value, form) for value in values)

    def times_of(row: dict, other: dict | None, count: str) -> float | None:
        return ratio(row, other, count) if other else None

    def share_of_peak(row: dict, count: str) -> float | None:
        peak = results["peak_gflops"][count]
        return peak and 100 * 2 * results["gmac"] / (median_ms(row, count) / 1e3) / peak

    lines = [
        heading(results),
        "",
        f"| engine | ms, {counts} | ÷ fastest peer | ÷ ONNX Runtime | load + first run, s "
        "| peak RSS, MB | max error / max | % of the FMA peak |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in sorted_rows(results):
        fastest = [fastest_peer(results, row["bf16"], count) for count in threads]
        cells = [
            title(row),
            each((median_ms(row, count) for count in threads), ".1f"),
            each((times_of(row, peer, count) for peer, count in zip(fastest, threads)), ".2f"),
            each((times_of(row, onnxruntime, count) for count in threads), ".2f"),
            f"{row['load_s']:.2f}",
            f"{row['peak_rss_mb']:.0f}",
            f"{row['max_error']:.1e}",
            each((share_of_peak(row, count) for count in threads), ".0f"),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    peaks = each((results["peak_gflops"][count] for count in threads), ".0f")
    lines += [
        "",
        "÷: over that peer's time in the same rounds; the fastest peer of the same arithmetic.",
        f"Float FMA peak measured: {peaks} GFLOP/s; work is counted as direct convolution's.",
    ]
    lines += [f"{name} is left out: {reason}" for name, reason in results["left_out"].items()]
    return "\n".join(lines)
