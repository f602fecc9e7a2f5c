"""The names that rules know by themselves: ways around every list, and what works with complex numbers."""

# Builtins that reach a name through a text, run a text, or hand out whole namespaces.
DETOURS = frozenset(
    {
        *("getattr", "setattr", "delattr", "hasattr", "eval", "exec", "compile", "globals", "locals", "vars"),
        *("dir", "open", "input", "breakpoint", "help", "memoryview", "license", "credits", "copyright"),
        *("exit", "quit"),
    }
)
IMPORTERS = frozenset({"__import__", "__builtins__", "__loader__", "__spec__"})

# Methods that a class of the student may define, and ask for by name.
ORDINARY = frozenset(
    f"__{name}__"
    for name in (
        *("init", "repr", "str", "call", "hash", "bool", "len", "iter", "next", "contains", "reversed"),
        *("getitem", "setitem", "delitem", "enter", "exit", "eq", "ne", "lt", "le", "gt", "ge"),
        *("neg", "pos", "abs", "invert", "float", "int", "index", "round", "post_init"),
        *(
            prefix + operator
            for prefix in ("", "r", "i")
            for operator in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or")
        ),
    )
)
LOADABLE = ORDINARY | {"__name__", "__doc__"}
STORABLE = ORDINARY | {"__slots__", "__all__", "__doc__"}

COMPLEX = frozenset(
    {
        *("imag", "real", "conj", "conjugate", "angle", "emath", "scimath", "real_if_close", "iscomplex"),
        *("cdouble", "csingle", "cfloat", "chalf", "clongdouble", "complexfloating", "complex_", "polar"),
        *("complex32", "complex64", "complex128", "complex192", "complex256", "singlecomplex", "csqrt"),
        *("view_as_real", "view_as_complex", "is_complex", "isreal", "sgn", "resolve_conj"),
    }
)
DIFFERENTIATES = frozenset({"torch", "jax", "tensorflow", "autograd", "sympy", "keras", "theano", "casadi"})

LIST = "the list is `rules` in .kata/catalogue.json"
