"""The rules of `policies/` as the judge of a plan: the very ones that a preview is held to.

Imported, and the rules with it, only where something has to be judged.
"""

from typing import Final

from catalog.environment import Environment
from catalog.errors import Place, Problem
from catalog.fleet import Built
from catalog.objects import identity
from catalog.resolve import Project
from catalog.verdict import Advice, Verdict, broken
from policies.registry import judge_together
from policies.rules.rule import Scene, label
from policies.rules.workloads import image_resolved, liveness
from policies.scene import scene_of
from policies.subjects import of_object

OF_THE_PLATFORM: Final = frozenset({image_resolved.about.id, liveness.about.id})
"""Rules that no entry can keep: about the pin table, which `slipway pins` shows, and about probes,
which entries have no option for."""


class PolicyJudge:
    """Judges the projects of one side, whose stacks and platform do not change meanwhile."""

    def __init__(self) -> None:
        self._scenes: dict[str, Scene] = {}

    def __call__(self, built: Built, project: Project, env: Environment) -> Verdict:
        """See `Judge`."""
        places = {each.name: each.place for each in built.tenant.endpoints}
        whole = Place(built.tenant.file)
        problems: list[Problem] = []
        advice: list[Advice] = []
        subjects = [of_object(obj, built.pods.get(identity(obj))) for obj in built.objects]
        for subject, found in judge_together(subjects, self._scene(project, env)):
            if found.rule in OF_THE_PLATFORM:
                continue
            place = places.get(label(subject.props, "slipway.dev/endpoint"), whole)
            why, remedy = found.about.why, found.remedy
            said = Advice(found.rule, found.subject, found.message, why, remedy, place)
            if found.mandatory:
                problems.append(broken(said, env.stack))
            else:
                advice.append(said)
        return tuple(sorted(problems)), tuple(sorted(advice))

    def _scene(self, project: Project, env: Environment) -> Scene:
        if env.stack not in self._scenes:
            self._scenes[env.stack] = scene_of(env, project.platform.registries)
        return self._scenes[env.stack]
