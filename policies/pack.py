"""The rules as policies of a CrossGuard pack: four in all, whatever the number of rules.

pulumi_policy decodes a resource anew for each policy that looks at it, 0.27 ms for one of the
sample fleet's; a policy for each rule would cost five times as much as the whole preview. A
violation therefore begins with the id of its rule.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from catalog.load import Loaded, load_platform
from catalog.stacks import load_environments
from policies.registry import STACK_RULES, Finding, judge_stack, judge_subject, stack_of
from policies.rules.reading import UNKNOWN, Json
from policies.rules.rule import Scene
from policies.scene import scene_of
from policies.subjects import Resource, of_resource

NAME: Final = "slipway"
ROOT: Final = Path(__file__).resolve().parent.parent
LEVELS: Final = ((True, EnforcementLevel.MANDATORY), (False, EnforcementLevel.ADVISORY))


def policies(root: Path = ROOT) -> list[Policy]:
    """What the pack holds; `root` is the folder of `Pulumi.<stack>.yaml` and `models/`."""

    @lru_cache
    def scene(stack: str) -> Scene:
        return _scene(root, stack)

    found: list[Policy] = []
    for mandatory, level in LEVELS:
        what = "must" if mandatory else "should"
        found += [
            ResourceValidationPolicy(
                name=f"resources-{what}",
                description=f"What a resource or object {what} keep, by itself.",
                validate=_resources(scene, mandatory),
                enforcement_level=level,
            ),
            StackValidationPolicy(
                name=f"stack-{what}",
                description=f"What {what} stand beside what.",
                validate=_stack(scene, mandatory),
                enforcement_level=level,
            ),
        ]
    return found


def _resources(
    scene: Callable[[str], Scene],
    mandatory: bool,  # noqa: FBT001 - one of LEVELS.
) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        subject = of_resource(_resource(args))
        for finding in judge_subject(subject, scene(_stack_of(args.urn))):
            if finding.mandatory is mandatory:
                report(said(finding), None)

    return validate


def _stack(
    scene: Callable[[str], Scene],
    mandatory: bool,  # noqa: FBT001 - one of LEVELS.
) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        subjects = [(of_resource(_resource(one)), one.urn) for one in args.resources]
        # Kubernetes names tell objects apart; AWS's resources have names of their kind.
        urns = {subject.name: urn for subject, urn in subjects}
        stack = stack_of(subject for subject, _ in subjects)
        now = scene(_stack_of(args.resources[0].urn)) if args.resources else Scene()
        for rule in STACK_RULES:
            for finding in judge_stack(rule, stack, now):
                if finding.mandatory is mandatory:
                    report(said(finding), urns.get(finding.subject))

    return validate


def said(finding: Finding) -> str:
    """A finding as one text."""
    about = finding.about
    sources = ", ".join(about.sources)
    return f"{about.id}: {finding.subject} {finding.message}. {about.remedy} ({sources})"


def _resource(args: ResourceValidationArgs | PolicyResource) -> Resource:
    return Resource(
        type=args.resource_type,
        name=args.name,
        props=cast("dict[str, Json]", plain(args.props)),
        protect=bool(args.opts.protect),
    )


def plain(value: Any) -> Json:
    """A property as plain JSON, with `UNKNOWN` for what a preview does not know.

    Assets and archives are nothing that a rule reads.
    """
    if isinstance(value, Mapping):
        mapping = cast("Mapping[str, Any]", value)
        return {key: _known(mapping, key) for key in mapping}
    if isinstance(value, Sequence) and not isinstance(value, str):
        sequence = cast("Sequence[Any]", value)
        return [_known(sequence, index) for index in range(len(sequence))]
    # The engine's protocol has doubles only.
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float) else None


def _known(container: Any, key: str | int) -> Json:
    try:
        return plain(container[key])
    except UnknownValueError:
        return UNKNOWN


def _stack_of(urn: str) -> str:
    """The stack that a URN names: `urn:pulumi:<stack>::<project>::<types>::<name>`."""
    return urn.removeprefix("urn:pulumi:").partition("::")[0]


def _scene(root: Path, stack: str) -> Scene:
    """Of a stack without sound settings nothing is known, and it counts as production."""
    file = root / "models" / "platform.yaml"
    platform = load_platform(file.name, file.read_bytes()) if file.is_file() else None
    registries = platform.value.registries if isinstance(platform, Loaded) else ()
    loaded = load_environments(root).loaded.get(stack)
    return scene_of(loaded.value, registries) if loaded else Scene(registries=frozenset(registries))
