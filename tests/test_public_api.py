"""The public door: `__all__` says what there is, docs/api.md lists the same, and everything is described."""

import importlib.util
import inspect
from pathlib import Path
from types import ModuleType

import pytest

import minitorch

ROOT = Path(__file__).parent.parent


def _load_make_api():
    spec = importlib.util.spec_from_file_location("make_api", ROOT / "docs" / "make_api.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


make_api = _load_make_api()


@pytest.fixture(params=make_api.MODULES, ids=lambda name: name or "minitorch")
def module(request):
    return make_api.module(request.param)


def test_the_page_is_up_to_date():
    assert make_api.PAGE.read_text(encoding="utf-8") == make_api.page(), "run `make docs`"


def test_all_names_exist_once(module):
    names = module.__all__
    assert len(names) == len(set(names))
    assert not [name for name in names if not hasattr(module, name)]
    assert not [name for name in names if name.startswith("_")]


def test_nothing_public_is_left_out(module):
    """What a module defines or brings in from this package, it announces."""
    listed = set(module.__all__)
    ours = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not isinstance(value, ModuleType)
        and getattr(value, "__module__", "") == module.__name__
    }
    assert ours <= listed, sorted(ours - listed)


def test_everything_is_described(module):
    bare = [
        name
        for name in module.__all__
        if (inspect.isroutine(value := getattr(module, name)) or isinstance(value, type)) and not value.__doc__
    ]
    assert not bare


def test_methods_are_described():
    bare = [name for name, value in make_api.methods(minitorch.Tensor).items() if not make_api.summary(value)]
    assert not bare


def test_star_import():
    names: dict[str, object] = {}
    exec("from minitorch import *", names)
    assert set(minitorch.__all__) <= set(names)


def test_the_public_modules_are_reachable():
    for name in make_api.MODULES[1:]:
        value = minitorch
        for part in name.split("."):
            value = getattr(value, part)
        assert value is make_api.module(name)
