"""Files of honest students: nothing in them may be called a breach."""

import pytest

HONEST = {
    "softmax by hand": """
        import torch
        def f(z):
            e = torch.exp(z - z.max(dim=-1, keepdim=True).values)
            return e / e.sum(dim=-1, keepdim=True)
    """,
    "an alias": """
        import torch as t
        def f(z): return t.exp(z - t.amax(z, -1, keepdim=True)).log().sum(-1)
    """,
    "from torch": """
        from torch import exp, tensor, float64 as double
        def f(z): return exp(tensor(z, dtype=double))
    """,
    "math": """
        import math
        from math import sqrt, pi
        def f(z): return math.exp(z) / sqrt(2 * pi) + math.inf * 0
    """,
    "one-hot by index": """
        import torch
        def f(z, y):
            p = torch.zeros_like(z)
            p[torch.arange(z.shape[0], device=z.device), y] = 1
            return (z - p) / z.shape[0]
    """,
    "gather and masks": """
        import torch
        def f(z, y):
            keep = y != -100
            safe = torch.where(keep, y, torch.zeros_like(y))
            picked = z.gather(-1, safe.unsqueeze(-1)).squeeze(-1)
            return torch.where(keep, picked, torch.zeros_like(picked)).sum() / keep.sum()
    """,
    "a class with its own names": """
        class Cache:
            def __init__(self, x, scale=1.0):
                super().__init__()
                self.kept, self.scale = x, scale
            def __call__(self, y): return self.kept * y * self.scale
            def __repr__(self): return f"Cache({self.kept!r})"
            __radd__ = __add__ = lambda self, other: self.kept + other
        def f(x): return Cache(x)(2) + Cache(x).kept
    """,
    "a property, a static method and slots": """
        class Box:
            __slots__ = ("inside",)
            def __init__(self, inside): self.inside = inside
            @property
            def twice(self): return self.inside * 2
            @staticmethod
            def of(x): return Box(x)
        def f(x): return Box.of(x).twice
    """,
    "parameters called like builtins": """
        def f(input, dir=1, type=None, vars=(), open=3, compile=False): return input * dir * open
    """,
    "local variables called like builtins": """
        def f(x):
            dir = 1
            for vars in range(3): dir += vars
            return x * dir
    """,
    "a parameter called like a helper that breaks a rule": """
        import torch
        p = torch.softmax(torch.zeros(3), -1)
        def f(p): return p * 2
        def g(x):
            p = x
            return [p for p in [x]]
    """,
    "a helper that nobody uses": """
        import torch
        def check(x): return torch.autograd.gradcheck(f, x)
        def f(x): return x * 2
    """,
    "an import that nobody uses": """
        import torch
        import numpy as np
        import torch.nn.functional as F
        def f(x): return x * 2
    """,
    "a main block": """
        import torch
        def f(x): return x * 2
        if __name__ == "__main__":
            import torch.nn.functional as F
            x = torch.randn(3, requires_grad=True)
            f(x).sum().backward()
            print(x.grad, F.softmax(x, -1))
    """,
    "a main block the other way round": """
        import torch
        def f(x): return x * 2
        if "__main__" == __name__: print(torch.softmax(f(1), -1))
    """,
    "a checking helper that shares a constant": """
        import torch
        SHARED = torch.ones(3, 5)
        NAMES = ["a", "b"]
        def check(): return torch.autograd.gradcheck(f, SHARED), NAMES.append("c")
        def f(x): return x * SHARED + len(NAMES)
    """,
    "an import of another unit that nothing uses": """
        import u01_plain.plain
        def f(x): return x
    """,
    "something tried out at module level": """
        import numpy as np
        import torch.nn.functional as F
        import torch
        TRIED = np.ones(3).sum() + F.softmax(torch.ones(3), -1)
        a, (b, *c) = np.ones(3), [np.ones(2)]
        def f(x): return x
    """,
    "docstrings and comments that name it all": '''
        """torch.softmax, torch.autograd.grad, eval, getattr."""
        def f(x):
            """Like torch.softmax(x, -1), without getattr."""
            # torch.softmax
            return x * 2
    ''',
    "texts and keywords": """
        def g(**softmax): return softmax["backward"]
        def f(x): return g(backward=x, grad="torch.softmax")["backward"]
    """,
    "f-strings and formats": """
        def f(x):
            print(f"{x:.3f} {x.shape} {x.sum().item():>10.2e}", "{:.3f} {} {0:>5}".format(1.5, 2), "%g" % 2)
            return x
    """,
    "lists, dicts, sets": """
        def f(xs):
            seen, out = set(), []
            for k, v in {"a": 1}.items():
                seen.add(k)
                out.append(v)
            out.extend(sorted(seen, key=lambda s: len(s)))
            return dict(zip(out, xs)), " ".join(map(str, out)).strip()
    """,
    "errors": """
        def f(x):
            if x.ndim != 2: raise ValueError(f"two axes wanted, not {x.ndim}")
            try: return x / x.sum()
            except (ZeroDivisionError, RuntimeError) as error:
                raise ValueError(str(error)) from error
            finally: print("done")
    """,
    "types are asked for": """
        import torch
        def f(x):
            if isinstance(x, torch.Tensor) and type(x) is torch.Tensor and x.dtype == torch.float64:
                return type(x).__name__
            return callable(x), x.dtype.is_floating_point
    """,
    "a pattern": """
        def f(x):
            match x.shape:
                case (n, d): return n * d
                case [n, *rest]: return n
                case {"a": v}: return v
                case int() | float() as number: return number
    """,
    "no_grad": """
        import torch
        @torch.no_grad()
        def f(x):
            with torch.no_grad():
                x.sub_(0.1)
            return x.detach().clone()
    """,
    "closures and nonlocal": """
        def f(x):
            calls = 0
            def count(y):
                nonlocal calls
                calls += 1
                return y * calls
            return count
    """,
    "module constants": """
        import math
        import torch
        EPS: float = 1e-9
        ROOT = math.sqrt(2 / math.pi)
        MASK = torch.tril(torch.ones(3, 3))
        def f(x): return (x * ROOT + EPS) * MASK
    """,
    "annotations": """
        from __future__ import annotations
        import torch
        def f(x: torch.Tensor, dim: int = -1, out: list[int] | None = None) -> torch.Tensor: return x.sum(dim)
    """,
    "negative powers and roots": """
        def f(x): return (-x) ** 2 + x ** 0.5 + (-2) ** 3 + (-1) ** 2.0 + x ** -0.5
    """,
    "indexing": """
        def f(x): return x[..., None, 1:][:, -1] @ x.T[x.argmax(-1)] + x[x > 0].mean()
    """,
    "asserts, del, while, walrus": """
        def f(x):
            assert x.numel() > 0, "empty"
            while (n := x.numel()) > 10: x = x[1:]
            del n
            return x
    """,
    "generators and async": """
        def rows(x):
            for row in x: yield row
        async def later(x): return x
        def f(x): return [row for row in rows(x)], (i for i in range(3)), later
    """,
    "operators asked for by name": """
        class V:
            def __add__(self, other): return self
            def __sub__(self, other): return self.__add__(-other)
            def __neg__(self): return self
        def f(x): return V() - V()
    """,
    "finfo": """
        import torch
        def f(x): return torch.finfo(x.dtype).eps + torch.finfo(x.dtype).tiny
    """,
    "split, cat and einsum": """
        import torch
        def f(x, heads):
            n, t, d = x.shape
            q = x.view(n, t, heads, d // heads).transpose(1, 2).contiguous()
            scores = torch.einsum("nhtd,nhsd->nhts", q, q) / (d // heads) ** 0.5
            mask = torch.ones(t, t, dtype=torch.bool, device=x.device).tril()
            scores = scores.masked_fill(~mask, float("-inf"))
            return torch.cat(torch.unbind(scores, 1), dim=-1)
    """,
    "scatter-add": """
        import torch
        def f(g, idx, rows):
            out = torch.zeros(rows, g.shape[-1], dtype=g.dtype, device=g.device)
            return out.index_add_(0, idx.reshape(-1), g.reshape(-1, g.shape[-1]))
    """,
    "an optimizer's state": """
        class Adam:
            def __init__(self, lr=1e-3, betas=(0.9, 0.999)):
                self.lr, self.betas, self.steps, self.first, self.second = lr, betas, 0, {}, {}
            def update(self, name, p, g):
                self.steps += 1
                m = self.first.setdefault(name, 0 * g)
                m.mul_(self.betas[0]).add_(g, alpha=1 - self.betas[0])
                p.sub_(self.lr * m / (1 - self.betas[0] ** self.steps))
        def f(p, g): Adam().update("p", p, g)
    """,
    "another unit that keeps to the list": """
        from u01_plain.plain import g
        def f(x): return g(x)
    """,
    "a huge file": "def f(x): return x\n" + "A = 1 + 2\n" * 20_000,
    "a long sum": "def f(x): return " + " + ".join(["x"] * 2_000),
    "a file that cannot be read": "def f(x:",
    "null bytes": "def f(x): return '\0'",
    "nothing": "",
}


@pytest.mark.parametrize("name", HONEST)
def test_it_breaks_no_rule(strict, name):
    allowed = {"u01": "import math\ndef g(x): return x.sum()\n"}
    assert strict(HONEST[name], **allowed) is None
