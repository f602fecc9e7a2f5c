"""Makes kata_golden importable, gives the solutions of the transformer, and keeps torch to one thread.

Tensors this small are slower on several.
"""

import sys
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from kata_golden import module, solution  # noqa: E402


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def forward() -> ModuleType:
    return solution("u09_forward/forward.py")


@pytest.fixture(scope="module")
def backward() -> ModuleType:
    return solution("u10_backward/backward.py")


@pytest.fixture(scope="module")
def by_hand() -> ModuleType:
    return module(HERE / "by_hand.py")
