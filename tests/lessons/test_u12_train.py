"""The numbers of lesson 12: every one that can be computed is computed here from the reference."""

import math
import re
import sys
from types import ModuleType

import pytest
from kata_lessons import ROOT, solution, table

torch = pytest.importorskip("torch")

WORDS = ["PAD", "BOS", "EOS", "I", "like", "transformers"]
SENTENCE = [1, 3, 4, 5, 2]
DRAWS = [0.2, 0.4, 0.6, 0.8]
CONFIG = {
    "heads": 2,
    "norm": "layer",
    "order": "pre",
    "activation": "gelu_tanh",
    "tied": False,
    "final_norm": True,
    "eps": 1e-5,
}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Tensors this small are slower on several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def train():
    """The solution of unit 12, on those of the units that it imports."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "solutions"))
        yield solution("u12_train/train.py")
    for name in list(sys.modules):
        if name.partition(".")[0] in ("u09_forward", "u10_backward", "u11_optimizers"):
            del sys.modules[name]


@pytest.fixture(scope="module")
def train_lesson() -> str:
    return (ROOT / "exercises/u12_train/README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def training(train) -> tuple[list[float], dict[int, tuple[str, str]]]:
    """The losses of the lesson's run; and what is said before each update, greedily and with four draws."""
    params, said, losses, state = model(train), {}, [], {}
    batch = train.make_batch([SENTENCE])
    for update in range(35):
        said[update] = (words(train, params, temperature=0), words(train, params))
        losses.append(train.training_step(params, batch, state, 0.01, CONFIG)[0])
    return losses, said


def model(train: ModuleType):
    return train.initial_params(6, 5, 16, 64, 1)


def words(train, params, **options) -> str:
    return " ".join(WORDS[t] for t in train.generate([1], params, CONFIG, DRAWS, **options)[1:])


def test_the_temperatures_of_unit_12(train_lesson):
    z = torch.tensor([2.0, 1.0, 0.0, -1.0], dtype=torch.float64)
    for row in table(train_lesson, "T"):
        p = torch.softmax(z / float(row["T"]), -1)
        assert list(row.values())[1:] == [f"{x:.3f}" for x in p]
    sums = torch.softmax(z, -1).cumsum(-1)
    assert f"the sums are {sums[0]:.3f}, {sums[1]:.3f}, {sums[2]:.3f} and 1" in train_lesson


def test_the_tokens_of_four_numbers(train, train_lesson):
    z = torch.tensor([[2.0, 1.0, 0.0, -1.0]] * 4, dtype=torch.float64)
    u = torch.tensor([0.5, 0.7, 0.9, 0.99], dtype=torch.float64)
    assert train.sample(z, u, 1.0).tolist() == [0, 1, 2, 3]
    assert train.sample(z, u, 0.5).tolist() == [0, 0, 1, 2]
    assert "u = 0.5 draws token 0, u = 0.7 token 1, u = 0.9 token 2 and u = 0.99\ntoken 3" in train_lesson
    assert "the same four numbers draw 0, 0, 1 and 2" in train_lesson


def test_the_run_of_unit_12(train, training, train_lesson):
    losses, said = training
    rows = table(train_lesson, "update")
    assert [int(row["update"]) for row in rows] == [0, 5, 10, 15, 34]
    for row in rows:
        update = int(row["update"])
        assert row["loss"] == f"{losses[update]:.4f}"
        assert (row["greedy, after BOS"], row["with u = .2, .4, .6, .8"]) == said[update]
    assert f"{sum(p.numel() for p in train.flatten(model(train)).values()):,} numbers" in train_lesson
    assert f"ln 6 = {math.log(6):.4f}" in train_lesson
    assert f"after 5 updates, with a loss of {losses[5]:.2f}" in train_lesson
    found, spoken = train.overfit([SENTENCE], model(train), CONFIG)
    assert (len(found), spoken) == (35, [SENTENCE])
    assert found == pytest.approx(losses, rel=1e-9)


def test_the_two_remarks_of_unit_12(train, train_lesson):
    """Unshifted targets, and an optimizer without memory: the loss says nothing."""
    inputs, targets, mask = train.make_batch([SENTENCE])
    updates = []
    for batch, keeps in (((inputs, inputs, mask), True), ((inputs, targets, mask), False)):
        params, losses, state = model(train), [], {}
        while not losses or losses[-1] >= 0.01:
            losses.append(train.training_step(params, batch, state if keeps else {}, 0.01, CONFIG)[0])
        updates.append(len(losses) - 1)
        greedy = words(train, params, temperature=0)
        assert greedy == ("BOS BOS BOS BOS" if keeps else "I like transformers EOS")
    remarks = train_lesson.replace("\n> ", " ")
    said = re.search(r"below \.01 after (\d+) updates.*even sooner, in (\d+) updates", remarks, re.DOTALL)
    assert [int(number) for number in said.groups()] == updates


def test_the_picture_of_unit_12(training):
    losses, said = training
    picture = solution("u12_train/picture.py")
    assert [f"{loss:.4f}" for loss in losses] == [f"{loss:.4f}" for loss in picture.LOSSES]
    assert {update: said[update][1] for update in picture.SAID} == picture.SAID
