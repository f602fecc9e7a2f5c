"""Solution to stub: what the markers take out, and every way to set them wrongly."""

from textwrap import dedent

import pytest

from grader.errors import CourseError
from grader.release.stub import make_stub


def stub(text: str) -> str:
    return make_stub(dedent(text).lstrip("\n"), "slopes.py")


def test_inside_a_function_the_block_becomes_one_raise_at_its_own_indentation():
    assert stub(
        '''
        """A unit."""


        def f(x):
            """Half."""
            y = x  # given
            for _ in range(3):
                # BEGIN SOLUTION
                z = y / 2

                y = z
                # END SOLUTION
            return y


        def g(x):
            # BEGIN SOLUTION
            return x
            # END SOLUTION
        '''
    ) == dedent(
        '''\
        """A unit."""


        def f(x):
            """Half."""
            y = x  # given
            for _ in range(3):
                raise NotImplementedError
            return y


        def g(x):
            raise NotImplementedError
        '''
    )


def test_at_class_and_module_level_the_block_vanishes_without_doubled_gaps():
    assert stub(
        '''
        import math

        # BEGIN SOLUTION
        import os
        # END SOLUTION


        class V:
            # BEGIN SOLUTION
            __slots__ = ()

            # END SOLUTION

            def a(self):
                # BEGIN SOLUTION
                return 1
                # END SOLUTION

            # BEGIN SOLUTION
            @property
            def b(self):
                return """
                many lines
            """
            # END SOLUTION


        # BEGIN SOLUTION
        def helper():
            return 1


        # END SOLUTION


        def last(): ...


        # BEGIN SOLUTION
        V.c = 1
        # END SOLUTION
        '''
    ) == dedent(
        """\
        import math


        class V:
            def a(self):
                raise NotImplementedError


        def last(): ...
        """
    )


def test_a_method_given_in_a_class_inside_a_function_vanishes_too():
    text = """
        def make():
            class V:
                x = 1

                # BEGIN SOLUTION
                y = 2
                # END SOLUTION

            return V
        """
    assert stub(text) == "def make():\n    class V:\n        x = 1\n\n    return V\n"


def test_a_block_in_an_async_function_and_in_an_except_branch():
    text = """
        async def f():
            try:
                pass
            except ValueError:
                # BEGIN SOLUTION
                return 1
                # END SOLUTION
        """
    assert "        raise NotImplementedError\n" in stub(text)


def test_windows_line_ends_and_a_missing_last_newline():
    source = "def f():\r\n    # BEGIN SOLUTION\r\n    return 1\r\n    # END SOLUTION"
    assert make_stub(source, "x.py") == "def f():\n    raise NotImplementedError\n"


@pytest.mark.parametrize(
    ("line", "what", "text"),
    [
        (1, "no solution block", "def f(): ...\n"),
        (2, "never ends", "def f():\n    # BEGIN SOLUTION\n    return 1\n"),
        (3, "never begun", "def f():\n    return 1\n    # END SOLUTION\n"),
        (2, "still open", "# BEGIN SOLUTION\n# BEGIN SOLUTION\nx = 1\n# END SOLUTION\n# END SOLUTION\n"),
        (4, "unlike its beginning", "def f():\n    # BEGIN SOLUTION\n    return 1\n# END SOLUTION\n"),
        (2, "unlike the statement", "def f():\n  # BEGIN SOLUTION\n    return 1\n  # END SOLUTION\n"),
        (1, "no whole statement", "# BEGIN SOLUTION\n# only a comment\n# END SOLUTION\nx = 1\n"),
        (2, "no whole statement", "x = [\n# BEGIN SOLUTION\n1,\n# END SOLUTION\n]\n"),
        (3, "cuts", "x = [\n# BEGIN SOLUTION\n1]\ny = 2\n# END SOLUTION\n"),
        (3, "cuts", "# BEGIN SOLUTION\ny = 2\nx = [\n# END SOLUTION\n1]\n"),
        (
            4,
            "cuts",
            "if a:\n    # BEGIN SOLUTION\n    x = 1\nelse:\n    y = 1\n    # END SOLUTION\n",
        ),
        (3, "cuts", "def f(\n    # BEGIN SOLUTION\n    a,\n):\n    return a\n    # END SOLUTION\n"),
        (
            3,
            "cuts",
            "def f():\n    # BEGIN SOLUTION\n    return 1\ndef g():\n    return 2\n    # END SOLUTION\n",
        ),
        (2, "inside a string", 'x = """\n# BEGIN SOLUTION\n# END SOLUTION\n"""\n'),
        (1, "inside a string", 'x = "# END SOLUTION"\n'),
        (1, "not quite a marker", "x = 1  # BEGIN SOLUTION\n"),
        (1, "not quite a marker", "#BEGIN SOLUTION\nx = 1\n"),
        (1, "not quite a marker", "# begin solution\nx = 1\n"),
        (1, "not quite a marker", "# BEGIN SOLUTIONS\nx = 1\n"),
        (1, "not quite a marker", "### BEGIN SOLUTION\nx = 1\n"),
        (2, "does not compile", "class V:\n    # BEGIN SOLUTION\n    x = 1\n    # END SOLUTION\n"),
        (2, "not Python", "x = 1\ndef f(:\n"),
        (1, "not Python", "x = '\x00'\n"),
    ],
)
def test_wrong_markers_are_told_with_file_and_line(line, what, text):
    with pytest.raises(CourseError, match=what) as caught:
        make_stub(text, "slopes.py")
    assert caught.value.rationale.startswith(f"slopes.py:{line}: ")
    assert caught.value.help
