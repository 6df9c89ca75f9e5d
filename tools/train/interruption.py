"""Whether somebody asked to stop, by Ctrl-C (SIGINT) or SIGTERM; who works in steps looks after each."""

from __future__ import annotations

import signal


class Interruption:
    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, *_) -> None:
        self.asked = True
