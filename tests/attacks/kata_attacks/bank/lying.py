"""Objects that lie: about equality, type, value, length and class."""

from kata_attacks.model import COMPARISON, RULES, WIRE, Attack, Control

ALWAYS = """
class Equal{base}:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = None
"""


def lie(name, tries, code, naive="y == 6.0", **more):
    given = {
        "stops": (COMPARISON, WIRE),
        "control": Control.NAIVE if naive else Control.NONE,
        "naive": naive,
    } | more
    return Attack(name, tries, code, **given)


ATTACKS = [
    lie(
        "equal to everything",
        "an object that equals everything",
        ALWAYS.format(base="") + "def double(x): return Equal()",
    ),
    lie(
        "a float that is equal",
        "a subclass of float that equals everything",
        ALWAYS.format(base="(float)") + "def double(x): return Equal(0.0)",
    ),
    lie(
        "an int that is equal",
        "a subclass of int that equals everything",
        ALWAYS.format(base="(int)") + "def double(x): return Equal(0)",
    ),
    lie(
        "a str that is equal",
        "a subclass of str that equals everything",
        ALWAYS.format(base="(str)") + "def double(x): return Equal('')",
    ),
    lie(
        "a list that is equal",
        "a subclass of list that equals everything and has every length",
        ALWAYS.format(base="(list)")
        + "    def __len__(self): return 5\ndef ranked(values): return Equal([0.0])",
        naive="student.ranked([1]) == [1]",
        expect={"ranked": "W"},
    ),
    lie(
        "a dict that is equal",
        "a subclass of dict that equals everything",
        ALWAYS.format(base="(dict)") + "def double(x): return Equal()",
    ),
    lie(
        "a tuple that is equal",
        "a subclass of tuple in place of the two results",
        ALWAYS.format(base="(tuple)") + "def forward(x): return Equal((0.0, [0.0]))\n"
        "def backward(dy, kept): return 0.0",
        naive="student.forward(1) == (2, [1])",
        expect={"relay": "W"},
    ),
    lie(
        "close by subtraction",
        "an object whose distance to everything is 0",
        """
        class Near(float):
            def __sub__(self, other): return 0.0
            def __rsub__(self, other): return 0.0
            def __le__(self, other): return True
            def __abs__(self): return 0.0
        def double(x): return Near(1.0)
        """,
        naive="abs(y - 6.0) < 1e-9",
    ),
    lie(
        "numpy's protocol",
        "__array_ufunc__ answers every comparison of numpy's with True",
        """
        import numpy as np
        class Ufunc:
            def __array_ufunc__(self, ufunc, method, *inputs, **kwargs): return np.True_
            def __array_function__(self, func, types, args, kwargs): return True
            dtype, shape, ndim = np.dtype(float), (), 0
        def double(x): return Ufunc()
        """,
        naive="bool(np.isclose(y, 6.0)) and np.allclose(y, 6.0)",
    ),
    lie(
        "__array__ on demand",
        "__array__ gives whatever is asked of it, here what was asked last",
        """
        import numpy as np
        class Array:
            def __array__(self, dtype=None, copy=None): return np.asarray(6.0)
            def __float__(self): return 6.0
        def double(x): return Array()
        """,
        naive="np.allclose(y, 6.0)",
    ),
    lie(
        "an ndarray of its own",
        "a subclass of ndarray that equals everything",
        """
        import numpy as np
        class Own(np.ndarray):
            def __eq__(self, other): return np.True_
            def __array_finalize__(self, obj): pass
            def __array_function__(self, func, types, args, kwargs): return True
        def double(x): return np.zeros(()).view(Own)
        """,
        naive="np.allclose(y, 6.0)",
    ),
    lie(
        "a lying class",
        "__class__ says float",
        """
        class Liar:
            __class__ = float
            def __eq__(self, other): return True
            def __float__(self): return 0.0
        def double(x): return Liar()
        """,
        naive="isinstance(y, float) and y == 6.0",
    ),
    lie(
        "a lying metaclass",
        "the type itself equals float, and says that everything is its instance",
        """
        class Meta(type):
            def __eq__(cls, other): return True
            def __hash__(cls): return hash(float)
            def __instancecheck__(cls, other): return True
            def __subclasscheck__(cls, other): return True
        class Liar(metaclass=Meta):
            def __eq__(self, other): return True
        def double(x): return Liar()
        """,
        naive="type(y) == float and y == 6.0",
        expect={"double": "CW"},
    ),
    lie(
        "nan",
        "nan, which is neither more nor less than anything",
        "def double(x): return float('nan')",
        naive="not (abs(y - 6.0) > 1e-9)",
    ),
    lie(
        "infinite",
        "infinity, whose relative error is nan",
        "def double(x): return float('inf')",
        naive="not (abs(y - 6.0) / abs(y) > 1e-9)",
    ),
    lie(
        "a nan array",
        "an array of nan put in place",
        "def fill(values, number): values[...] = float('nan')",
        naive="",
        why="an array is compared entry by entry, and nan is further off than any number",
        expect={"fill": "W"},
    ),
    lie(
        "true",
        "True, which is 1",
        "def steps(n): return True",
        naive="",
        expect={"steps": "W"},
        why="types are strict",
    ),
    lie(
        "complex",
        "a complex number whose real part is right",
        "def double(x): return complex(2 * x, 1.0)",
        naive="getattr(y, 'real', y) == 6.0",
    ),
    lie(
        "an empty array",
        "an array without entries: all of them are right",
        "import numpy as np\ndef double(x): return np.zeros((0,))",
        naive="bool(np.all(np.abs(y - 6.0) < 1e-9))",
    ),
    lie(
        "an object array",
        "an array of objects that are equal to everything",
        "import numpy as np\n"
        + ALWAYS.format(base="")
        + "def double(x):\n    a = np.empty((), object)\n    a[()] = Equal()\n    return a",
        naive="bool(np.all(y == 6.0))",
    ),
    lie(
        "a box that adapts",
        "a descriptor computes .data at each look, to please whoever asks",
        """
        class Always(float):
            def __eq__(self, other): return True
        class Box:
            def __init__(self, data): pass
            data = property(lambda self: Always(0.0))
            def __add__(self, other): return self
        """,
        naive="(student.Box(1) + student.Box(2)).data == 3",
        expect={"box_add": "W"},
    ),
    lie(
        "index and truth",
        "__index__, __bool__ and __len__ of one object all say what is wanted",
        """
        class Any:
            def __index__(self): return 731
            def __bool__(self): return True
            def __len__(self): return 731
            def __eq__(self, other): return True
            def __iter__(self): return iter([1] * 731)
        def steps(n): return Any()
        """,
        naive="student.steps(731) == 731",
        expect={"steps": "W"},
    ),
    lie(
        "another class by that name",
        "Box is an object, not a class, and says that everything is its instance",
        """
        class Meta(type):
            def __instancecheck__(cls, other): return True
        class Box(metaclass=Meta):
            def __new__(cls, data): return 0.0
            def __add__(self, other): return 0.0
        """,
        naive="isinstance(student.Box(1), student.Box)",
        expect={"box_add": "W"},
    ),
    Attack(
        "a tensor of its own",
        "a subclass of Tensor answers every function of torch with True",
        """
        import torch
        class Own(torch.Tensor):
            @classmethod
            def __torch_function__(cls, func, types, args=(), kwargs=None): return True
        def normalize(x): return torch.zeros(1).as_subclass(Own)
        def cube_slope(x): return torch.zeros(1).as_subclass(Own)
        """,
        stops=(RULES, COMPARISON),
        why="tests/gradcheck/test_hostile.py and tests/remote/test_wire_torch.py",
        unit="u02",
        expect={"normalize": "B", "cube_slope": "B"},
    ),
]
