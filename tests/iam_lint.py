"""Parliament, the linter of IAM documents, offline: unknown actions, resources that an action does
not take, conditions that do not exist."""

import json
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from catalog.objects import Object


def findings(policy: Object) -> list[str]:
    """What parliament has to say against a role's policy; nothing at best."""
    analyze: Callable[[str], Any] = _parliament().analyze_policy_string
    return [str(finding) for finding in analyze(json.dumps(policy)).findings]


def _parliament() -> ModuleType:
    """Parliament 1.6 finds its data by `pkg_resources`, which setuptools dropped in 82.

    Its import also leaves files open and warns of its own escapes; what it finds does neither.
    """
    if "parliament" not in sys.modules:
        stand_in = ModuleType("pkg_resources")
        setattr(stand_in, "resource_filename", _beside)  # noqa: B010 - a module has no such field.
        with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
            warnings.simplefilter("ignore")
            patch.setitem(sys.modules, "pkg_resources", stand_in)
            import_module("parliament")
    return sys.modules["parliament"]


def _beside(package: str, name: str) -> str:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise LookupError(f"{package} is not installed")
    return str(Path(spec.origin).parent / name)
