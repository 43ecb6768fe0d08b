"""`slipway new`: a deployment that passes `slipway check`, asked for or from flags."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from cli.options import examples, find_root, root_option

if TYPE_CHECKING:
    from catalog.errors import Problem

FRAMEWORKS = (
    "sklearn", "xgboost", "lightgbm", "pytorch", "tensorflow", "onnx",
    "huggingface", "vllm", "triton", "mlflow", "custom",
)  # fmt: skip
TIERS = ("dev", "staging", "production")

EXAMPLES = examples(
    "slipway new",
    "slipway new --team risk --project scoring --name fraud-score --framework sklearn \\",
    "    --model ./artifacts/fraud-detector/ --tier staging",
    "slipway new --team support --project drafts --name reply-drafts --framework vllm \\",
    "    --model hf://Qwen/Qwen2.5-7B-Instruct@a09a3545 --tier production --parameters 7B \\",
    "    --gpu 1 --max 1",
)


Question: TypeAlias = tuple[str, str, Callable[[str], str]]
"""A flag's key, what is asked, and what takes the answer or refuses it."""


def a_name(value: str) -> str:
    """A name that may be a file's, a namespace's and a Service's; nothing that is a path."""
    from catalog.spelling import name_fault, name_like

    fault = name_fault(value)
    if fault is not None:
        raise click.BadParameter(f"{value!r} {fault}; how about {name_like(value)}?")
    return value


def a_model(value: str) -> str:
    """An address of a model, or why it is none."""
    from catalog.model_uri import Refused, parse_address

    found = parse_address(value)
    if isinstance(found, Refused):
        raise click.BadParameter(f"{found.message}; {found.remedy}")
    return value


def a_team(known: Sequence[str]) -> Callable[[str], str]:
    """The name of a team; one that is spelled almost like another is asked about."""
    from catalog.errors import nearest

    def take(value: str) -> str:
        close = None if value in known else nearest(a_name(value), known)
        if close and click.confirm(f"there is no team {value}; did you mean {close}?"):
            return close
        return a_name(value)

    return take


def one_among(choices: Sequence[str]) -> Callable[[str], str]:
    """One of a few words."""

    def take(value: str) -> str:
        if value not in choices:
            raise click.BadParameter(f"{value!r} is none of {', '.join(choices)}")
        return value

    return take


def _named(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    return None if value is None else a_name(value)


@click.command(epilog=EXAMPLES)
@root_option
@click.option("--team", callback=_named, metavar="TEAM", help="The team; a new one is created.")
@click.option("--project", callback=_named, metavar="PROJECT", help="The project, one namespace.")
@click.option("--name", callback=_named, metavar="NAME", help="The endpoint's name.")
@click.option("--framework", type=click.Choice(FRAMEWORKS), help="What the model was made with.")
@click.option("--model", metavar="ADDRESS", help="./path, s3://, hf://, oci://, mlflow://, pvc://.")
@click.option("--tier", type=click.Choice(TIERS), help="How finished it is.")
@click.option("--gpu", type=click.IntRange(1, 8), help="GPUs of a replica.")
@click.option("--accelerator", metavar="KIND", help="The kind of GPU, such as l4.")
@click.option("--min", "least", type=click.IntRange(0, 1000), help="Fewest replicas.")
@click.option("--max", "most", type=click.IntRange(1, 1000), help="Most replicas.")
@click.option("--parameters", metavar="SIZE", help="Of a vllm model, such as 7B.")
@click.option("--image", metavar="IMAGE", help="Of a custom server, with its digest.")
@click.option("--owner", metavar="GROUP", help="Of a new team: who looks after it.")
@click.option("--cost-center", metavar="CENTER", help="Of a new team: who pays.")
@click.option("--force", is_flag=True, help="Write it even if it does not pass check.")
def new(*, root: Path | None, force: bool, **given: Any) -> None:
    """Write a new deployment into models/, asking for what the flags leave open.

    An existing project file is extended; its text and comments stay as they are. What does not
    pass slipway check is not written.
    """
    from cli.entry_text import project_text, team_text

    folder = find_root(root)
    models = folder / "models"
    answers = _complete(given, models)
    team, project = answers["team"], answers["project"]
    file, team_file = f"models/{team}/{project}.yaml", f"models/{team}/team.yaml"
    files: dict[str, str] = {}
    if not (folder / team_file).exists():
        files[team_file] = team_text(answers)
    before = _read(folder / file)
    files[file] = project_text(before, answers)
    problems = _new_problems(folder, files)
    if problems and not force:
        from cli.formats.problems import as_text

        click.echo(as_text(problems), err=True)
        click.echo("nothing was written; --force writes it anyway", err=True)
        raise click.exceptions.Exit(1)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8", newline="\n")
        click.echo(f"wrote {path}")
    for problem in problems:
        click.echo("\n".join(problem.lines()), err=True)


def _complete(given: Mapping[str, Any], models: Path) -> dict[str, Any]:
    """The flags, and on a terminal the answers to what they leave open."""
    answers = dict(given)
    teams = sorted(file.parent.name for file in models.glob("*/team.yaml"))
    _ask(
        answers,
        [
            ("team", _asked("Team", [*teams, "a new one"]), a_team(teams)),
            ("project", "Project", a_name),
            ("name", "Name of the endpoint", a_name),
            ("framework", _asked("Framework", FRAMEWORKS), one_among(FRAMEWORKS)),
            ("tier", _asked("Tier", TIERS), one_among(TIERS)),
        ],
    )
    questions: list[Question] = []
    if not (models / answers["team"] / "team.yaml").exists():
        questions += [
            ("owner", f"Group that owns team {answers['team']}", str),
            ("cost_center", "Cost center", str),
        ]
    if answers["framework"] == "custom":
        questions.append(("image", "Image, with its digest", str))
    else:
        questions.append(("model", "Where the model is (./path, s3://, hf://, …)", a_model))
    if answers["framework"] == "vllm":
        questions.append(("parameters", "Parameters of the model, such as 7B", str))
    _ask(answers, questions)
    return answers


def _asked(text: str, choices: Sequence[str]) -> str:
    return f"{text} ({', '.join(choices)})"


def _ask(answers: dict[str, Any], questions: Sequence[Question]) -> None:
    missing = [question for question in questions if not answers.get(question[0])]
    if missing and not is_terminal():
        flags = ", ".join(f"--{key.replace('_', '-')}" for key, _, _ in missing)
        raise click.UsageError(f"not on a terminal, so nothing can be asked; missing: {flags}")
    for key, text, take in missing:
        answers[key] = click.prompt(text, value_proc=take)


def is_terminal() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty()


def _read(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{path} cannot be read: {error}") from error


def _new_problems(folder: Path, files: Mapping[str, str]) -> "list[Problem]":
    """What would be wrong with these files that is not wrong without them."""
    from catalog.disk import Disk, Proposed
    from catalog.side import Side
    from catalog.survey import survey
    from cli.cache import Cache
    from cli.workspace import policy_judge

    cache = Cache()
    before = Side(Disk(folder, cache), cache, judge=policy_judge)
    known = set(survey(before, None, cache).problems)
    content = {path: text.encode() for path, text in files.items()}
    after = Side(Proposed(folder, cache, content), cache, judge=policy_judge)
    found = survey(after, None, cache).problems
    # Lines move when a file grows, so a problem is the same wherever it stands.
    same = {(p.place.file, p.code, p.subject, p.message) for p in known}
    return [p for p in found if (p.place.file, p.code, p.subject, p.message) not in same]
