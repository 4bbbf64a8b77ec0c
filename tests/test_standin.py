"""Unmodified PyTorch programs, with minitorch in PyTorch's place: in a context, and from the shell."""

import builtins
import os
import subprocess
import sys
from pathlib import Path

import pytest

import minitorch

SCRIPT = """
import sys
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.backends.cudnn as cudnn
from torch import optim
from torch.autograd import Variable
from torch.nn.modules.utils import _pair
from torch.nn.parameter import Parameter
import helper

cudnn.benchmark = True
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 1)

    def forward(self, x):
        import torch.nn.functional as again
        assert again is F
        return F.relu(self.fc(x))

torch.manual_seed(0)
model = Net().to(device)
optimizer = optim.SGD(model.parameters(), lr=0.1)
for _ in range(3):
    optimizer.zero_grad()
    loss = F.mse_loss(model(torch.ones(4, 2)), torch.ones(4, 1))
    loss.backward()
    optimizer.step()
print(sys.argv[1:], helper.name, __name__, sys.modules.get("torch") is None, loss.item() < 10)
"""
PROBE = """
try:
    import torch
    found = torch.__name__
except ImportError:
    found = None
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "helper.py").write_text("import torch\nname = torch.__name__\n")
    package = tmp_path / "site-packages" / "probing"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(PROBE)
    return tmp_path


def shell(folder, *arguments):
    """The command, in a folder, with the minitorch that is tested here."""
    path = os.pathsep.join(filter(None, [str(Path(minitorch.__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-m", "minitorch", "run", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=environment,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_script_and_its_modules(folder):
    code, out, err = shell(folder, "script.py", "--epochs", "3")
    assert (code, err) == (0, "")
    assert out == "['--epochs', '3'] minitorch __main__ True True\n"


def test_installed_packages_are_left_alone(folder):
    (folder / "script.py").write_text(
        "import sys\nsys.path.insert(0, 'site-packages')\nimport torch, probing\nprint(torch.__name__, probing.found)\n"
    )
    assert shell(folder, "script.py")[1].split()[0] == "minitorch"
    assert shell(folder, "script.py")[1].split()[1] != "minitorch"
    assert shell(folder, "--for", "probing", "script.py")[1].split() == ["minitorch", "minitorch"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "from torch.nn import Lineer",
            "ImportError: minitorch has no 'torch.nn.Lineer' to import ({}, line 3): Did you mean 'Linear'?",
        ),
        (
            "import torch.optimm",
            "ModuleNotFoundError: minitorch has no module 'torch.optimm' ({}, line 3): Did you mean 'optim'?",
        ),
        (
            "from torch.monitor import Stat",
            "ModuleNotFoundError: minitorch has no module 'torch.monitor' ({}, line 3): it is PyTorch's C++",
        ),
        ("import torch.export", "minitorch has no module 'torch.export' ({}, line 3): it compiles programs"),
        ("torch.sofmax(1)", "no 'torch.sofmax' ({}, line 3): Did you mean 'softmax'?"),
        ("import nowhere_to_be_found", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
    ],
)
def test_missing_names(folder, line, said):
    script = folder / "broken.py"
    script.write_text(f"import torch\n\n{line}\n")
    code, _, err = shell(folder, str(script))
    assert code == 1
    assert said.format(script) in err
    assert "standin.py" not in err.partition("broken.py")[0]
    assert err.startswith("Traceback")


def test_exits_are_the_scripts_own(folder):
    (folder / "script.py").write_text("import sys\nsys.exit(7)\n")
    assert shell(folder, "script.py")[0] == 7
    assert "No such file" in shell(folder, "nothing.py")[2]


def test_the_context():
    before = builtins.__import__
    with minitorch.as_torch() as given:
        import torch
        import torch.nn.functional as F
        from torch.optim import SGD
    assert torch is given is minitorch
    assert F is minitorch.nn.functional
    assert SGD is minitorch.optim.SGD
    assert builtins.__import__ is before
    assert "torch" not in sys.modules or sys.modules["torch"] is not minitorch
    with pytest.raises(ZeroDivisionError), minitorch.as_torch():
        1 / 0  # noqa: B018
    assert builtins.__import__ is before


SPAWNING = """
import multiprocessing
import torch
from torch.utils.data import DataLoader, Dataset

class Numbers(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, i):
        return torch.tensor(i)

def double(x):
    return torch.tensor(x) * 2

if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    batches = [batch.tolist() for batch in DataLoader(Numbers(), 2, num_workers=1)]
    with multiprocessing.Pool(1) as pool:
        print(batches, pool.map(double, [1, 2]))
"""


def test_processes_that_a_program_spawns(folder):
    (folder / "script.py").write_text(SPAWNING)
    code, out, err = shell(folder, "script.py")
    assert (code, err) == (0, "")
    assert out == "[[0, 1], [2, 3]] [tensor(2), tensor(4)]\n"


def test_tracebacks_begin_at_the_program(folder):
    (folder / "script.py").write_text("import torch\n\ndef f(:\n")
    code, _, err = shell(folder, "script.py")
    assert code == 1
    assert err.splitlines()[0] == '  File "script.py", line 3'
    (folder / "script.py").write_text("import helper\n\nhelper.torch.ones(2).reshap(1)\n")
    code, _, err = shell(folder, "script.py")
    assert err.splitlines()[:2] == ["Traceback (most recent call last):", '  File "script.py", line 3, in <module>']
    assert err.splitlines()[-1].endswith("has no attribute 'reshap' (script.py, line 3): Did you mean 'reshape'?")
    (folder / "script.py").write_text("raise KeyboardInterrupt\n")
    assert shell(folder, "script.py")[0] == 130


def test_a_folder_is_run_by_its_main(folder):
    program = folder / "program"
    program.mkdir()
    (program / "__main__.py").write_text("from helper import name\nprint(name, __name__)\n")
    (program / "helper.py").write_text("import torch\nname = torch.__name__\n")
    assert shell(folder, "program")[:2] == (0, "minitorch __main__\n")


def test_attributes_that_tensors_lack():
    class Mine(minitorch.Tensor):
        @property
        def broken(self):
            return self.nothing_of_this_name

    x = minitorch.ones(2)
    assert not hasattr(x, "reshap")
    assert not hasattr(x, "__array_struct__")
    with pytest.raises(AttributeError, match=r"'Tensor' object has no attribute 'squeez' \(.*: Did you mean 'squeeze'"):
        x.squeez()
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        _ = Mine(x).broken
    assert getattr(x, "label", None) is None
    x.label = 3
    assert x.label == 3


ASKING = """
import importlib, importlib.util
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
import minitorch

torch = importlib.import_module("torch")
assert torch is import_module("torch") is minitorch
assert import_module("torch.nn.functional") is torch.nn.functional
assert import_module(".decoder", "json").__name__ == "json.decoder"
assert find_spec("torch") and importlib.util.find_spec("torch.nn") and not find_spec("torch_nowhere")
assert version("torch") == importlib.metadata.version("torch") == str(torch.__version__)
assert torch.__version__ != "N/A" and version("numpy")
assert importlib.reload and importlib.util.module_from_spec and importlib.machinery.ModuleSpec
try:
    import_module("torch.nowhere")
except ModuleNotFoundError as error:
    print(error)
"""


def test_programs_that_look_for_torch(folder):
    """By importlib, as packages do that work with several libraries."""
    (folder / "asking.py").write_text(ASKING)
    code, out, err = shell(folder, "asking.py")
    assert (code, err) == (0, "")
    assert out == "minitorch has no module 'torch.nowhere' (asking.py, line 17)\n"
