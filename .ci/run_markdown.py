"""Run the Python code of Markdown files: all ```python blocks of a file, in order, as one program."""

import os
import re
import sys
import tempfile
from pathlib import Path

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(path: Path) -> None:
    """Execute the blocks of one file with the line numbers they have there."""
    text = path.read_text()
    blocks = list(BLOCK.finditer(text))
    if not blocks:
        sys.exit(f"{path}: no Python block found")
    names = {"__name__": "__main__"}
    for block in blocks:
        lines_before = text.count("\n", 0, block.start(1))
        exec(compile("\n" * lines_before + block[1], str(path), "exec"), names)
    print(f"{path}: {len(blocks)} blocks ran")


paths = [Path(name).resolve() for name in sys.argv[1:]]
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)  # whatever the blocks write, they write it there
    for path in paths:
        run(path)
    os.chdir(Path(__file__).parent)
