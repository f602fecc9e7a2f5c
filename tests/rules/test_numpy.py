"""What a numpy unit refuses: modules that are not on its list, autodiff, complex numbers."""

import pytest

BROKEN = {
    "import torch": "imports `torch`: this unit is written without torch, which differentiates by itself",
    "import jax.numpy as np": "imports `jax.numpy`: this unit is written without jax",
    "from autograd import grad": "imports `autograd`",
    "import pandas as pd": "imports `pandas`: it is not on the unit's list of modules",
    "import numpy.f2py": "imports `numpy.f2py`",
    "import subprocess": "imports `subprocess`",
    "from . import plain": "imports `.`: modules are imported by their full names",
    "import cmath": "imports `cmath`: complex numbers are not allowed here",
    "from cmath import exp": "imports `cmath`",
    "from numpy import imag": "imports `imag`: complex numbers",
    "np = __import__('torch')": "uses `__import__`: modules are imported by `import` only",
    "x = 1e-20j": "uses the complex number 1e-20j",
    "x = complex(1, 2)": "uses `complex`",
    "x = f(1).imag": "uses `.imag`",
    "import numpy as np; x = np.real(1)": "uses `.real`",
    "import numpy as np; x = np.complex128": "uses `.complex128`",
    "import numpy as np; x = np.emath.sqrt(-1)": "uses `.emath`",
    "x = (-1) ** 0.5": "takes a root of a negative number",
    "x = (-1) ** (1 / 2)": "takes a root of a negative number",
}
HONEST = [
    "import numpy as np; x = np.gradient(np.ones(3)).shape",
    "import os",
    "from collections import abc, defaultdict",
    "from numpy import *",
    "from numpy.linalg import norm",
    "import numpy.random",
    "from __future__ import annotations",
    "x = getattr(f, '__name__')",
    "x = f.__class__.__dict__",
    "def complex_enough(x): return x",
    "x = (-2) ** 3 + 2 ** 0.5 + (-2) ** 2.0",
    "from u08_soft.soft import g",
    "from u08_soft import soft",
    "complex = 3",
]


@pytest.mark.parametrize("statement", BROKEN)
def test_it_is_refused(plain, statement):
    body = f"def f(x):\n    {statement}\n    return x"
    assert BROKEN[statement] in plain(body).what


@pytest.mark.parametrize("statement", HONEST)
def test_it_is_allowed(plain, statement):
    assert plain(f"{statement}\ndef f(x):\n    return x") is None
    if "*" not in statement.partition("import")[2] and "__future__" not in statement:
        assert plain(f"def f(x):\n    {statement}\n    return x") is None


def test_numbers_may_be_complex_where_the_exercise_says_so(catalogue_of, broken_in, exercise):
    course = catalogue_of((), [exercise("u01.f", "f", rules={"complex_numbers": True})])
    assert not broken_in(course, "import cmath\ndef f(x): return cmath.exp(1j * x).imag", "u01")


@pytest.mark.parametrize("detour", ["getattr(np, 'gradient')", "eval('np.gradient')", "vars(np)"])
def test_a_forbidden_name_is_not_reached_by_a_detour(detour, catalogue_of, broken_in, exercise):
    course = catalogue_of((), [exercise("u01.f", "f", rules={"forbid": ["gradient"]})])
    source = f"import numpy as np\ndef f(x): return {detour}(x)"
    assert broken_in(course, source, "u01").keys() == {"u01.f"}
