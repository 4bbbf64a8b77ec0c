"""The main module of a process that a program under `python -m minitorch run` spawned: the program, run once more."""

from .standin import run_again

globals().update(run_again())
