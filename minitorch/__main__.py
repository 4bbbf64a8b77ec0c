"""`python -m minitorch`: run a PyTorch program with minitorch in PyTorch's place, or print what is in a checkpoint."""

from __future__ import annotations

import argparse
import sys
import traceback
from types import TracebackType

from .errors import CheckpointError
from .serialization.inspect import table
from .standin import run


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit status."""
    options = _parser().parse_args(arguments)
    if options.command == "inspect":
        return _inspect(options.file)
    return _run(options.script, options.arguments, options.packages)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m minitorch", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    inspect = commands.add_parser("inspect", help="print the tensors of a checkpoint or safetensors file")
    inspect.add_argument("file")
    script = commands.add_parser("run", help="run a PyTorch script: its `import torch` gives minitorch")
    script.add_argument(
        "--for", dest="packages", action="append", default=[], metavar="PACKAGE",
        help="an installed package that is given minitorch as torch, too",
    )  # fmt: skip
    script.add_argument("script")
    script.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


def _inspect(file: str) -> int:
    try:
        print(table(file))
    except (CheckpointError, OSError) as error:
        print(f"{file}: {error}", file=sys.stderr)
        return 1
    return 0


def _run(script: str, arguments: list[str], packages: list[str]) -> int:
    try:
        run(script, arguments, packages)
    except (Exception, KeyboardInterrupt) as error:
        trace = _from(script, error.__traceback__)
        traceback.print_exception(type(error), error, trace, chain=trace is not None)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _from(script: str, trace: TracebackType | None) -> TracebackType | None:
    """The part of a traceback that the program's author knows: from the script on. None if it did not begin."""
    start = trace
    while start is not None and start.tb_frame.f_code.co_filename != script:
        start = start.tb_next
    return start


if __name__ == "__main__":
    sys.exit(main())
