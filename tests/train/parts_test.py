"""The parts of tools/train by themselves: parts_test.py RUNS, where end_to_end.sh has made the recipes of this folder."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tools" / "train"))

import torch
from safetensors.torch import save_file

from ab import SoftEncoder, annealed_mean, bins, lab_from_rgb, pixel_rows
from average import averaged, check_part
from description import Description, Head, network_text, parse
from estimate import estimate_loss, estimate_unsteadiness
from evaluate import chroma_of_neutral
from grounds import GroundPictures
from hints import Pupil, unexplained
from loss import Lesson, Objective, prior_loss, unsteadiness
from machine import machine
from model import Model, read_model_file
from network import Attention, Network
from neutral import NeutralPictures
from origin import joint_history, stages
from pictures import MADE, collection_of
from prior import KINDS, cells_of, target_ab
from recipe import read_recipe, read_tables
from run import forget_after
from schema import DRAWN, PRIORS, STRIDES
from teacher import WIDTHS, Teacher
from trainer import Trainer

RUNS = Path(sys.argv.pop(1))
ENCODER = SoftEncoder()


def random_lab(pictures: int = 2) -> torch.Tensor:
    torch.manual_seed(1)
    return torch.cat((100 * torch.rand(pictures, 1, 16, 16), 80 * torch.rand(pictures, 2, 16, 16) - 40), 1)


class Recipes(unittest.TestCase):
    def test_the_schema_says_what_the_modules_know(self) -> None:
        self.assertEqual(set(DRAWN), MADE.keys())
        self.assertEqual(set(PRIORS), KINDS.keys())
        self.assertEqual(set(STRIDES), WIDTHS.keys())

    def test_bases(self) -> None:
        tables = {
            "last": 'base = "middle.toml"\n[loss]\nsigma = 3',
            "middle": 'base = "first.toml"\nseed = 2\nteacher = "1_one"\n[loss]\nmixing = 0.7',
            "first": 'seed = 1\nstart_from = "1_one"\nkeep_after = [3]\n[loss]\nsigma = 5\nmixing = 0.5',
            "own": 'base = "own.toml"',
        }
        with tempfile.TemporaryDirectory() as folder:
            for name, text in tables.items():
                (Path(folder) / f"{name}.toml").write_text(text)
            self.assertEqual(read_tables(Path(folder) / "last.toml"), {"seed": 2, "loss": {"sigma": 3, "mixing": 0.7}})
            with self.assertRaisesRegex(ValueError, "found itself among its bases"):
                read_tables(Path(folder) / "own.toml")


class Losses(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = random_lab()
        self.guess, self.weights = torch.randn(32, 313).log_softmax(1), torch.rand(4, 313) + 0.5

    def cells(self, lab: torch.Tensor):
        return cells_of(lab, 4, 4, ENCODER, 4)

    def prior_loss(self, *said: torch.Tensor) -> float:
        lesson = Lesson(*said, {}) if said else None
        return prior_loss(self.guess, self.cells(self.lab), self.weights, lesson).item()

    def test_rows_are_the_channels_of_a_pixel(self) -> None:
        self.assertTrue(torch.equal(pixel_rows(self.lab)[16 * 16 + 3 * 16 + 5], self.lab[1, :, 3, 5]))

    def test_a_lesson(self) -> None:
        loss = self.prior_loss
        index, share = ENCODER(target_ab(self.lab[:, 1:], 4, 4))
        truth = torch.zeros(32, 313).scatter_(1, index, share)
        self.assertLess(abs(loss(truth, torch.full((32,), 0.7)) - loss()), 1e-5, "who says the truth changes nothing")
        wrong, whole, none = truth.roll(1, 1), torch.ones(32), torch.zeros(32)
        self.assertGreater(abs(loss(wrong, whole) - loss()), 1e-2)
        self.assertLess(abs(loss(wrong, none) - loss()), 1e-5)
        first = torch.arange(32) < 16
        both = loss(wrong, first.float()) + loss(wrong, (~first).float())
        self.assertLess(abs(both - loss() - loss(wrong, whole)), 1e-5, "each picture has its own share")

    def test_unsteadiness(self) -> None:
        guess, other = self.guess, self.guess.roll(1, 0)
        divergence = sum(torch.nn.functional.kl_div(p, q, log_target=True, reduction="batchmean")
                         for p, q in ((guess, other), (other, guess)))  # fmt: skip
        self.assertEqual(unsteadiness(guess, guess), 0)
        self.assertLess(abs(unsteadiness(guess, other) - divergence / 2), 1e-4)
        self.assertGreater(divergence, 0.5)

    def shown(self, guess: int, true: int, weights: torch.Tensor | None = None, **options: float) -> float:
        """The loss of the sure answer bin `guess` for two flat pictures of the colour of bin `true`."""
        color = bins()[true].view(1, 2, 1, 1).expand(2, 2, 16, 16)
        lab = torch.cat((torch.full((2, 1, 16, 16), 50.0), color), 1)
        sure = annealed_mean(99 * torch.eye(313)[guess].expand(32, 313), 0.4)
        weights = torch.ones(4, 313) if weights is None else weights
        return estimate_loss(sure, self.cells(lab), weights, {"pixel": 0, "picture": 0} | options).item()

    def test_the_colors_shown(self) -> None:
        shown = self.shown
        self.assertEqual((bins()[41] - bins()[40]).tolist(), [0, 10], "a step apart")
        self.assertAlmostEqual(shown(40, 40, pixel=1), 0.1, delta=1e-4)
        self.assertAlmostEqual(shown(41, 40, pixel=1), 1.005, delta=1e-3)
        self.assertAlmostEqual(shown(42, 40, picture=1), math.log(4.1), delta=1e-3)
        self.assertLess(shown(40, 40, picture=1), -2.3)
        heavy = torch.ones(4, 313)
        heavy[0, 40] = 3
        self.assertAlmostEqual(shown(41, 40, heavy, pixel=1), 3 * 1.005, delta=1e-3, msg="the true colour's weight")
        self.assertAlmostEqual(shown(40, 41, heavy, pixel=1), 1.005, delta=1e-3)
        gray = torch.full((1, 1, 16, 16), 50.0)
        colorless = self.cells(torch.cat((gray, 0 * gray, 0 * gray), 1))
        even = annealed_mean(torch.zeros(16, 313), 0.4)
        expected = (bins().mean(0).square().sum() / 100 + 0.01).sqrt().item()
        loss = estimate_loss(even, colorless, heavy, {"pixel": 1, "picture": 0}).item()
        self.assertAlmostEqual(loss, expected, delta=1e-3, msg="the mean of the bins is shown")

    def test_twins_shown(self) -> None:
        guess, other = (annealed_mean(99 * torch.eye(313)[place].view(1, 313), 0.4) for place in (41, 43))
        for first, second, apart in ((guess, guess, 0.1), (guess, other, math.sqrt(4.01))):
            self.assertAlmostEqual(estimate_unsteadiness(first, second, {"twin": 1.5}).item(), 1.5 * apart, delta=1e-3)

    def test_an_objective_is_the_sum_of_its_parts(self) -> None:
        logits, cells = torch.randn(4, 313, 4, 4), self.cells(self.lab)
        parts = pixel_rows(logits).log_softmax(1).chunk(2)
        plain = sum(prior_loss(part, cells, self.weights) for part in parts) / 2
        expected = plain + 3 * unsteadiness(*parts)
        options = {"temperature": 0.4, "pixel": 0.5, "picture": 0.25, "twin": 1.5}
        estimate_weights = torch.rand(4, 313)
        objective = Objective(self.weights)
        self.assertAlmostEqual(objective.loss(logits, cells, 3, None, {}).item(), expected.item(), places=4)
        shown = annealed_mean(pixel_rows(logits), 0.4).chunk(2)
        expected += sum(estimate_loss(ab, cells, estimate_weights, options) for ab in shown) / 2
        expected += estimate_unsteadiness(*shown, options)
        objective = Objective(self.weights, options, estimate_weights)
        self.assertAlmostEqual(objective.loss(logits, cells, 3, None, {}).item(), expected.item(), places=4)
        features, read = {8: torch.randn(2, 4, 2, 2)}, {8: torch.randn(4, 4, 2, 2)}
        lesson = Lesson(torch.zeros(32, 313), torch.zeros(32), features)  # its word on colours does not count
        expected += 0.5 * unexplained(read, features)
        objective = Objective(self.weights, options, estimate_weights, 0.5)
        self.assertAlmostEqual(objective.loss(logits, cells, 3, lesson, read).item(), expected.item(), places=4)


class Hints(unittest.TestCase):
    def test_what_is_not_told(self) -> None:
        torch.manual_seed(1)
        features = {8: 5 + 3 * torch.randn(2, 4, 6, 6), 16: torch.rand(2, 3, 5, 5)}
        known = {stride: (map - map.mean((0, 2, 3), True)) / map.std((0, 2, 3), correction=0, keepdim=True)
                 for stride, map in features.items()}  # fmt: skip
        self.assertLess(unexplained(known, features), 0.01, "all is told")
        nothing = {stride: 0 * map for stride, map in known.items()}
        self.assertLess(abs(unexplained(nothing, features) - 2), 0.02, "nothing is told")
        by_one = {8: torch.cat((known[8], 0 * known[8]))}
        self.assertLess(abs(unexplained(by_one, features) - 0.5), 0.01, "by one twin of two")
        self.assertLess(abs(unexplained({8: known[8].flip(0)}, features) - 2), 0.4, "of the other picture")

    def test_layers(self) -> None:
        street = Network(network_text("street"))
        read = Pupil(street, {"relu5_5": 16, "relu6_5": 8})(random_lab()[:, :1])[1]
        shapes = {stride: tuple(map.shape) for stride, map in read.items()}
        self.assertEqual(shapes, {16: (2, 256, 1, 1), 8: (2, 192, 2, 2)})
        for hints in ({"relu9": 16}, {"relu5_5": 5}, {"relu5_5": 16, "relu5_1": 16}):
            with self.assertRaisesRegex(ValueError, "expected layers of the network"):
                Pupil(street, hints)


class Drawn(unittest.TestCase):
    def pictures(self, collection, count: int) -> list:
        pictures = [collection[index] for index in range(count)]
        self.assertTrue(all((picture == collection[index]).all() for index, picture in enumerate(pictures)),
                        "not by the index alone")  # fmt: skip
        self.assertEqual(len({picture.tobytes() for picture in pictures}), count)
        return pictures

    def test_neutral_pictures_have_no_color(self) -> None:
        for picture in self.pictures(NeutralPictures(), 30):
            self.assertTrue((picture == picture[..., :1]).all())

    def test_grounds_have_lawns_and_roads(self) -> None:
        rows = [torch.from_numpy(picture[160:]).unsqueeze(0) for picture in self.pictures(GroundPictures(), 20)]
        low = torch.cat([lab_from_rgb(row).flatten(2) for row in rows], 2)[0]
        green, gray = (low[1] < -3) & (low[2] > 5), low[1:].abs().amax(0) < 6
        self.assertTrue(0.2 < green.float().mean() < 0.9 and 0.1 < gray.float().mean() < 0.8)

    def test_unknown_ones(self) -> None:
        with self.assertRaisesRegex(ValueError, "^made = True: expected one of neutral, grounds$"):
            collection_of({"made": True}, Path("."), Path("."))

    def test_what_color_they_are_given(self) -> None:
        class Painter(torch.nn.Module):  # paints all in the colour of bin 40
            description = Description("", head=Head("distribution", ""))

            def forward(self, lightness: torch.Tensor) -> torch.Tensor:
                return torch.eye(313)[40].view(1, 313, 1, 1).expand(1, 313, 64, 64) * 99

        for chroma in chroma_of_neutral(Model(Painter(), 0.5), [0.5, 0.8]):
            self.assertAlmostEqual(chroma, bins()[40].norm().item(), delta=1e-3)


class Teaching(unittest.TestCase):
    checkpoint = RUNS / "03_teacher" / "checkpoint.pt"

    def trainer(self, name: str) -> Trainer:
        return Trainer(read_recipe(HERE / "recipes" / name).content, torch.device("cpu"))

    def test_its_word_on_what_is_drawn_does_not_count(self) -> None:
        trainer = self.trainer("04_taught.toml")
        trainer.learn_from(self.checkpoint)
        names = trainer.schedule.names(30)
        self.assertEqual(names, ["pictures", "pictures", "grounds"])
        said = trainer.lesson(random_lab()[:1].repeat(3, 1, 2, 2), names)
        self.assertEqual(said.share.tolist(), [0.5] * 128 + [0] * 64)

    def test_only_a_teacher_teaches(self) -> None:
        with self.assertRaisesRegex(ValueError, "expected a teacher"):
            self.trainer("04_taught.toml").learn_from(RUNS / "01_tiny" / "checkpoint.pt")

    def test_the_encoder_learns_along_slowly(self) -> None:
        state = torch.load(self.checkpoint, map_location="cpu", weights_only=True)["model"]
        for name, parameter in Teacher().encoder.named_parameters():
            if parameter.ndim > 1:
                shift = (state[f"network.encoder.{name}"] - parameter).abs().max()
                self.assertTrue(0 < shift < 0.003, name)

    def test_a_teacher_goes_on_from_one(self) -> None:
        state = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
        again = self.trainer("03_teacher.toml")
        again.start_from(self.checkpoint)
        begun = again.model.network.state_dict()
        self.assertTrue(all(torch.equal(begun[name], tensor) for name, tensor in state["average"].items()))


ATTENTION = re.compile(r"^\w+ (?:read|norm_read|context|tell|sum_tell|relu_tell)5_\d\b.*\n", re.MULTILINE)


def without_attention() -> tuple[dict, dict]:
    """The first run's file, metadata and tensors, as if it had been made before the network had attention."""
    metadata, tensors = read_model_file(RUNS / "01_tiny" / "model.safetensors")
    metadata["network"] = ATTENTION.sub("", metadata["network"]).replace("relu_tell5_3", "relu5_3")
    names = {layer.name for layer in parse(metadata["network"]).layers}
    return metadata, {name: tensor for name, tensor in tensors.items() if name.rpartition(".")[0] in names}


class Beginnings(unittest.TestCase):
    def begun(self, lost: str) -> tuple[dict, dict]:
        """A trainer that began with the first run's file without attention, and without the tensor `lost`: its
        weights, and those of the file."""
        metadata, kept = without_attention()
        kept.pop(lost, None)
        trainer = Trainer(read_recipe(HERE / "recipes" / "01_tiny.toml").content, torch.device("cpu"))
        with tempfile.TemporaryDirectory() as folder:
            save_file(kept, Path(folder) / "older.safetensors", metadata)
            trainer.start_from(Path(folder) / "older.safetensors")
        return trainer, kept

    def test_layers_that_the_file_lacks_begin_anew(self) -> None:
        trainer, kept = self.begun("")
        self.assertNotIn("read5_3.weight", kept)
        for network in (trainer.model.network, trainer.average):
            state = network.state_dict()
            for name, tensor in kept.items():
                self.assertTrue(torch.equal(state[name], tensor.to(state[name])), name)
        first, average = trainer.model.network.state_dict(), trainer.average.state_dict()
        self.assertTrue(torch.equal(first["read5_3.weight"], average["read5_3.weight"]))
        self.assertGreater(first["read5_3.weight"].std(), 0)

    def test_a_tensor_of_a_layer_that_it_has_must_be_there(self) -> None:
        with self.assertRaisesRegex(ValueError, "conv1_1.weight"):
            self.begun("conv1_1.weight")


class Averages(unittest.TestCase):
    ONE = "network n\ninput x channels=1\nconv2d one out=2 kernel=1\n"
    END = "output end\nhead ab layer=end\n"
    TWO = "conv2d two out=2 kernel=1\nbatch_norm three\nadd sum from=three,one\n"
    FIRST = parse(f"{ONE}{TWO}conv2d end out=2 kernel=1\n{END}")
    OLDER = parse(f"{ONE}conv2d end out=2 kernel=1\n{END}")

    def tensors(self, description: Description, value: float) -> dict:
        """Those of a network's file, all numbers the same."""
        state = Network(description.text).state_dict()
        return {name: torch.full(tensor.shape, value) for name, tensor in state.items() if tensor.ndim}

    def values(self, *parts: tuple[Description, float, int]) -> dict:
        """What each tensor of the average of parts (network, value, share) holds throughout."""
        tensors = [self.tensors(network, value) for network, value, _ in parts]
        mean = averaged(self.FIRST, tensors, [share for *_, share in parts])
        self.assertTrue(all((tensor == tensor.flatten()[0]).all() for tensor in mean.values()))
        return {name: round(tensor.flatten()[0].item(), 9) for name, tensor in mean.items()}

    def test_of_one_network(self) -> None:
        self.assertEqual(set(self.values((self.FIRST, 8, 3), (self.FIRST, 16, 1)).values()), {10})

    def test_a_part_that_lacks_layers(self) -> None:
        values = self.values((self.FIRST, 8, 3), (self.OLDER, 16, 2), (self.FIRST, 24, 1))
        self.assertEqual((values["one.weight"], values["end.bias"]), (round(80 / 6, 9),) * 2)
        self.assertEqual((values["two.weight"], values["two.bias"]), (12, 12), "a mean of those that have it")
        self.assertEqual((values["three.weight"], values["three.bias"]), (8, 8), "an add joins it: zero where it is not")
        measured = (values["three.running_mean"], values["three.running_var"])
        self.assertEqual(measured, (12, 12), "what a norm measured is no weight")

    def refused(self, message: str, text: str) -> None:
        other = parse(text)
        with self.assertRaisesRegex(ValueError, f"^part: {message}"):
            check_part(self.FIRST, self.tensors(self.FIRST, 0), other, self.tensors(other, 0), Path("part"))

    def test_what_the_first_has_not(self) -> None:
        text = self.FIRST.text
        check_part(self.FIRST, self.tensors(self.FIRST, 0), self.OLDER, self.tensors(self.OLDER, 0), Path("part"))
        self.refused("layer four: the first model's network has none", text.replace("add sum", "relu four\nadd sum"))
        wider = text.replace("two out=2", "two out=3")
        self.refused("layer two: found conv2d .*'out': '3'.*, expected conv2d .*'out': '2'", wider)
        self.refused("layer three: found relu .*, expected batch_norm", text.replace("batch_norm three", "relu three"))
        of_five = text.replace("channels=1", "channels=5")
        self.refused(r"tensor one.weight: found \[2, 5, 1, 1\], expected \[2, 1, 1, 1\]", of_five)

    def average(self, folder: str, *parts: str) -> subprocess.CompletedProcess:
        program = HERE.parents[1] / "tools" / "train" / "average.py"
        command = [sys.executable, program, "mean.safetensors", *parts]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True)

    def test_files(self) -> None:
        metadata, kept = without_attention()
        newer = RUNS.resolve() / "02_more" / "model.safetensors"
        of_newer = read_model_file(newer)[1]
        with tempfile.TemporaryDirectory() as folder:
            save_file(kept, Path(folder) / "older.safetensors", metadata)
            done = self.average(folder, "older.safetensors=1", f"{newer}=4")
            self.assertIn("layer read5_3: the first model's network has none of this name", done.stderr)
            self.assertFalse((Path(folder) / "mean.safetensors").exists())
            done = self.average(folder, f"{newer}=4", "older.safetensors=1")
            self.assertEqual(done.returncode, 0, done.stderr)
            mean = read_model_file(Path(folder) / "mean.safetensors")[1]
        self.assertEqual(mean.keys(), of_newer.keys())
        for name, tensor in of_newer.items():
            expected = (4 * tensor.double() + kept[name].double()) / 5 if name in kept else tensor.double()
            if name in ("tell5_3.weight", "tell5_3.bias", "tell5_5.weight", "tell5_5.bias"):
                expected = 0.8 * tensor.double()
            kind = torch.finfo(tensor.dtype)  # what it was rounded to once
            self.assertTrue(((mean[name] - expected).abs() <= kind.eps * (expected.abs() + kind.tiny)).all(), name)


class Attentions(unittest.TestCase):
    def test_it_is_the_formula(self) -> None:
        torch.manual_seed(1)
        x = torch.randn(1, 12, 3, 5, dtype=torch.float64)
        self.assertEqual([Attention(2, most).square(3, 5) for most in (15, 14, 6, 5, 2, 1)], [1, 2, 2, 3, 3, 5])
        places = x.flatten(2)[0]
        squares = [[y * 5 + x for y in range(3) for x in range(left, min(left + 3, 5))] for left in (0, 3)]
        given = Attention(2, 3)(x).flatten(2)[0]
        for head in (0, 2):
            q, k, v = (places[third * 4 + head : third * 4 + head + 2] for third in range(3))
            keys, values = (torch.stack([part[:, square].mean(1) for square in squares], 1) for part in (k, v))
            shares = torch.softmax(q.T @ keys / math.sqrt(2), 1)
            self.assertTrue(torch.allclose(given[head : head + 2], values @ shares.T))


class Runs(unittest.TestCase):
    def told(self, name: str) -> dict[str, str]:
        return read_model_file(RUNS / name)[0]

    def test_what_a_file_says_of_its_origin(self) -> None:
        told = self.told("04_taught/model.safetensors")
        said = "50 % of the target the distribution of a teacher of twelve steps, and the error of the point estimate at temperature 0.4."
        self.assertIn(said, told["history"])
        self.assertIn("grounds drawn by the program", told["history"])
        self.assertIn(f" minutes on {machine(1)}, exponential moving average", told["history"])
        self.assertLess(len(told["origin"]), 400)
        self.assertEqual(told["data_sha256"].count(":"), 1, "drawn collections have no archive")

    def test_a_state_says_how_far_it_went(self) -> None:
        end, state = self.told("01_tiny/model.safetensors"), self.told("01_tiny/after-100.safetensors")
        self.assertIn("100 steps of 8 crops, 32x32, 50 % of them as a camera sees them; 30 steps of", end["history"])
        self.assertIn("100 steps of 8 crops, 32x32, 50 % of them as a camera sees them. ", state["history"])
        self.assertTrue(self.told("04_taught/model.safetensors")["history"].startswith(state["history"] + " Trained further"))

    def test_rows_after_the_last_checkpoint_are_forgotten(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "scores.csv"
            forget_after(path, 3)
            self.assertFalse(path.exists())
            path.write_text("step,auc\n2,9\n3,9\n4,9\n10,9\n")
            forget_after(path, 3)
            self.assertEqual(path.read_text(), "step,auc\n2,9\n3,9\n")

    def test_histories(self) -> None:
        scratch, more, other = "Trained from scratch, 1 step. 2026.", "Trained further, 2 steps. 2026.", "Trained further by me."
        mean = joint_history([scratch, f"{scratch} {more}"], [4, 5])
        self.assertEqual(mean, f"{scratch} Average, 4 : 5, of the weights: [as they were], [{more}]")
        self.assertEqual(stages(f"{mean} {other}"), [*stages(mean), other])
        self.assertEqual(len(stages(mean)), 2)
        again = joint_history([f"{mean} {other}", f"{mean} {more} {other}"], [1, 2])
        self.assertEqual(again, f"{mean} Average, 1 : 2, of the weights: [{other}], [{more} {other}]")
        apart = joint_history([f"{scratch} {other}", mean], [1, 1])
        self.assertEqual(apart, f"{scratch} Average, 1 : 1, of the weights: [{other}], [{mean[len(scratch) + 1:]}]")
        self.assertEqual(len(stages(apart)), 2, "an average in an average is one stage")


if __name__ == "__main__":
    unittest.main()
