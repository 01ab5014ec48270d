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
    "--engine",
    type=click.Choice(["explore", "prove", "bmc"]),
    default="explore",
    show_default=True,
    help="Who decides.",
)
@click.option(
    "--backend",
    type=click.Choice(["auto", "python", "numpy", "native", "tables"]),
    default="auto",
    show_default=True,
    help="What explores; all of them count alike.",
)
@click.option("--samples", is_flag=True, help="Show the runs that came closest to breaking what holds.")
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
    "--vantage",
    type=click.Choice(["cpe", "acs"]),
    default="cpe",
    show_default=True,
    help="At whose end the traces were recorded.",
)
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


scenario_option = click.option(
    "--scenario", default="unicast", show_default=True, metavar="NAME", help="Which scenario."
)
run_format = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "itf"]),
    default="text",
    show_default=True,
    help="In which form.",
)


@cli.command()
@scenario_option
@click.option("--seed", type=int, default=0, show_default=True, help="Of the dice; the same seed walks the same way.")
@click.option("--steps", type=click.IntRange(min=0), default=50, show_default=True, help="How many steps at most.")
@click.option("--interactive", is_flag=True, help="Choose every step yourself.")
@readings
@run_format
def simulate(**options: Options) -> int:
    """Walk the model at random, and print the run as a script."""
    return _call("simulate", **options)


@cli.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--scenario", metavar="NAME", help="Whose run it is, where the file does not say.")
@click.option("--property", "properties", multiple=True, metavar="ID", help="Judge the run by this; repeatable.")
@readings
@click.option(
    "--model", type=click.Path(path_type=Path), metavar="FILE.py", help="A file whose change(system) alters the model."
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="For whom."
)
def replay(**options: Options) -> int:
    """Repeat a run on the model: a printed script, an ITF trace, or the JSON of verify; - is standard input."""
    return _call("replay", **options)


@cli.command()
@click.argument("constraints", nargs=-1, required=True, metavar="CONSTRAINT...")
@scenario_option
@readings
@click.option("--depth", type=click.IntRange(min=0), default=25, show_default=True, help="How many steps at most.")
@click.option("--seconds", type=click.FloatRange(min=0), default=60.0, show_default=True, help="When to give up.")
@run_format
def ask(**options: Options) -> int:
    """Find a run that satisfies every CONSTRAINT, or show that there is none.

    \b
    "DelaySeconds > 1"                        parameters have such values
    "eventually acs.belief == FAILURE"        the run comes to such a state
    "always not cpe.updated"                  at every state; never is always not
    "Download@cpe then lose_power then TransferComplete(success=no)"
                                              one after the other: messages, actions, states

    Exit codes: 0 found, 1 there is none at all, 4 none was found within the bound.
    """
    return _call("ask", **options)


@cli.command()
@click.argument("language", type=click.Choice(["tla", "promela", "smt2", "itf", "json"]))
@scenario_option
@click.option("--property", "properties", multiple=True, metavar="ID", help="Only this property; repeatable.")
@click.option("--plain", "without", is_flag=True, help="Without any property: just the states.")
@readings
@click.option("--depth", type=click.IntRange(min=0), default=10, show_default=True, help="Steps of the runs in smt2.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("."),
    show_default=True,
    metavar="DIR",
    help="Where to.",
)
def export(**options: Options) -> int:
    """Write the model for TLC, Spin, SMT solvers or readers of traces, with its safety properties."""
    return _call("export", **options)


@cli.command()
@click.argument("scenario")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where to."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything that is left to chance.")
def lab(**options: Options) -> int:
    """Run the reference ACS and CPE on the loopback, break what the SCENARIO says, and record it."""
    return _call("lab", **options)


@cli.command()
@click.option(
    "--state",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="What the ACS must not forget; made if missing.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=7547, show_default=True, help="Of the ACS; 0: any.")
@click.option("--file-port", type=click.IntRange(1, 65535), default=7548, show_default=True, help="Of the file server.")
@click.option("--image", type=click.Path(path_type=Path), metavar="FILE", help="Bring this firmware to the devices.")
@click.option("--version", metavar="V", help="The SoftwareVersion that the image brings.")
@click.option("--name", default="upgrade", show_default=True, help="Of the campaign; CommandKeys begin with it.")
@click.option(
    "--device", "devices", multiple=True, metavar="PATTERN", help="Only devices named so (0C0FFE-*); repeatable."
)
@click.option("--delay", type=click.IntRange(0), default=0, show_default=True, help="DelaySeconds of each Download.")
@click.option(
    "--attempts", type=click.IntRange(1), default=3, show_default=True, help="Downloads for one device at most."
)
@click.option(
    "--back-off",
    type=click.FloatRange(0),
    default=60.0,
    show_default=True,
    help="Seconds before the second attempt; doubled for each further one.",
)
@click.option(
    "--accounts",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="JSON object of passwords by user name, which CPEs must know.",
)
@click.option("--progress", is_flag=True, help="Serve nothing; say where the campaign stands.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="For whom."
)
def acs(**options: Options) -> int:
    """Run the reference ACS and its file server on the loopback until Ctrl-C, with or without a campaign."""
    return _call("acs", **options)


@cli.command()
@click.option("--acs", required=True, metavar="URL", help="Where the ACS listens.")
@click.option(
    "--state",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="What the CPE must not forget; made if missing, with its banks and files beside it.",
)
@click.option("--serial", default="000001", show_default=True, metavar="TEXT", help="Its serial number.")
@click.option("--version", default="1.0.0", show_default=True, metavar="V", help="Of the software it comes with.")
@click.option("--periodic", type=float, default=300.0, show_default=True, metavar="SECONDS", help="Between Informs.")
@click.option("--username", default="", metavar="NAME", help="For the ACS; the password is in CWMPCHECK_PASSWORD.")
@click.option(
    "--call-username",
    default="",
    metavar="NAME",
    help="For connection requests; the password is in CWMPCHECK_CONNECTION_REQUEST_PASSWORD.",
)
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="PEM",
    help="Certificates to believe over HTTPS; else those of this machine.",
)
@click.option("--listen", type=click.IntRange(0, 65535), metavar="PORT", help="Hear connection requests; 0: any port.")
@click.option("--allow-host", "hosts", multiple=True, metavar="HOST", help="Fetch files from there too; repeatable.")
@click.option("--request-download", default="", metavar="TYPE", help="Ask the ACS for a file of this type, once.")
@click.option("--fetch-url", default="", metavar="URL", help="Fetch a firmware image of its own accord, once.")
def cpe(**options: Options) -> int:
    """Run the reference CPE: it really fetches, writes its banks and re-executes itself. Its log is JSON lines.

    Images must be signed if CWMPCHECK_SIGNATURE_KEY is set.
    """
    return _call("cpe", **options)


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
