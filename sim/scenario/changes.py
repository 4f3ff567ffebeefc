"""A scenario as a few changes over another: dotted paths and new values."""

from __future__ import annotations

from typing import Any

from sim.scenario import shape
from sim.scenario.catalogue import catalogue_tree
from sim.scenario.errors import Fault, Place, nearest_name, one_of
from sim.scenario.quantity import Quantity
from sim.scenario.schema import Family, Scenario
from sim.scenario.tree import Loc, Tree


def apply_change(tree: Tree, path: str, value: Tree, at: Place) -> list[Fault]:
    """Put a value at a dotted path of a scenario's data.

    Sections that the file leaves out, and families of the catalogue, come into being where a path leads
    through them; any other name in the path must exist. Whether the value is right is for validation to say.

    Parameters
    ----------
    tree : Tree
        Data of the scenario; changed in place.
    path : str
        Such as `transfers.us_2024.devices`, or `strata.3.residents`.
    value : Tree
        The new value with its positions.
    at : Place
        Where the path is written.

    Returns
    -------
    list of Fault
        Empty, or one fault: the path leads nowhere.
    """
    parts = path.split(".")
    loc: Loc = ()
    for i, part in enumerate(parts):
        here, kind = tree.get(loc), shape.at(Scenario, loc)
        step: str | int = part
        if isinstance(here, list):
            if not (part.isdecimal() and int(part) < len(here)):
                return [
                    Fault.at(
                        at, f"{path}: no element {part!r} in {shape.dotted(loc)}", f"0 to {len(here) - 1}"
                    )
                ]
            step = int(part)
        elif not isinstance(here, dict):
            return [Fault.at(at, f"{path}: {shape.dotted(loc)} is a single value, nothing lies below it")]
        last = i == len(parts) - 1
        if not last and _absent(here, step):
            if loc == ("families",) and part in catalogue_tree().data:
                tree.graft((*loc, part), Tree(catalogue_tree().data[part], at))
            elif shape.is_model(kind) and part in shape.valid_keys(kind):
                tree.graft((*loc, part), Tree({}, at))
            else:
                return [_unknown(path, loc, part, here, kind, at)]
        elif last and shape.is_model(kind) and part not in shape.valid_keys(kind):
            return [_unknown(path, loc, part, here, kind, at, tree)]
        loc = (*loc, step)
    tree.graft(loc, value)
    tree.keys[loc] = at
    return []


def _absent(here: Any, step: str | int) -> bool:
    """True when nothing, or null, stands under a key."""
    return isinstance(here, dict) and here.get(step) is None


def _unknown(
    path: str, loc: Loc, part: str, here: Any, kind: Any, at: Place, tree: Tree | None = None
) -> Fault:
    names = shape.valid_keys(kind) or list(here)
    if loc == ("families",):
        names = sorted({*here, *catalogue_tree().data})
    near = nearest_name(part, names)
    if tree is not None and len(loc) == 2 and loc[0] == "transfers" and part in shape.fields(Family):
        near = f"families.{here.get('family')}.{part}"  # what a device is like belongs to its family
    elif near:
        whole: Loc = (*loc, near, *path.split(".")[len(loc) + 1 :])
        near = shape.dotted(whole if shape.at(Scenario, whole) is not None else (*loc, near))
    where = f" in {shape.dotted(loc)}" if loc else ""
    return Fault.at(at, f"{path}: there is no {part!r}{where}", one_of(names) if names else "", near)


def as_tree(value: Any, place: Place) -> Tree:
    """A value from a program (number, Quantity, section, plain data) as data without positions."""
    return Tree(_plain(value), place)


def _plain(value: Any) -> Any:
    if isinstance(value, Quantity) or shape.is_model(type(value)):
        return value.model_dump(by_alias=True, exclude_none=True)
    if isinstance(value, dict):
        return {str(key): _plain(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(child) for child in value]
    # numpy scalars (a sweep over an array) become plain numbers
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value
