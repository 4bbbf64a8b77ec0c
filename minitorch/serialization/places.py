"""Where the storages of a checkpoint go: `map_location`, and the registry of other places than the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..device import Device, check_device
from ..storage import TypedStorage, UntypedStorage
from .stored import Source, held

Place = Callable[[Source, str, str], None]


MAP_LOCATION = Callable[[Any, str], Any] | Device | str | dict[str, str] | None


def placing(map_location: Any) -> Place:
    """What is done with each storage of a file, its location and dtype: it must end on the CPU."""
    if isinstance(map_location, str | Device):
        check_device(map_location)
        return lambda source, location, dtype: None
    if isinstance(map_location, dict):
        table = {str(k): str(v) for k, v in map_location.items()}
        return lambda source, location, dtype: _restore(source, table.get(location, location), dtype)
    if map_location is None:
        return _restore
    if not callable(map_location):
        raise TypeError(f"map_location is a {type(map_location).__name__}: expected a device, a dict or a function")
    return lambda source, location, dtype: _place_by(map_location, source, location, dtype)


def _place_by(function: Any, source: Source, location: str, dtype: str) -> None:
    moved = function(UntypedStorage._over(source.storage(held(dtype))), location)
    if moved is None:
        _restore(source, location, dtype)
    elif not isinstance(moved, (TypedStorage, UntypedStorage)):
        raise TypeError(f"map_location returned a {type(moved).__name__}: expected the storage, or None")
    else:
        source.replace(moved._storage)


def _restore(source: Source, location: str, dtype: str) -> None:
    if len(_registry) > 1 or location != "cpu":
        known = UntypedStorage._over(source.storage(held(dtype))) if len(_registry) > 1 else None
        moved = default_restore_location(known, location)
        if moved is not None:
            source.replace(moved._storage)


# ---------------------------------------------------------------- the registry

Tagger = Callable[[Any], str | None]
Deserializer = Callable[[Any, str], Any]
_registry: list[tuple[int, Tagger, Deserializer]] = []


def register_package(priority: int, tagger: Tagger, deserializer: Deserializer) -> None:
    """Let `tagger(storage)` say where a storage lies, for `save`, and `deserializer(storage, location)` bring it here.

    Those of lower priority numbers are asked first, until one gives something other than None; the CPU's have 10.
    """
    _registry.append((priority, tagger, deserializer))
    _registry.sort(key=lambda entry: entry[0])


register_package(10, lambda storage: "cpu", lambda storage, location: storage if location == "cpu" else None)


def location_tag(storage: Any) -> str:
    """Where a storage lies, as a file says it: "cpu", unless a registered tagger says something else."""
    found = (tagger(storage) for _, tagger, _ in _registry)
    return next(tag for tag in found if tag)


def default_restore_location(storage: Any, location: str) -> Any:
    """The storage, where it is to be; RuntimeError for a place that nobody has registered."""
    for _, _, deserializer in _registry:
        result = deserializer(storage, location)
        if result is not None or location == "cpu":
            return result
    raise RuntimeError(
        f"Attempting to deserialize object on device {location!r}, but minitorch runs on the CPU alone. Use "
        "torch.load with map_location=torch.device('cpu') to map your storages to the CPU."
    )
