"""`--team` and `--project`: which projects a command is about."""

from typing import TYPE_CHECKING

from cli.options import unknown

if TYPE_CHECKING:
    from catalog.side import ProjectId, Side


def chosen(side: "Side", team: str | None, project: str | None) -> "list[ProjectId]":
    """The projects that are asked for, sorted. A name that nothing has is a usage error."""
    projects = sorted(side.projects)
    if team is not None and team not in side.found.teams:
        raise unknown("team", team, list(side.found.teams))
    of_team = [at for at in projects if team in {None, at[0]}]
    names = [at[1] for at in of_team]
    if project is not None and project not in names:
        where = f" of team {team}" if team else ""
        raise unknown(f"project{where}", project, names)
    return [at for at in of_team if project in {None, at[1]}]
