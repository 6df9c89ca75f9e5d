"""tools/train/lineage.py by itself: lineage_test.py. Needs the standard library alone: in the place of train.py and
average.py a stub writes what they would. end_to_end.sh makes a lineage in earnest."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = HERE.parents[1] / "tools" / "train"
sys.dont_write_bytecode = True
sys.path.insert(0, str(TOOLS))

from order import read_recipes  # noqa: E402

# Without these the recipes must be checked: they are not there where nothing was installed.
DRIVER = """
import sys
for name in ("torch", "numpy", "PIL", "tqdm", "safetensors"):
    sys.modules[name] = None
import lineage, making
making.TRAIN = making.AVERAGE = sys.argv.pop(1)
lineage.main()
"""

# Writes down its arguments, then all files that the recipe hands on; with `wait` beside it, it waits to be stopped
# and leaves a checkpoint, with `fail` it fails.
STUB = """
import os, pathlib, signal, sys, time
here, words = pathlib.Path(__file__).parent, sys.argv[1:]
with (here / "calls").open("a") as calls:
    print(*(pathlib.Path(word).name if "=" not in word else "/".join(word.split("/")[-2:]) for word in words), file=calls)
if words[0].endswith(".safetensors"):
    pathlib.Path(words[0]).write_text(" ".join(words[1:]))
    sys.exit()
from recipe import read_recipe
folder = pathlib.Path(words[words.index("--run") + 1])
def stop(*_):
    (folder / "checkpoint.pt").write_text("half")
    sys.exit(1)
if (here / "wait").exists():
    signal.signal(signal.SIGTERM, stop)
    (here / "waits").write_text(str(os.getpid()))
    time.sleep(60)
if (here / "fail").exists():
    sys.exit("failed")
for name in ["checkpoint.pt", *read_recipe(pathlib.Path(words[0])).files]:
    (folder / name).write_text(f"{folder.name} {name}")
"""


class Case(unittest.TestCase):
    """A copy of the tiny recipes in a folder of its own."""

    def setUp(self) -> None:
        self.work = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.work)
        self.recipes, self.runs = self.work / "recipes", self.work / "runs"
        shutil.copytree(HERE / "recipes", self.recipes)
        (self.work / "data" / "pictures").mkdir(parents=True)
        (self.work / "stub.py").write_text(STUB)

    def change(self, name: str, old: str, new: str) -> None:
        path = self.recipes / name
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new, 1))

    def start(self, *options: str, recipes: Path | None = None) -> subprocess.Popen:
        words = [sys.executable, "-c", DRIVER, str(self.work / "stub.py"), str(recipes or self.recipes), *options]
        environment = os.environ | {"PYTHONPATH": str(TOOLS), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def lineage(self, *options: str, recipes: Path | None = None) -> tuple[int, str]:
        """Its exit status and all that it says."""
        program = self.start(*options, recipes=recipes)
        said = "".join(program.communicate(timeout=60))
        self.assertNotIn("Traceback", said)
        return program.returncode, said

    def make(self, *options: str) -> tuple[int, str]:
        return self.lineage(*self.places(), *options)

    def places(self) -> list[str]:
        return ["--data", f"{self.work}/data", "--cache", f"{self.work}/cache", "--runs", str(self.runs)]

    def training(self) -> int:
        """Waits for the stub to wait; gives the number of its process."""
        path, end = self.work / "waits", time.monotonic() + 60
        while not path.exists() or not path.read_text():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)
        return int(path.read_text())

    def calls(self) -> list[str]:
        """What the stub was called with since the last look."""
        path = self.work / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines


class Committed(Case):
    def test_every_recipe_is_right(self) -> None:
        status, said = self.lineage("--dry-run", recipes=TOOLS / "recipes")
        self.assertEqual((status, said.count("to do")), (0, len(list((TOOLS / "recipes").glob("*.toml")))), said)

    def test_the_plan_names_steps_and_inputs_in_order(self) -> None:
        status, said = self.lineage("--dry-run")
        self.assertEqual(status, 0, said)
        lines = [" ".join(line.split()) for line in said.splitlines()]
        self.assertEqual(lines[0], "01_tiny to do 130 steps, 1 Mpx, from nothing, kept after 100")
        self.assertEqual(lines[3], "04_taught to do 32 steps, 0 Mpx, from 01_tiny@100, taught by 03_teacher")
        self.assertEqual(lines[4], "05_average to do average 1 : 3 : 1 of 02_more, 04_taught, 01_tiny@100")
        self.assertEqual(lines[5], "5 recipes; to make: 4 trainings of 204 steps, 1 averages")
        self.assertFalse(self.runs.exists())

    def test_only_what_the_last_one_needs(self) -> None:
        for last in ("4", "04", "04_taught"):
            _, said = self.lineage("--dry-run", "--to", last)
            self.assertEqual([line.split()[0] for line in said.splitlines()][:-1], ["01_tiny", "03_teacher", "04_taught"])
        status, said = self.lineage("--dry-run", "--to", "9")
        self.assertIn("--to 9: found no such recipe", said)
        self.assertEqual(status, 1)


class Wrong(Case):
    def refused(self, *expected: str) -> None:
        with self.assertRaises(ValueError) as refusal:
            read_recipes(self.recipes)
        for text in expected:
            self.assertIn(text, str(refusal.exception))

    def test_wrong_recipes(self) -> None:
        changes = [
            ("04_taught.toml", "share = 0.5", "shares = 0.5", "lessons.shares: unknown key, expected one of description,"),
            ("04_taught.toml", "share = 0.5", "", "04_taught.toml: lessons.share: missing"),
            ("02_more.toml", '[optimiser]', 'stepps = 3\n[optimiser]', "02_more.toml: stepps: unknown key"),
            ("02_more.toml", 'start_from = "01_tiny"\n', "", "02_more.toml: start_from: missing"),
            ("02_more.toml", 'teacher = "nobody"\n', "", "02_more.toml: teacher: missing"),
            ("02_more.toml", '"01_tiny"\n', '"01_tidy"\n', "02_more.toml: start_from: 01_tidy: no such recipe"),
            ("02_more.toml", '"01_tiny"\n', '"tiny"\n', "start_from: found 'tiny', expected a recipe, a file .safetensors or \"no"),
            ("02_more.toml", '"01_tiny"\n', '"tiny.safetensors"\n', "start_from: tiny.safetensors: no such file"),
            ("03_teacher.toml", '"nothing"', '"t.safetensors"', "start_from: t.safetensors: a teacher has no model file"),
            ("02_more.toml", '"01_tiny"\n', '"02_more"\n', "start_from: 02_more: found a number that is not smaller"),
            ("02_more.toml", '"01_tiny"\n', '"04_taught"\n', "start_from: 04_taught: found a number that is not smaller"),
            ("02_more.toml", '"01_tiny"\n', '"01_tiny@99"\n', "start_from: 01_tiny@99: found keep_after = [100] in"),
            ("02_more.toml", "01_tiny.toml", "02_more.toml", "02_more.toml: found itself among its bases"),
            ("02_more.toml", "01_tiny.toml", "01_tidy.toml", "01_tidy.toml, the base of 02_more.toml: No such file"),
            ("02_more.toml", "steps = 30", "steps = 3.5", "phases, 1 of 1.steps: found 3.5, expected a whole number"),
            ("02_more.toml", "steps = 30", "steps = true", "phases, 1 of 1.steps: found True, expected a whole number"),
            ("02_more.toml", "steps = 30", "steps = ", "02_more.toml: Invalid value"),
            ("02_more.toml", "5e-4", "nan", "optimiser.learning_rate: found nan, expected a number above 0"),
            ("02_more.toml", "[96, 128]", "[128, 96]", "crop: found [128, 96], expected [least, most]"),
            ("02_more.toml", "pictures = { pict", "picture = { pict", "phases, 1 of 1.batch.picture: no such collection"),
            ("03_teacher.toml", '"nobody"', '"01_tiny"', 'teacher: found "01_tiny" and no table [lessons]'),
            ("03_teacher.toml", 'network', 'keep_after = [2]\nnetwork', "keep_after: a teacher keeps no states"),
            ("03_teacher.toml", '"neutral"', '"neutrals"', "made: found 'neutrals', expected one of neutral, grounds"),
            ("04_taught.toml", '"03_teacher"', '"02_more"', "teacher: 02_more: expected a recipe with network = \"teacher\""),
            ("04_taught.toml", '"03_teacher"', '"nobody"', 'teacher: found "nobody" and a table [lessons]'),
            ("04_taught.toml", '"01_tiny@100"', '"03_teacher"', "found network teacher, expected street"),
            ("04_taught.toml", "relu5_5", "relu5_9", "lessons.hints.relu5_9: no layer of the network"),
            ("04_taught.toml", "relu5_5 = 16", "relu5_5 = 8", "expected one layer a stride"),
            ("04_taught.toml", "relu5_5 = 16", "relu5_5 = 5", "lessons.hints.relu5_5: found 5, expected one of 4, 8, 16, 32"),
            ("04_taught.toml", "hint_weight = 1.0", "", "hints and hint_weight go together"),
            ("01_tiny.toml", "[100]", "[130]", "keep_after: found [130], expected ascending steps before the last, 130"),
            ("01_tiny.toml", '"street"', '"streets"', "network: "),
            ("01_tiny.toml", '"joint"', '"joined"', "loss.prior: found 'joined', expected one of joint, colour,"),
            ("05_average.toml", "= 3", "= 0", "average_of.04_taught: found 0, expected a whole number"),
            ("05_average.toml", "02_more", "03_teacher", "04_taught: found network street, expected teacher"),
            ("05_average.toml", "02_more", "tiny", "average_of: found 'tiny', expected a recipe"),
            ("05_average.toml", "temperature", "temprature", "temprature: unknown key, expected one of average_of,"),
        ]
        for name, old, new, expected in changes:
            with self.subTest(f"{name}: {old} -> {new}"):
                kept = (self.recipes / name).read_text()
                try:
                    self.change(name, old, new)
                    self.refused(expected, name)
                finally:
                    (self.recipes / name).write_text(kept)
        read_recipes(self.recipes)

    def test_a_circle(self) -> None:
        self.change("02_more.toml", 'start_from = "01_tiny"', 'start_from = "04_taught"')
        self.change("04_taught.toml", 'start_from = "01_tiny@100"', 'start_from = "02_more"')
        self.refused("02_more.toml: start_from: 04_taught: found a number that is not smaller")

    def test_an_average_of_teachers(self) -> None:
        (self.recipes / "05_average.toml").write_text("[average_of]\n03_teacher = 1\n")
        self.refused("03_teacher: found a teacher, expected what has a model file")

    def test_names_and_numbers(self) -> None:
        shutil.copy(self.recipes / "05_average.toml", self.recipes / "04_average.toml")
        shutil.copy(self.recipes / "05_average.toml", self.recipes / "average.toml")
        self.refused("has the number of", "average.toml: a recipe is named NUMBER_NAME.toml")

    def test_all_that_is_wrong_is_said_at_once(self) -> None:
        self.change("02_more.toml", "steps = 30", "steps = 0")
        self.change("04_taught.toml", "share = 0.5", "share = 2")
        status, said = self.lineage("--dry-run")
        self.assertEqual(status, 1)
        self.assertIn("02_more.toml: phases, 1 of 1.steps: found 0", said)
        self.assertIn("04_taught.toml: lessons.share: found 2", said)

    def test_no_recipe(self) -> None:
        status, said = self.lineage("--dry-run", recipes=self.work)
        self.assertEqual((status, "found no recipe" in said), (1, True), said)


class Making(Case):
    def test_in_order_with_what_each_needs(self) -> None:
        status, said = self.make()
        self.assertEqual(status, 0, said)
        common = "--data data --cache cache --run"
        self.assertEqual(self.calls(), [
            f"01_tiny.toml {common} 01_tiny",
            f"02_more.toml {common} 02_more --start-from model.safetensors",
            f"03_teacher.toml {common} 03_teacher",
            f"04_taught.toml {common} 04_taught --start-from after-100.safetensors --teacher checkpoint.pt",
            "model.safetensors 02_more/model.safetensors=1 04_taught/model.safetensors=3 "
            "01_tiny/after-100.safetensors=1 --temperature 0.5",
        ])  # fmt: skip
        self.assertEqual(self.make()[0], 0)
        self.assertEqual(self.calls(), [], "what is done is not made again")
        self.assertEqual(self.make("--dry-run")[1].count(" done "), 5)

    def test_what_is_done_needs_nothing_any_more(self) -> None:
        self.make()
        shutil.rmtree(self.runs / "01_tiny")
        status, said = self.make()
        self.assertEqual((status, "not needed" in said), (0, True), said)
        shutil.rmtree(self.runs / "05_average")
        self.calls()
        status, said = self.make()
        self.assertEqual(status, 0, said)
        self.assertEqual([line.split()[0] for line in self.calls()], ["01_tiny.toml", "model.safetensors"])

    def test_from_a_model_file(self) -> None:
        self.change("02_more.toml", '"01_tiny"', '"../mine.safetensors"')
        model = self.work / "mine.safetensors"
        model.write_text("mine")
        self.assertEqual(self.make("--to", "2")[0], 0)
        self.assertEqual(self.calls(), ["02_more.toml --data data --cache cache --run 02_more "
                                        "--start-from mine.safetensors"])  # fmt: skip
        self.assertEqual(self.make("--to", "2")[0], 0)
        model.write_text("another")
        status, said = self.make("--to", "2")
        self.assertEqual((status, "02_more: was begun with another ../mine.safetensors than" in said), (1, True), said)
        self.assertEqual(self.calls(), [])

    def test_a_failure_ends_it_and_the_next_call_goes_on(self) -> None:
        (self.work / "fail").touch()
        status, said = self.make()
        self.assertEqual((status, "01_tiny did not come to its end" in said), (1, True), said)
        self.assertEqual(len(self.calls()), 1)
        (self.work / "fail").unlink()
        self.assertEqual(self.make()[0], 0)
        self.assertNotIn("--resume", self.calls()[0], "there was no checkpoint")

    def test_stopped_and_resumed(self) -> None:
        self.make("--to", "1")
        self.calls()
        (self.work / "wait").touch()
        program = self.start(*self.places())
        self.training()
        status, said = self.make()
        self.assertEqual((status, "another lineage is at work there" in said), (1, True), said)
        program.send_signal(signal.SIGTERM)
        said = "".join(program.communicate(timeout=60))
        self.assertEqual((program.returncode, "02_more did not come to its end" in said), (1, True), said)
        (self.work / "wait").unlink()
        self.assertIn("02_more     begun", self.make("--dry-run")[1])
        self.calls()
        self.assertEqual(self.make()[0], 0)
        self.assertIn("02_more.toml --data data --cache cache --run 02_more --resume", self.calls())

    def test_killed_while_it_trains(self) -> None:
        """The training goes on alone; nobody may begin a second one beside it."""
        (self.work / "wait").touch()
        program = self.start(*self.places())
        child = self.training()
        program.kill()
        program.wait()
        self.assertIn("another lineage is at work there", self.make()[1])
        os.kill(child, signal.SIGTERM)
        program.communicate(timeout=60)
        (self.work / "wait").unlink()
        self.assertEqual(self.make()[0], 0)

    def test_pictures_that_are_not_there(self) -> None:
        (self.work / "data" / "pictures").rmdir()
        status, said = self.make("--dry-run")
        self.assertEqual((status, "01_tiny.toml: " in said, "data/pictures is missing" in said), (1, True, True), said)
        self.assertEqual(self.calls(), [])


class Changed(Case):
    def setUp(self) -> None:
        super().setUp()
        self.assertEqual(self.make()[0], 0)
        self.calls()

    def refused(self, expected: str) -> None:
        for options in ((), ("--dry-run",)):
            status, said = self.make(*options)
            self.assertEqual((status, expected in said), (1, True), said)
        self.assertEqual(self.calls(), [])

    def test_a_recipe_after_its_result(self) -> None:
        self.change("02_more.toml", "learning_rate = 5e-4", "learning_rate = 6e-4")
        self.refused("02_more.toml: optimiser.learning_rate was 0.0005, is 0.0006 since")

    def test_its_base(self) -> None:
        self.change("01_tiny.toml", "mixing = 0.5", "mixing = 0.6")
        self.refused("03_teacher.toml: loss.mixing was 0.5, is 0.6 since")

    def test_an_average(self) -> None:
        self.change("05_average.toml", "04_taught = 3", "04_taught = 2")
        self.refused("05_average.toml: average_of.04_taught was 3, is 2 since")

    def test_a_comment_is_no_change(self) -> None:
        self.change("02_more.toml", "# Goes on", "# Goes\n# on")
        self.change("02_more.toml", "5e-4", "0.0005")
        self.assertEqual(self.make()[0], 0)

    def test_an_input_that_was_made_anew(self) -> None:
        shutil.rmtree(self.runs / "03_teacher")
        (self.work / "stub.py").write_text(STUB.replace('f"{folder.name}', 'f"again {folder.name}'))
        self.assertEqual(self.make("--to", "3")[0], 0)
        self.calls()
        self.refused("04_taught: was begun with another 03_teacher than there is now")

    def test_a_result_that_was_replaced(self) -> None:
        (self.runs / "02_more" / "model.safetensors").write_text("mine")
        self.refused("02_more/model.safetensors: found another file than was made")

    def test_a_folder_of_somebody_else(self) -> None:
        (self.runs / "04_taught" / "recipe.json").unlink()
        self.refused("04_taught: found files and no recipe.json")

    def test_a_record_of_somebody_else(self) -> None:
        (self.runs / "04_taught" / "recipe.json").write_text(json.dumps({"name": "taught"}))
        self.refused("04_taught/recipe.json: found what this command did not write")


if __name__ == "__main__":
    unittest.main()
