"""Ways around the list of a torch unit. Each is a file whose `f` must be found out."""

import pytest

EVASIONS = {
    "the plain way": """
        import torch
        def f(x): return torch.softmax(x, -1)
    """,
    "a method": """
        def f(x): return x.softmax(-1)
    """,
    "an alias of torch": """
        import torch as t
        def f(x): return t.softmax(x, -1)
    """,
    "functional": """
        import torch.nn.functional as F
        def f(x): return F.softmax(x, -1)
    """,
    "functional through torch": """
        import torch
        F = torch.nn.functional
        def f(x): return F.softmax(x, -1)
    """,
    "from torch": """
        from torch import softmax
        def f(x): return softmax(x, -1)
    """,
    "from torch under another name": """
        from torch import softmax as total
        def f(x): return total(x, -1)
    """,
    "a submodule from torch": """
        from torch import nn as math
        def f(x): return math.functional.softmax(x, -1)
    """,
    "autograd as math": """
        from torch import autograd as math
        def f(x): return math.exp(x)
    """,
    "star": """
        from torch import *
        def f(x): return softmax(x, -1)
    """,
    "import inside": """
        def f(x):
            import torch.nn.functional as F
            return F.softmax(x, -1)
    """,
    "import inside, from torch": """
        def f(x):
            from torch import softmax
            return softmax(x, -1)
    """,
    "conditional import": """
        import math
        if math.pi > 3:
            from torch.nn import functional as F
        else:
            F = None
        def f(x): return F.exp(x)
    """,
    "import in try": """
        try:
            import jax as j
        except ImportError:
            import torch.special as j
        def f(x): return j.exp(x)
    """,
    "import under global": """
        def load():
            global F
            import torch.nn.functional as F
        def f(x):
            load()
            return F.exp(x)
    """,
    "relative import": """
        from . import soft as me
        def f(x): return me.exp(x)
    """,
    "ops": """
        import torch
        def f(x): return torch.ops.aten._softmax(x, -1, False)
    """,
    "_C": """
        import torch
        def f(x): return torch._C._nn.exp(x)
    """,
    "special": """
        import torch
        def f(x): return torch.special.softmax(x, -1)
    """,
    "unbound method": """
        import torch
        def f(x): return torch.Tensor.softmax(x, -1)
    """,
    "lambda": """
        def f(x): return (lambda t: t.softmax)(x)(-1)
    """,
    "walrus": """
        import torch
        def f(x): return (s := torch.softmax)(x, -1)
    """,
    "walrus of the module": """
        import torch
        KEPT = [(hidden := torch.softmax)]
        def f(x): return hidden(x, -1)
    """,
    "walrus in a default": """
        import torch
        def g(a=(hidden := torch.softmax)): return a
        def f(x): return hidden(x, -1)
    """,
    "a class with that name in it": """
        class Mine:
            softmax = None
            def set(self): self.softmax = None
        def f(x): return x.softmax(-1)
    """,
    "a class attribute": """
        import torch
        class Mine:
            tool = torch.softmax
        def f(x): return Mine.tool(x, -1)
    """,
    "an instance attribute": """
        import torch
        class Mine:
            def __init__(self): self.tool = torch.softmax
        def f(x): return Mine().tool(x, -1)
    """,
    "a decorator": """
        import torch
        def instead(g): return lambda x: torch.softmax(x, -1)
        @instead
        def f(x): return x
    """,
    "torch's decorator": """
        import torch
        @torch.compile
        def f(x): return x
    """,
    "a default argument": """
        import torch
        def f(x, s=torch.softmax): return s(x, -1)
    """,
    "a keyword default": """
        import torch
        def f(x, *, s=torch.softmax): return s(x, -1)
    """,
    "a lambda's default": """
        import torch
        g = lambda x, s=torch.softmax: s(x, -1)
        def f(x): return g(x)
    """,
    "an annotation": """
        import torch
        def f(x: (tool := torch.softmax)): return tool(x, -1)
    """,
    "a metaclass": """
        class Meta(type):
            def __call__(cls, x): return x
        class Mine(metaclass=Meta): pass
        def f(x): return Mine(x)
    """,
    "a class made by type": """
        def f(x): return type("Mine", (), {"softmax": 1})
    """,
    "type under another name": """
        make = type
        def f(x): return make("Mine", (), {})
    """,
    "type through map": """
        def f(x): return list(map(type, ["Mine"], [()], [{}]))
    """,
    "__getattr__ of the module": """
        import torch
        def __getattr__(name): return torch
        def f(x): return __getattr__("x")
    """,
    "__getattr__ of a class": """
        class Mine:
            def __getattr__(self, name): return name
        def f(x): return Mine()
    """,
    "__getattribute__": """
        def f(x): return object.__getattribute__(x, "softmax")(-1)
    """,
    "__class__": """
        def f(x): return x.__class__
    """,
    "__dict__": """
        import torch
        def f(x): return torch.__dict__["softmax"](x, -1)
    """,
    "vars": """
        import torch
        def f(x): return vars(torch)["softmax"](x, -1)
    """,
    "vars under another name": """
        import torch
        look = vars
        def f(x): return look(torch)["softmax"](x, -1)
    """,
    "getattr with a sum of texts": """
        def f(x): return getattr(x, "soft" + "max")(-1)
    """,
    "getattr by map": """
        def f(x): return next(map(getattr, [x], ["softmax"]))(-1)
    """,
    "getattr in a wide script": """
        def f(x): return ｇetattr(x, "softmax")(-1)
    """,
    "softmax in a wide script": """
        def f(x): return x.ｓoftmax(-1)
    """,
    "softmax in mathematical letters": """
        import torch
        def f(x): return torch.𝐬𝐨𝐟𝐭𝐦𝐚𝐱(x, -1)
    """,
    "a detour of the class around": """
        class Mine:
            getattr = getattr
        def f(x): return Mine.getattr(x, "softmax")(-1)
    """,
    "a module's own name that may not be bound": """
        if not True:
            def getattr(a, b): return a
        def f(x): return getattr(x, "softmax")(-1)
    """,
    "sys.modules": """
        import sys
        def f(x): return sys.modules["torch"].softmax(x, -1)
    """,
    "importlib": """
        import importlib
        def f(x): return importlib.import_module("torch.nn.functional").exp(x)
    """,
    "__import__": """
        def f(x): return __import__("torch.nn").nn.exp(x)
    """,
    "__builtins__": """
        def f(x): return __builtins__["getattr"](x, "softmax")(-1)
    """,
    "globals": """
        def f(x): return globals()["__builtins__"]
    """,
    "eval": """
        import torch
        def f(x): return eval("torch.soft" + "max(x, -1)")
    """,
    "exec in a default": """
        def f(x, made=exec("import torch")): return x
    """,
    "compile": """
        def f(x): return compile("x", "x", "eval")
    """,
    "a class pattern by keyword": """
        import torch
        def f(x):
            match torch:
                case object(softmax=s): return s(x, -1)
    """,
    "a class pattern by position": """
        class Mine:
            __match_args__ = ("softmax",)
        def f(x):
            match x:
                case Mine(s): return s(-1)
    """,
    "monkeypatching at import": """
        import torch
        torch.sum = torch.softmax
        def f(x): return torch.sum(x, -1)
    """,
    "monkeypatching by a call at import": """
        import torch
        def patch(m): m.sum = m.softmax
        patch(torch)
        def f(x): return torch.sum(x, -1)
    """,
    "monkeypatching by an assignment's call": """
        import torch
        def patch(m): m.sum = m.softmax
        DONE = patch(torch)
        def f(x): return torch.sum(x, -1)
    """,
    "monkeypatching by a decorator": """
        import torch
        def patch(g): torch.sum = torch.softmax
        @patch
        def unused(): pass
        def f(x): return torch.sum(x, -1)
    """,
    "monkeypatching by a default": """
        import torch
        def patch(m): m.sum = m.softmax
        def unused(a=patch(torch)): pass
        def f(x): return torch.sum(x, -1)
    """,
    "monkeypatching by an annotation": """
        import torch
        def patch(m): m.sum = m.softmax
        def unused(a: patch(torch)): pass
        def f(x): return torch.sum(x, -1)
    """,
    "monkeypatching by an index": """
        import torch
        class Patch:
            def __class_getitem__(cls, m): m.sum = m.softmax
        DONE = Patch[torch]
        def f(x): return torch.sum(x, -1)
    """,
    "monkeypatching by an import that nothing uses": """
        import torch
        import u02_more.more
        def f(x): return torch.sum(x, -1)
    """,
    "monkeypatching by a function of another unit": """
        import torch
        import u03_late.late as tools
        DONE = tools.patch(torch)
        def f(x): return torch.sum(x, -1)
    """,
    "an import of itself": """
        import torch
        import u08_soft.soft as me
        def hidden(x): return torch.softmax(x, -1)
        def f(x): return me.hidden(x)
    """,
    "monkeypatching in a class body": """
        import torch
        def patch(m): m.sum = m.softmax
        class Unused:
            patch(torch)
        def f(x): return torch.sum(x, -1)
    """,
    "monkeypatching by a base class": """
        import torch
        class Base:
            def __init_subclass__(cls): torch.sum = torch.softmax
        class Unused(Base): pass
        def f(x): return torch.sum(x, -1)
    """,
    "a dict of functions": """
        import torch
        TOOLS = {"s": torch.softmax}
        def f(x): return TOOLS["s"](x, -1)
    """,
    "a list that another function fills": """
        import torch
        TOOLS = []
        def fill(): TOOLS.append(torch.softmax)
        FILLED = fill()
        def f(x): return TOOLS[0](x, -1)
    """,
    "a dict that another function fills": """
        import torch
        TOOLS = {}
        def fill(): TOOLS["s"] = torch.softmax
        def f(x): return (TOOLS or fill(), TOOLS["s"](x, -1))
    """,
    "a global that another function sets": """
        import torch
        def fill():
            global tool
            tool = torch.softmax
        def f(x): return tool(x, -1)
    """,
    "helpers of helpers": """
        import torch
        def a(x): return b(x)
        def b(x): return c(x)
        def c(x): return torch.softmax(x, -1)
        def f(x): return a(x)
    """,
    "a method of an object that comes from elsewhere": """
        import torch
        class Mine:
            def squash(self, x): return torch.softmax(x, -1)
        def f(x): return x.squash(x)
    """,
    "a private name": """
        import torch
        def _Mine__g(x): return torch.softmax(x, -1)
        class Mine:
            def run(self, x): return __g(x)
        def f(x): return Mine().run(x)
    """,
    "a name that only looks local": """
        import torch
        def g(x): return torch.softmax(x, -1)
        def f(x):
            [g for g in []]
            return g(x)
    """,
    "a name of the class around": """
        import torch
        def g(x): return torch.softmax(x, -1)
        def f(x):
            g = None
            class Mine:
                g = g
            return Mine.g(x)
    """,
    "global in a nested function": """
        import torch
        def g(x): return torch.softmax(x, -1)
        def f(x):
            g = None
            def inner():
                global g
                return g(x)
            return inner()
    """,
    "a nested function": """
        import torch
        def f(x):
            def inner(y): return torch.softmax(y, -1)
            return inner(x)
    """,
    "a generator": """
        import torch
        def g(x): yield torch.softmax(x, -1)
        def f(x): return next(g(x))
    """,
    "a coroutine": """
        import torch
        async def g(x): return torch.softmax(x, -1)
        def f(x):
            try: g(x).send(None)
            except StopIteration as stop: return stop.value
    """,
    "the frame of a generator": """
        class Mine:
            gi_frame = f_builtins = None
        def f(x): return (i for i in x).gi_frame.f_builtins["getattr"](x, "softmax")
    """,
    "a comprehension": """
        def f(x): return [row.softmax(-1) for row in x]
    """,
    "an f-string": """
        def f(x): return f"{x.softmax(-1)}"
    """,
    "format": """
        def f(x): return "{0.grad}".format(x)
    """,
    "format by a nested field": """
        def f(x): return "{0:{1.grad}}".format(x, x)
    """,
    "format of a name": """
        TEXT = "{0.grad}"
        def f(x): return TEXT.format(x)
    """,
    "format_map": """
        def f(x): return "{x.grad}".format_map({"x": x})
    """,
    "del and again": """
        import torch
        def f(x):
            y = torch.softmax
            del y
    """,
    "an except handler": """
        import torch
        def f(x):
            try: x.nothing_of_that_name
            except AttributeError as error: return error.obj
    """,
    "super with arguments": """
        def f(x): return super(x, x)
    """,
    "super's __getattribute__": """
        class Mine:
            def get(self, name): return super().__getattribute__(name)
        def f(x): return Mine().get("x")
    """,
    "__globals__": """
        def f(x): return f.__globals__
    """,
    "__self__": """
        def f(x): return x.sum.__self__
    """,
    "__subclasses__": """
        def f(x): return ().__class__.__base__.__subclasses__()
    """,
    "operator": """
        from operator import attrgetter
        def f(x): return attrgetter("softmax")(x)(-1)
    """,
    "grad_fn": """
        def f(x): return x.grad_fn.next_functions
    """,
    "backward": """
        def f(x):
            x.requires_grad_()
            x.sum().backward()
            return x.grad
    """,
    "autograd.grad": """
        import torch
        def f(x): return torch.autograd.grad(x.sum(), x)
    """,
    "data of a property": """
        class Mine:
            @property
            def grad(self): return 1
        def f(x): return x.grad
    """,
    "the whole symbol is an alias": """
        import torch
        f = torch.softmax
    """,
    "the symbol is set again": """
        import torch
        def f(x): return x
        f = torch.softmax
    """,
    "a symbol in a branch": """
        import torch
        if True:
            def f(x): return torch.softmax(x, -1)
    """,
    "a symbol in a loop and with": """
        import torch
        for i in range(1):
            with torch.no_grad():
                def f(x): return torch.softmax(x, -1)
    """,
    "a complex step": """
        def f(x): return (x + 1e-20j)
    """,
    "complex by name": """
        def f(x): return complex(0, 1) * x
    """,
    "complex by a root": """
        def f(x): return (-1) ** 0.5 * x
    """,
    "complex dtype": """
        import torch
        def f(x): return x.to(torch.complex128).imag
    """,
    "the names of the main block": """
        import torch
        __name__ = "__main__"
        if __name__ == "__main__":
            torch.sum = torch.softmax
        def f(x): return torch.sum(x)
    """,
    "a star argument": """
        import torch
        def f(x): return (lambda *a: a[0](x, -1))(*[torch.softmax])
    """,
    "numpy": """
        import numpy as np
        def f(x): return np.exp(x)
    """,
    "an own unit that breaks the list": """
        from u01_plain.plain import g
        def f(x): return g(x)
    """,
}


@pytest.mark.parametrize("name", EVASIONS)
def test_it_is_found_out(strict, name):
    other = "import torch\ndef g(x): return torch.softmax(x, -1)"
    patches = "import torch\ntorch.sum = torch.softmax"
    late = "def patch(m): m.sum = m.softmax"
    finding = strict(EVASIONS[name], u01=other, u02=patches, u03=late)
    assert finding is not None
    assert finding.where.startswith("u08_soft/soft.py:")
    assert finding.source
    assert finding.help
