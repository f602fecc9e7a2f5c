"""Runs before everything else, where Python finds it."""

import atexit
import os

atexit.register(os._exit, 0)
