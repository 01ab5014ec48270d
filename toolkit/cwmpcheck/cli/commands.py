"""The commands and their options; what they do is imported when they are called."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import click

VIEWS = ("session", "transfer", "acs", "events", "system")
LISTS = ("scenarios", "properties", "readings", "mutants", "rules", "defects")
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

Options = Any
"""The keyword arguments of a command, as click gathers them."""


class InOrder(click.Group):
    """A group that lists its commands in the order of their definition: what is used most comes first."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands' names."""
        return list(self.commands)


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import PackageNotFoundError, version

        try:
            found = version("cwmpcheck")
        except PackageNotFoundError:
            found = "(not installed)"
        click.echo(f"cwmpcheck {found}")
        ctx.exit()


@click.group(cls=InOrder, context_settings=CONTEXT)
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version.")
def cli() -> None:
    """Verify the TR-069 (CWMP) firmware upgrade, and judge captures of it.

    Exit codes: 0 as it should be, 1 violated or deviates, 2 usage, 3 input unreadable, 4 inconclusive, 70 internal error.
    """


def _call(module: str, **options: Options) -> int:
    run = importlib.import_module(f"cwmpcheck.cli.{module}").run
    code: int = run(**options)
    return code


readings = click.option(
    "--reading", "readings", multiple=True, metavar="A-xx=VALUE", help="Choose a reading; repeatable."
)


@cli.command()
@click.option("--scenario", "scenarios", multiple=True, metavar="NAME", help="Only this scenario; repeatable.")
@click.option("--property", "properties", multiple=True, metavar="ID", help="Only this property; repeatable.")
@readings
@click.option("--all-readings", is_flag=True, help="Every combination of readings that agrees with --reading.")
@click.option(
    "--model", type=click.Path(path_type=Path), metavar="FILE.py", help="A file whose change(system) alters the model."
)
@click.option("--bounds", default="", metavar="K=V,...", help="Limits: states, seconds, megabytes, depth (of bmc).")
@click.option(
    "--engine", type=click.Choice(["explore", "prove", "bmc"]), default="explore", show_default=True, help="Who decides."
)
@click.option(
    "--backend",
    type=click.Choice(["auto", "python", "numpy", "native"]),
    default="auto",
    show_default=True,
    help="What explores; all of them count alike.",
)
@click.option("--strict", is_flag=True, help="Count known defects of the protocol as broken.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="For whom."
)
def verify(**options: Options) -> int:
    """Decide the properties of the model: all scenarios at their default bounds, unless told otherwise."""
    return _call("verify", **options)


@cli.command()
@click.argument("traces", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="TRACE...")
@click.option("--expect-version", metavar="V", help="The SoftwareVersion that the upgrade should bring.")
@readings
@click.option(
    "--fail-on",
    type=click.Choice(["protocol", "message", "minor"]),
    default="message",
    show_default=True,
    help="From which weight on a finding makes a trace deviate.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "jsonl"]),
    default="text",
    show_default=True,
    help="For whom.",
)
def diff(**options: Options) -> int:
    """Judge captured traces: pcap, pcapng, exchanges.jsonl, folders of one run, or folders of such."""
    return _call("diff", **options)


@cli.command()
@click.option("--view", type=click.Choice(VIEWS), default="session", show_default=True, help="What to draw.")
@click.option("--scenario", default="unicast", show_default=True, metavar="NAME", help="Which scenario's states.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["svg", "dot", "mermaid", "graphml", "png"]),
    default="svg",
    show_default=True,
    help="In which language.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to; else standard output.",
)
def graph(**options: Options) -> int:
    """Draw the model, from its own states and actions."""
    return _call("graph", **options)


@cli.command()
@click.argument("scenario")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where to."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything that is left to chance.")
def lab(**options: Options) -> int:
    """Run the reference ACS and CPE on the loopback, break what the SCENARIO says, and record it."""
    return _call("lab", **options)


@cli.command(name="list")
@click.argument("kind", type=click.Choice(LISTS))
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="For whom."
)
def list_(**options: Options) -> int:
    """Say what there is."""
    return _call("listing", **options)


@cli.command()
@click.argument("id")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="For whom."
)
def explain(**options: Options) -> int:
    """Explain a rule, property, reading, fault code, event or defect: text, provenance, where it is used."""
    return _call("explain", **options)
