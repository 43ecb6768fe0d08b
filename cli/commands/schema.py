"""`slipway schema`: JSON Schema of the entry files, for editors."""

from pathlib import Path

import click

from cli.options import examples, root_option, unknown

EXAMPLES = examples(
    "slipway schema",
    "slipway schema team > team.schema.json",
    "slipway schema --write",
)


@click.command(epilog=EXAMPLES)
@click.argument("kind", default="project")
@click.option("--write", is_flag=True, help="Write all of them to schemas/ instead.")
@root_option
def schema(*, kind: str, write: bool, root: Path | None) -> None:
    """Print the JSON Schema of project, team, platform or environment files.

    An editor with a YAML language server checks and completes a file that names its schema in its
    first line.
    """
    from catalog.schema import schema_texts, write_schemas

    if write:
        from cli.options import find_root

        folder = find_root(root)
        for path in write_schemas(folder / "schemas"):
            click.echo(path.relative_to(folder))
        return
    texts = {name.removesuffix(".schema.json"): text for name, text in schema_texts().items()}
    if kind not in texts:
        raise unknown("schema", kind, list(texts))
    click.echo(texts[kind], nl=False)
