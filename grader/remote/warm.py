"""What a zygote does once, before any student code: import and use everything that a unit may need.

An import alone is not warm: first calls compile, allocate and look things up, and a jailed worker has no
filesystem left to look things up in.
"""

import importlib

# The part of the standard library that student code may import: a worker has no filesystem to find more.
STDLIB = (
    *("abc", "array", "bisect", "builtins", "cmath", "collections", "collections.abc", "contextlib", "copy"),
    *("dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "heapq", "inspect", "io"),
    *(
        "itertools",
        "json",
        "linecache",
        "math",
        "numbers",
        "operator",
        "os",
        "pprint",
        "queue",
        "random",
        "re",
    ),
    *("statistics", "string", "struct", "sys", "textwrap", "time", "timeit", "traceback", "types", "typing"),
    *("unicodedata", "warnings", "weakref", "__future__", "encodings.idna", "encodings.utf_8"),
)


def numpy() -> None:
    """Warm the numpy flavour."""
    for name in STDLIB:
        importlib.import_module(name)
    import numpy as np  # noqa: PLC0415

    for name in ("linalg", "random", "fft", "polynomial", "ma", "testing", "lib.stride_tricks", "exceptions"):
        importlib.import_module(f"numpy.{name}")
    from grader.remote import worker  # noqa: F401, PLC0415

    a = np.arange(12.0).reshape(3, 4)
    np.linalg.norm(a @ a.T + np.random.default_rng(0).normal(size=(3, 3)))
    np.einsum("ij,kj->ik", a, a)
    repr(a), str(a[0, 0]), f"{a[0, 0]:.3e}"
    try:
        a @ a
    except ValueError as error:
        str(error)
    with np.errstate(all="ignore"):
        np.exp(a * 1e4) - np.inf


def torch() -> None:
    """Warm the torch flavour, single-threaded before the first parallel region."""
    import torch as t  # noqa: PLC0415

    t.set_num_threads(1)
    t.set_num_interop_threads(1)
    numpy()
    from grader.remote import tensors  # noqa: F401, PLC0415

    model = t.nn.Sequential(t.nn.Embedding(5, 4), t.nn.LayerNorm(4), t.nn.Linear(4, 3), t.nn.GELU())
    optimizer = t.optim.AdamW(model.parameters(), lr=1e-3)
    loss = t.nn.functional.cross_entropy(model(t.tensor([1, 2, 3])), t.tensor([0, 1, 2]))
    loss.backward()  # type: ignore[no-untyped-call]
    t.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    x = t.randn(3, 2, dtype=t.float64, requires_grad=True)
    t.autograd.gradcheck(t.tanh, (x,))
    repr(x), t.softmax(x, -1).to(t.bfloat16).float().argmax(-1).tolist()
