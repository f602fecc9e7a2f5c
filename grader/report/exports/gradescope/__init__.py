"""Grading on Gradescope: the zip that an instructor uploads, and the program that runs there."""
