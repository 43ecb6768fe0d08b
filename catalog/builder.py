"""One side of a plan, resolved: parses each file once and renders projects on any stack."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from catalog.diff import Side
from catalog.entry import PlatformFile, ProjectFile, TeamFile
from catalog.environment import Environment
from catalog.errors import CatalogError, Problem
from catalog.fleet import Built, build, tier_problems
from catalog.load import Loaded, load_platform, load_project, load_team
from catalog.resolve import Project
from catalog.tree import FileEntry, Tree
