"""katagrad: a graded course on gradients and backpropagation, with its autograder.

This package holds no secret: students install it too. Tests import from `grader.testing`.
"""

__version__ = "0.1.0"
