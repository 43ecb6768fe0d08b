"""Fleets that live in memory: files by path, read by the real loader and built on a stack.

`build_one` makes one endpoint of the entry that a test is about; `build_fleet` takes whole files.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from catalog.discover import ProjectPath, discover
from catalog.endpoint import Endpoint
from catalog.entry import PlatformFile, TeamFile
from catalog.environment import Environment
from catalog.errors import Problem
from catalog.fleet import Built, build, tier_problems
from catalog.load import Loaded, load_platform, load_project, load_team
from catalog.namespaces import namespace_problems
from catalog.objects import Object
from catalog.quota import Limit, QuotaTree, limit_of
from catalog.resolve import Draft, Project, drafts
from catalog.tree import FileEntry
from tests.yaml_dump import dump

Files: TypeAlias = dict[str, str | bytes]
Data: TypeAlias = Mapping[str, Any]
T = TypeVar("T")

REGISTRY = "registry.example.com"
TEAM, PROJECT = "risk", "scoring"
NAMESPACE = f"{TEAM}-{PROJECT}"
FILE = f"models/{TEAM}/{PROJECT}.yaml"
IMAGE = f"{REGISTRY}/ml/part@sha256:" + "5" * 64


def environment(stack: str = "dev", **settings: Any) -> Environment:
    """A stack; every setting may be another."""
    tiers = {"dev": ["dev", "staging"], "prod": ["production"]}
    identity = {"issuer": "https://login.example.com/", "jwks": "https://login.example.com/keys"}
    return Environment.model_validate(
        {
            "stack": stack,
            "tiers": tiers.get(stack, ["dev", "staging", "production"]),
            "one_tier": stack not in tiers,
            "domain": f"{stack}.example.com",
            "region": "eu-west-1",
            "bucket": f"example-{stack}-models",
            "identity": identity,
            **settings,
        }
    )


DEV, PROD, LOCAL = environment("dev"), environment("prod"), environment("local", cluster="local")
ENVIRONMENTS = (DEV, PROD, LOCAL)

ARTIFACTS: Mapping[str, Mapping[str, bytes]] = {
    "custom": {"weights.bin": b"custom"},
    "huggingface": {"config.json": b"{}", "model.safetensors": b"hf"},
    "lightgbm": {"model.bst": b"lightgbm"},
    "mlflow": {"MLmodel": b"mlflow"},
    "onnx": {"model.onnx": b"onnx"},
    "pytorch": {"model.pt": b"pytorch", "config.pbtxt": b'platform: "pytorch_libtorch"'},
    "sklearn": {"model.joblib": b"sklearn"},
    "tensorflow": {"model.savedmodel/saved_model.pb": b"tensorflow"},
    "triton": {"ranker/1/model.onnx": b"triton", "ranker/config.pbtxt": b"max_batch_size: 8"},
    "vllm": {"config.json": b"{}", "model-1.safetensors": b"vllm"},
    "xgboost": {"model.json": b"xgboost"},
}
"""The least that each framework's server loads."""


def artifact_files(team: str) -> Files:
    """Artifacts of every framework at `./artifacts/<framework>` of a team."""
    return {
        f"models/{team}/artifacts/{framework}/{name}": content
        for framework, files in ARTIFACTS.items()
        for name, content in files.items()
    }


def platform_yaml(**settings: Any) -> str:
    """`models/platform.yaml`, without any bound on what is used."""
    return dump({"version": "1", "registries": [REGISTRY], "quota": {}, **settings})


def team_yaml(**settings: Any) -> str:
    """`models/<team>/team.yaml`, without any bound on what is used."""
    whole = {"version": "1", "owners": ["risk-ml"], "cost_center": "cc-1", "quota": {}}
    return dump({**whole, **settings})


def project_yaml(deployments: Data, **settings: Any) -> str:
    """`models/<team>/<project>.yaml`."""
    return dump({"version": "1", **settings, "deployments": deployments})


class MemoryTree:
    """A repository without a disk."""

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self._files = {p: t.encode() if isinstance(t, str) else t for p, t in files.items()}

    def files(self, folder: str) -> list[FileEntry]:
        """See `Tree.files`."""
        return [
            FileEntry(path, len(content))
            for path, content in sorted(self._files.items())
            if path == folder or path.startswith(f"{folder.rstrip('/')}/")
        ]

    def read(self, path: str) -> bytes:
        """See `Tree.read`."""
        if path not in self._files:
            raise FileNotFoundError(path)
        return self._files[path]

    def escapes(self, path: str) -> bool:
        """See `Tree.escapes`."""
        return path not in self._files


@dataclass(frozen=True, slots=True)
class Fleet:
    """The files of a fleet as the loader reads them, none of them with a problem."""

    tree: MemoryTree
    platform: Loaded[PlatformFile]
    teams: Mapping[str, Loaded[TeamFile]]
    projects: tuple[Project, ...]

    def build(self, env: Environment) -> "BuiltFleet":
        """Every project on one stack, with everything that is wrong across them."""
        names = frozenset(self.teams)
        built = [build(project, env, names, self.tree) for project in self.projects]
        found = tuple(one for one in built if one is not None)
        paths = [ProjectPath(p.team, p.name, p.loaded.document.file) for p in self.projects]
        problems = [
            *namespace_problems(paths),
            *(q for p in self.projects for q in tier_problems(p, [env])),
            *(problem for one in found for problem in one.problems),
        ]
        quotas = QuotaTree(
            stack=env.stack,
            platform=_limit("platform", self.platform, env),
            teams={name: _limit(name, team, env) for name, team in self.teams.items()},
            projects=[one.summary for one in found],
        )
        if not problems:
            problems = list(quotas.problems())
        return BuiltFleet(env, found, quotas, tuple(problems))


@dataclass(frozen=True, slots=True)
class BuiltFleet:
    """A fleet on one stack."""

    env: Environment
    tenants: tuple[Built, ...]
    quotas: QuotaTree
    problems: tuple[Problem, ...] = field(default=())

    @property
    def objects(self) -> list[Object]:
        """The objects of every tenant, in the order of the tenants."""
        return [obj for built in self.tenants for obj in built.objects]


def _limit(name: str, holder: Loaded[PlatformFile] | Loaded[TeamFile], env: Environment) -> Limit:
    place = holder.document.place(("quota",), key=True)
    return limit_of(name, place, holder.value.quota, env.stack)


def read_fleet(files: Mapping[str, str | bytes]) -> Fleet:
    """A fleet from its files. Anything that the loader refuses fails the test that asked."""
    tree = MemoryTree(files)
    found = discover(tree)
    assert not found.problems, found.problems
    assert found.platform is not None
    platform = loaded(load_platform(found.platform, tree.read(found.platform)))
    teams = {name: loaded(load_team(file, tree.read(file))) for name, file in found.teams.items()}
    projects = tuple(
        Project(
            team=path.team,
            name=path.project,
            loaded=loaded(load_project(path.file, tree.read(path.file))),
            team_file=teams[path.team].value,
            platform=platform.value,
        )
        for path in found.projects
    )
    return Fleet(tree, platform, teams, projects)


def loaded(result: Loaded[T] | list[Problem]) -> Loaded[T]:
    """What a loader read, where it had nothing to complain about."""
    assert isinstance(result, Loaded), "\n".join(line for p in result for line in p.lines())
    return result


def fleet_files(deployments: Data, **settings: Any) -> Files:
    """A fleet of one project with artifacts of every framework.

    `platform` and `team` are settings of those files, everything else is of the project's.
    """
    platform, team = settings.pop("platform", {}), settings.pop("team", {})
    return {
        "models/platform.yaml": platform_yaml(**platform),
        f"models/{TEAM}/team.yaml": team_yaml(**team),
        FILE: project_yaml(deployments, **settings),
        **artifact_files(TEAM),
    }


def build_fleet(deployments: Data, env: Environment = DEV, **settings: Any) -> BuiltFleet:
    """The one project of these deployments on a stack."""
    return read_fleet(fleet_files(deployments, **settings)).build(env)


def sklearn(**options: Any) -> dict[str, Any]:
    """The least that an entry needs, and any option over it."""
    entry = {"model": "./artifacts/sklearn", "framework": "sklearn", "tier": "staging"}
    return {**entry, **options}


@dataclass(frozen=True, slots=True)
class One:
    """One endpoint named `fraud` with everything that its entry became."""

    endpoint: Endpoint
    built: Built
    fleet: BuiltFleet

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with it."""
        return self.fleet.problems

    @property
    def codes(self) -> list[str]:
        """The codes of what is wrong, sorted."""
        return sorted(p.code for p in self.problems)

    @property
    def objects(self) -> tuple[Object, ...]:
        """Everything in its namespace."""
        return self.built.objects

    def all(self, kind: str) -> list[Object]:
        """Its objects of one kind."""
        return [obj for obj in self.objects if obj["kind"] == kind]

    def get(self, kind: str, name: str | None = None) -> Object:
        """Its only object of a kind, or the one of a name."""
        found = [o for o in self.all(kind) if name in (None, o["metadata"]["name"])]
        assert len(found) == 1, f"{len(found)} objects {kind} {name or ''}: {self.problems}"
        return found[0]

    @property
    def predictor(self) -> Object:
        """`spec.predictor` of its InferenceService."""
        return self.get("InferenceService")["spec"]["predictor"]


def build_one(entry: Data, env: Environment = DEV, **settings: Any) -> One:
    """The entry as the deployment `fraud` of an otherwise empty project."""
    others = settings.pop("others", {})
    fleet = build_fleet({"fraud": entry, **others}, env, **settings)
    built = fleet.tenants[0]
    endpoint = next(e for e in built.tenant.endpoints if e.name == "fraud")
    return One(endpoint, built, fleet)


def draft_one(entry: Data, env: Environment = DEV, **settings: Any) -> Draft:
    """The same before it is checked, with the layers that it was made from."""
    others = settings.pop("others", {})
    fleet = read_fleet(fleet_files({"fraud": entry, **others}, **settings))
    found = drafts(fleet.projects[0], env, fleet.tree)
    return next(draft for draft in found if draft.endpoint.name == "fraud")
