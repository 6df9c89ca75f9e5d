"""Which phase a step of a run belongs to, and how far along it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Schedule:
    """Which phase a step belongs to, and how far along the run it is, in pixels."""

    phases: list[dict]

    def phase(self, step: int) -> dict:
        for phase in self.phases:
            if step < phase["steps"]:
                return phase
            step -= phase["steps"]
        raise IndexError("past the last step")

    def steps(self) -> int:
        return sum(phase["steps"] for phase in self.phases)

    @staticmethod
    def pixels_per_step(phase: dict) -> int:
        return phase["side"] ** 2 * sum(part["pictures"] for part in phase["batch"].values())

    def names(self, step: int) -> list[str]:
        """The collection of each picture of a batch."""
        batch = self.phase(step)["batch"]
        return [name for name, part in batch.items() for _ in range(part["pictures"])]

    def pixels_before(self, step: int) -> int:
        """Pixels seen before `step`."""
        total = 0
        for phase in self.phases:
            taken = min(step, phase["steps"])
            total += taken * self.pixels_per_step(phase)
            step -= taken
        return total
