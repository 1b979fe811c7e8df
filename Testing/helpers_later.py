"""Modules that take seconds to import, and are needed by few tests: each process of tests collects all of them."""

import importlib


class Later:
    """A module, or a function or class of it, that is imported when it is first used."""

    __slots__ = ("_module", "_name")

    def __init__(self, module: str, name: str | None = None):
        object.__setattr__(self, "_module", module)
        object.__setattr__(self, "_name", name)

    def _found(self):
        module = importlib.import_module(self._module)
        return module if self._name is None else getattr(module, self._name)

    @property
    def __dict__(self):  # where pytest's monkeypatch looks for what it has to put back
        return vars(self._found())

    def __getattr__(self, attribute):
        return getattr(self._found(), attribute)

    def __setattr__(self, attribute, value):
        setattr(self._found(), attribute, value)

    def __delattr__(self, attribute):
        delattr(self._found(), attribute)

    def __call__(self, *arguments, **options):
        return self._found()(*arguments, **options)


def later(module: str, names: str) -> tuple[Later, ...]:
    """Functions and classes of a module, named in one text."""
    return tuple(Later(module, name) for name in names.split())


torch = Later("torch")
