"""Results that several tests need are worked out once in a run, by the process that needs them first.

A result is kept in a folder that pytest makes anew for every run, under the content of everything that it was made
from: the arguments, and the source of the library and of the helpers. Every use gets a copy of its own.

The processes that tests start take part: see ``remembering/sitecustomize.py``. So nothing large is imported here.
"""

import hashlib
import importlib
import os
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import lru_cache, partial, wraps
from importlib.machinery import PathFinder
from importlib.util import spec_from_file_location
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER_VARIABLE = "SKULLRESTORE_TESTS_REMEMBER"
"""Environment variable with the folder of this run; conftest.py sets it. Without it everything is worked out anew."""
SMALL_VARIABLE = "SKULLRESTORE_TESTS_SMALL"
"""Environment variable that makes a process draw small pictures, offer a coarse sample head, and hash quickly."""
PLAIN_VARIABLE = "SKULLRESTORE_TESTS_PLAIN_WORKSPACE"
"""Environment variable that gives the workers of a server a page without scene and views, for tests of the server."""
PROCESS_FOLDER = ROOT / "Testing" / "remembering"
"""On the path of a process that takes part."""
_switch = {"on": True}

HEAD_STEPS = {
    "segmentation.bone_segmentation": {"segment": ()},
    "pose.head_frame": {"find_pose": ()},
    "pose.refine": {"refine_pose": ()},
    "prediction.ray_tracing": {"trace_rays": ("bricks",)},
    "defects.bone_mass": {"weigh_bone": ()},
}
"""Modules of the library, and their functions that examine a head; with the arguments that follow from the others."""
PREDICTION_STEPS = {"prediction.network": {"predict": ()}, "prediction.vault_extension": {"extend_vault": ()}}
IMPLANT_STEPS = {"implant": {"build_implant": ("geometry",)}}
PHANTOM_STEPS = {"phantom.anatomy": {"grow_head": ()}}
"""Each synthetic head is grown once, in all tests."""
LONG_STEPS = HEAD_STEPS | PREDICTION_STEPS | IMPLANT_STEPS
"""All that take long in a restoration."""


@lru_cache(maxsize=1)
def source_hash() -> bytes:
    """Hash of the source and the weights that decide a result."""
    total = hashlib.sha256()
    for path in sorted([*ROOT.glob("SkullRestoreLib/**/*.py"), *ROOT.glob("Testing/helpers_*.py")]):
        total.update(path.read_bytes())
    for path in sorted(ROOT.glob("Resources/**/*.safetensors")):
        total.update(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}".encode())
    return total.digest()


def contents(value: object) -> Iterator[bytes | memoryview]:
    """Everything that a value consists of; what an object has cached meanwhile is no part of it."""
    import numpy as np

    yield type(value).__name__.encode()
    if isinstance(value, np.ndarray):
        yield f"{value.dtype} {value.shape}".encode()
        yield np.ascontiguousarray(value).reshape(-1).view(np.uint8) if value.size else b""
    elif is_dataclass(value):
        for field in fields(value):
            yield field.name.encode()
            yield from contents(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from contents(name)
            yield from contents(one)
        yield b"end"
    elif isinstance(value, tuple | list):
        for one in value:
            yield from contents(one)
        yield b"end"
    elif isinstance(value, partial):
        yield from contents((value.func.__qualname__, value.args, value.keywords))
    elif hasattr(value, "state_dict"):
        yield from contents({name: weights.numpy() for name, weights in value.state_dict().items()})
    else:
        yield pickle.dumps(value)


def remembered(function: Callable, *, without: tuple[str, ...] = ()) -> Callable:
    """Return a function that looks for its result before it works it out.

    ``without`` names arguments that follow from the others.
    """

    @wraps(function)
    def look_up(*arguments, **options):
        folder = os.environ.get(FOLDER_VARIABLE)
        if not folder or not _switch["on"]:
            return function(*arguments, **options)
        deciding = {name: value for name, value in options.items() if name not in without}
        key = hashlib.sha256(source_hash())
        for part in contents((function.__module__, function.__qualname__, arguments, deciding)):
            key.update(part)
        path = Path(folder) / key.hexdigest()
        if path.is_file():
            return pickle.loads(path.read_bytes())
        made = function(*arguments, **options)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            pickle.dump(made, file, protocol=pickle.HIGHEST_PROTOCOL)
        try:
            os.replace(file.name, path)
        except PermissionError:  # on Windows, while another process reads the same result
            Path(file.name).unlink()
        return made

    return look_up


@contextmanager
def steps_remembered(steps: Mapping[str, Mapping[str, tuple[str, ...]]]):
    """Remember functions of the library, wherever a module of it holds them."""
    with _exchanged(
        (name, function, partial(remembered, without=without))
        for name, functions in steps.items()
        for function, without in functions.items()
    ):
        yield


@contextmanager
def _exchanged(changes):
    """Put another function in the place of each that is named, until the end."""
    changed = []
    for name, function, change in changes:
        real = getattr(importlib.import_module(f"SkullRestoreLib.{name}"), function)
        changed.append((function, real, change(real)))
    _exchange((function, real, look_up) for function, real, look_up in changed)
    try:
        yield
    finally:
        _exchange((function, look_up, real) for function, real, look_up in reversed(changed))


def _exchange(changes):
    modules = [module for name, module in sys.modules.items() if name.startswith("SkullRestoreLib")]
    for function, old, new in changes:
        for module in modules:
            if vars(module).get(function) is old:
                setattr(module, function, new)


@contextmanager
def nothing_remembered():
    """Work everything out, here and in the processes that are started, for a test of what happens meanwhile."""
    folder = os.environ.pop(FOLDER_VARIABLE, None)
    _switch["on"] = False
    try:
        yield
    finally:
        _switch["on"] = True
        if folder is not None:
            os.environ[FOLDER_VARIABLE] = folder


# --- processes that tests start


def process_environment(*, small: bool = False, plain: bool = False) -> dict[str, str]:
    """Variables with which a process takes part.

    ``small``: its pictures and its sample head are small. ``plain``: its workspaces have no scene.
    """
    path = os.pathsep.join([str(PROCESS_FOLDER), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    chosen = {SMALL_VARIABLE: small, PLAIN_VARIABLE: plain}
    return {"PYTHONPATH": path} | {name: "yes" for name, wanted in chosen.items() if wanted}


def take_part() -> None:
    """Have this process remember the long steps, module by module, when each is imported."""
    steps = PHANTOM_STEPS | LONG_STEPS
    changes = {f"SkullRestoreLib.{name}": partial(_remember_in, functions) for name, functions in steps.items()}
    if os.environ.get(SMALL_VARIABLE):
        changes |= {
            "SkullRestoreLib.phantom": _make_sample_coarse,
            "SkullRestoreLib.web.users_file": _hash_quickly,
            "SkullRestoreLib.report.render": partial(_draw_small, "draw_views"),
            "SkullRestoreLib.report.figures": partial(_draw_small, "draw_closeups"),
        }
    sys.meta_path.insert(0, _ChangingFinder(changes))
    if os.environ.get(PLAIN_VARIABLE):
        sys.meta_path.insert(0, _PlainFinder())


class _PlainFinder:
    """Finds the modules of a workspace in ``remembering/plain_workspace.py``."""

    def find_spec(self, name, path=None, target=None):
        package, _, module = name.rpartition(".")
        if package == "SkullRestoreLib.web" and module in ("page", "controller", "viewer", "result_files"):
            return spec_from_file_location(name, PROCESS_FOLDER / "plain_workspace.py")
        return None


class _ChangingFinder:
    """Finds the modules of the library that are changed when they are imported."""

    def __init__(self, changes):
        self.changes = changes

    def find_spec(self, name, path=None, target=None):
        if name not in self.changes:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return spec
        execute, change = spec.loader.exec_module, self.changes[name]

        def execute_and_change(module):
            execute(module)
            change(module)

        spec.loader.exec_module = execute_and_change
        return spec


def _remember_in(functions, module):
    for function, without in functions.items():
        setattr(module, function, remembered(getattr(module, function), without=without))


def _draw_small(name, module):
    setattr(module, name, partial(getattr(module, name), size=(60, 50)))


def _hash_quickly(module):
    """Make hashes of the least cost that is accepted, as for names that nobody has; users keep their own hashes."""

    def password_hasher():
        from argon2 import PasswordHasher

        return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

    module.password_hasher = password_hasher


def _make_sample_coarse(module):
    """The sample head with an eighth of the voxels, made once in a run."""
    make = module.make_phantom

    def run_to_end(**options):
        steps = make(**options)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return end.value

    made_once = remembered(run_to_end)

    def make_phantom(**options):
        yield "grow a head", 0.0
        return made_once(**options | {"matrix": 128, "slice_mm": 2.0})

    module.make_phantom = make_phantom
