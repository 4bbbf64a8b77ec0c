"""The scripts of tests/programs: programs as people write them, and the text that each prints under PyTorch."""

import contextlib
import io
import os
import re
import tempfile
import warnings
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "programs"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def printed(name, run):
    """What `run(path)` of a script prints, in an empty folder, without warnings."""
    text, before = io.StringIO(), os.getcwd()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), contextlib.redirect_stdout(text):
        warnings.simplefilter("ignore")
        os.chdir(folder)
        try:
            run(str(FOLDER / f"{name}.py"))
        finally:
            os.chdir(before)
    return text.getvalue()


def differences(found, expected):
    """The lines that differ, as (line number, found, expected).

    Words are compared, not the spaces between them; whole numbers are equal; others may differ by one in the last digit
    that is printed, or by 1e-4 of their size.
    """
    left, right = found.splitlines(), expected.splitlines()
    if len(left) != len(right):
        return [(0, f"{len(left)} lines", f"{len(right)} lines")]
    return [(i, a, b) for i, (a, b) in enumerate(zip(left, right, strict=True), 1) if not _alike(a, b)]


def _alike(a, b):
    if NUMBER.sub("#", a).split() != NUMBER.sub("#", b).split():
        return False
    pairs = zip(NUMBER.findall(a), NUMBER.findall(b), strict=True)
    return all(x == y or abs(float(x) - float(y)) <= _tolerance(y) for x, y in pairs)


def _tolerance(number):
    mantissa, _, exponent = number.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    if not decimals and not exponent:
        return 0
    return 1.01 * 10.0 ** (int(exponent or 0) - decimals) + 1e-4 * abs(float(number))
