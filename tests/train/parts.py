"""The parts of tools/train by themselves: parts.py TOOLS/TRAIN TAUGHT_MODEL CONFIGURATIONS TEACHER_CHECKPOINT. Called by
end_to_end.sh, whose runs made the two files."""

import sys
sys.path.insert(0, sys.argv[1])
import math
import tempfile
import torch
from pathlib import Path
from ab import SoftEncoder, annealed_mean, bins, lab_from_rgb, pixel_rows
from configuration import read_configuration
from description import Description, Head
from estimate import estimate_loss, estimate_unsteadiness
from evaluate import chroma_of_neutral
from grounds import GroundPictures
from hints import Pupil, unexplained
from loss import Lesson, prior_loss, unsteadiness
from model import Model, read_model_file
from network import Network
from neutral import NeutralPictures
from origin import joint_history, stages
from pictures import collection_of
from prior import cells_of, target_ab
from teacher import Teacher
from trainer import Trainer
metadata, _ = read_model_file(Path(sys.argv[2]))
said = "50 % of the target the distribution of a teacher of twelve steps, and the error of the point estimate at temperature 0.4."
assert said in metadata["history"], metadata["history"]
assert len(metadata["origin"]) < 400, metadata["origin"]
assert "grounds drawn by the program" in metadata["history"], metadata["history"]
assert metadata["data_sha256"].count(":") == 1, "drawn collections have no archive"

torch.manual_seed(1)
lab = torch.cat((100 * torch.rand(2, 1, 16, 16), 80 * torch.rand(2, 2, 16, 16) - 40), 1)
assert torch.equal(pixel_rows(lab)[16 * 16 + 3 * 16 + 5], lab[1, :, 3, 5]), "the channels of a pixel"
guess, encoder, weights = torch.randn(32, 313).log_softmax(1), SoftEncoder(), torch.rand(4, 313) + 0.5
index, share = encoder(target_ab(lab[:, 1:], 4, 4))
truth = torch.zeros(32, 313).scatter_(1, index, share)
def loss(*said):
    return prior_loss(guess, cells_of(lab, 4, 4, encoder, 4), weights, Lesson(*said, {}) if said else None).item()
assert abs(loss(truth, torch.full((32,), 0.7)) - loss()) < 1e-5, "who says the truth changes nothing"
wrong, whole, none = truth.roll(1, 1), torch.ones(32), torch.zeros(32)
assert abs(loss(wrong, whole) - loss()) > 1e-2
assert abs(loss(wrong, none) - loss()) < 1e-5
first = torch.arange(32) < 16
both = loss(wrong, first.float()) + loss(wrong, (~first).float())
assert abs(both - loss() - loss(wrong, whole)) < 1e-5, "each picture has its own share"
other = guess.roll(1, 0)
divergence = sum(torch.nn.functional.kl_div(p, q, log_target=True, reduction="batchmean")
                 for p, q in ((guess, other), (other, guess)))
assert unsteadiness(guess, guess) == 0 and abs(unsteadiness(guess, other) - divergence / 2) < 1e-4 and divergence > 0.5

grey = torch.full((2, 1, 16, 16), 50.0)  # no gradient: level 0
def shown(guess, true, weights=torch.ones(4, 313), **options):
    """The loss of the sure answer bin `guess` for two pictures of the colour of bin `true`."""
    lab = torch.cat((grey, bins()[true].view(1, 2, 1, 1).expand(2, 2, 16, 16)), 1)
    sure = annealed_mean(99 * torch.eye(313)[guess].expand(32, 313), 0.4)
    options = {"pixel": 0, "picture": 0} | options
    return estimate_loss(sure, cells_of(lab, 4, 4, encoder, 4), weights, options).item()
assert (bins()[41] - bins()[40]).tolist() == [0, 10], "a step apart"
assert abs(shown(40, 40, pixel=1) - 0.1) < 1e-4 and abs(shown(41, 40, pixel=1) - 1.005) < 1e-3
assert abs(shown(42, 40, picture=1) - math.log(4.1)) < 1e-3 and shown(40, 40, picture=1) < -2.3
heavy = torch.ones(4, 313)
heavy[0, 40] = 3
assert abs(shown(41, 40, heavy, pixel=1) - 3 * 1.005) < 1e-3, "the weight is the true colour's"
assert abs(shown(40, 41, heavy, pixel=1) - 1.005) < 1e-3
colourless = cells_of(torch.cat((grey, 0 * grey, 0 * grey), 1)[:1], 4, 4, encoder, 4)
even = estimate_loss(annealed_mean(torch.zeros(16, 313), 0.4), colourless, heavy, {"pixel": 1, "picture": 0}).item()
assert abs(even - (bins().mean(0).square().sum() / 100 + 0.01).sqrt()) < 1e-3, "the mean of the bins is shown"
one, other = (annealed_mean(99 * torch.eye(313)[place].view(1, 313), 0.4) for place in (41, 43))
for first, second, apart in ((one, one, 0.1), (one, other, math.sqrt(4.01))):
    assert abs(estimate_unsteadiness(first, second, {"twin": 1.5}) - 1.5 * apart) < 1e-3

features = {8: 5 + 3 * torch.randn(2, 4, 6, 6), 16: torch.rand(2, 3, 5, 5)}
known = {stride: (map - map.mean((0, 2, 3), True)) / map.std((0, 2, 3), correction=0, keepdim=True)
         for stride, map in features.items()}
assert unexplained(known, features) < 0.01, "all is told"
assert abs(unexplained({stride: 0 * map for stride, map in known.items()}, features) - 2) < 0.02, "nothing is told"
assert abs(unexplained({8: torch.cat((known[8], 0 * known[8]))}, features) - 0.5) < 0.01, "by one twin of two"
assert abs(unexplained({8: known[8].flip(0)}, features) - 2) < 0.4, "of the other picture"
street = Network(metadata["network"])
assert {stride: tuple(map.shape) for stride, map in Pupil(street, {"relu5_5": 16, "relu6_5": 8})(lab[:, :1])[1].items()} == {
    16: (2, 256, 1, 1), 8: (2, 192, 2, 2)}
for hints in ({"relu9": 16}, {"relu5_5": 5}, {"relu5_5": 16, "relu5_1": 16}):
    try:
        Pupil(street, hints)
    except ValueError as error:
        assert "expected layers of the network" in str(error)
    else:
        raise AssertionError(f"accepted: {hints}")

neutral = NeutralPictures()
pictures = [neutral[index] for index in range(30)]
assert all((picture == picture[..., :1]).all() for picture in pictures), "a neutral picture has colour"
assert all((picture == neutral[index]).all() for index, picture in enumerate(pictures)), "not by the index alone"
assert len({picture.tobytes() for picture in pictures}) == 30

grounds = GroundPictures()
pictures = [grounds[index] for index in range(20)]
assert all((picture == grounds[index]).all() for index, picture in enumerate(pictures)), "not by the index alone"
assert len({picture.tobytes() for picture in pictures}) == 20
low = torch.cat([lab_from_rgb(torch.from_numpy(picture[160:]).unsqueeze(0)).flatten(2) for picture in pictures], 2)[0]
green, grey = (low[1] < -3) & (low[2] > 5), low[1:].abs().amax(0) < 6
assert 0.2 < green.float().mean() < 0.9 and 0.1 < grey.float().mean() < 0.8, "lawns and roads"

trainer = Trainer(read_configuration(Path(sys.argv[3]) / "04_taught.toml"), torch.device("cpu"))
trainer.learn_from(Path(sys.argv[4]))
names = trainer.schedule.names(30)
assert names == ["pictures", "pictures", "grounds"], names
state = torch.load(sys.argv[4], map_location="cpu", weights_only=True)
moved = [(state["model"][f"network.encoder.{name}"] - parameter).abs().max() for name, parameter in
         Teacher().encoder.named_parameters() if parameter.ndim > 1]
assert all(0 < shift < 0.003 for shift in moved), "the encoder learns along, slowly"
again = Trainer(read_configuration(Path(sys.argv[3]) / "03_teacher.toml"), torch.device("cpu"))
again.start_from(Path(sys.argv[4]))
begun = again.model.network.state_dict()
assert all(torch.equal(begun[name], tensor) for name, tensor in state["average"].items()), "a teacher goes on from one"
said = trainer.lesson(lab[:1].repeat(3, 1, 2, 2), names)
assert said.share.tolist() == [0.5] * 128 + [0] * 64, "the teacher's word on what is drawn does not count"

with tempfile.TemporaryDirectory() as folder:
    bases = {"last": 'base = "middle.toml"\n[loss]\nsigma = 3', "first": "seed = 1\n[loss]\nsigma = 5\nmixing = 0.5",
             "middle": 'base = "first.toml"\nseed = 2\n[loss]\nmixing = 0.7', "own": 'base = "own.toml"'}
    for name, text in bases.items():
        (Path(folder) / f"{name}.toml").write_text(text)
    read = read_configuration(Path(folder) / "last.toml")
    assert read == {"seed": 2, "loss": {"sigma": 3, "mixing": 0.7}}, read
    try:
        read_configuration(Path(folder) / "own.toml")
    except ValueError as error:
        assert "found itself among its bases" in str(error), error
    else:
        raise AssertionError("a file that is its own base was read")

scratch, more, other = "Trained from scratch, 1 step. 2026.", "Trained further, 2 steps. 2026.", "Trained further by me."
mean = joint_history([scratch, f"{scratch} {more}"], [4, 5])
assert mean == f"{scratch} Average, 4 : 5, of the weights: [as they were], [{more}]", mean
assert stages(f"{mean} {other}") == [*stages(mean), other] and len(stages(mean)) == 2
again = joint_history([f"{mean} {other}", f"{mean} {more} {other}"], [1, 2])
assert again == f"{mean} Average, 1 : 2, of the weights: [{other}], [{more} {other}]", again
apart = joint_history([f"{scratch} {other}", mean], [1, 1])
assert apart == f"{scratch} Average, 1 : 1, of the weights: [{other}], [{mean[len(scratch) + 1:]}]", apart
assert len(stages(apart)) == 2, "an average in an average is one stage"

try:
    collection_of({"made": True}, Path("."), Path("."))
except ValueError as error:
    assert str(error) == "made = True: expected one of neutral, grounds", error
else:
    raise AssertionError("drew what nobody can draw")

class Painter(torch.nn.Module):  # paints all in the colour of bin 40
    description = Description("", head=Head("distribution", ""))
    def forward(self, lightness):
        return torch.eye(313)[40].view(1, 313, 1, 1).expand(1, 313, 64, 64) * 99
for chroma in chroma_of_neutral(Model(Painter(), 0.5), [0.5, 0.8]):
    assert abs(chroma - bins()[40].norm()) < 1e-3
