"""`python -m minitorch inspect FILE`: what is in a checkpoint."""

from __future__ import annotations

import argparse
import sys

from .errors import CheckpointError
from .serialization.inspect import table


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m minitorch", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    inspect = commands.add_parser("inspect", help="print the tensors of a checkpoint or safetensors file")
    inspect.add_argument("file")
    options = parser.parse_args(arguments)
    return _inspect(options.file)


def _inspect(file: str) -> int:
    try:
        print(table(file))
    except (CheckpointError, OSError) as error:
        print(f"{file}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
