"""Every config that a process reads comes out small: put this folder on PYTHONPATH.

What a command line sets goes over it.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from pathlib import Path

_TARGET = "mmxkd.apis.configs"
sys.path.append(str(Path(__file__).resolve().parents[2] / "configs"))


class _Finder(importlib.abc.MetaPathFinder):
    """Change one module as soon as it has been executed, before anybody takes names out of it."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname != _TARGET:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            module.load_config = _small(module.load_config)

        spec.loader.exec_module = exec_module
        return spec


def _small(load_config):
    def load_small_config(path, options=None):
        from small import small_options

        config = load_config(path)
        return load_config(path, {**(small_options(config) if "train_cfg" in config else {}), **(options or {})})

    return load_small_config


sys.meta_path.insert(0, _Finder())
