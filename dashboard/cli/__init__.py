"""The command `fairness-dashboard`: a file a command, `options.py` for the options they share.

Exit codes: 0 done, 2 bad input or usage (every problem on stderr, in plain words), 70 a failure of
the program itself; `check` also ends with 1 and 3, `verify` with 1. stdout holds the answer alone;
findings, progress and problems go to stderr.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import Any

import click
import pyarrow as pa

from dashboard.cli.bounty import bounty_commands
from dashboard.cli.card import card_file
from dashboard.cli.check import check_file
from dashboard.cli.compare import compare_files
from dashboard.cli.coverage import cover_file
from dashboard.cli.evidence import evidence_file
from dashboard.cli.failures import report_failure
from dashboard.cli.find import find_slices
from dashboard.cli.inspect import inspect_file
from dashboard.cli.measure import measure_file
from dashboard.cli.open import open_dashboard
from dashboard.cli.report import report_file
from dashboard.cli.share import ask_bundle, share_file
from dashboard.cli.verify import verify_report
from dashboard.cli.workspace import workspace_commands
from metrics.errors import QuestionError, ResultsError, nearest
from metrics.writing import write_findings

__all__ = ["commands", "main", "run"]

DONE, BAD_INPUT, FAILED, STOPPED = 0, 2, 70, 130


class _Commands(click.Group):
    """The commands; a word that is none of them gets a suggestion."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            hint = nearest(args[0], self.commands) or f"Commands are: {', '.join(self.commands)}."
            hint += f" To see a file on screen: fairness-dashboard open {args[0]}" if "." in args[0] else ""
            raise click.UsageError(f"There is no command {args[0]!r}. {hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fairness-dashboard", message="fairness-dashboard %(version)s")
@click.pass_context
def commands(context: click.Context) -> int | None:
    """See whether a model treats groups of people alike, from a file of its results.

    Without a command, the dashboard opens on the sample data.
    """
    if context.invoked_subcommand is None:
        result: int = context.invoke(open_dashboard)
        return result
    return None


for command in (
    open_dashboard,
    inspect_file,
    measure_file,
    check_file,
    report_file,
    verify_report,
    card_file,
    evidence_file,
    bounty_commands,
    find_slices,
    compare_files,
    cover_file,
    workspace_commands,
    share_file,
    ask_bundle,
):
    commands.add_command(command)


def main() -> None:
    """Run the command line of this process and leave with its exit code."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # those of libraries are for developers, who ask for them with -W
    pa.set_memory_pool(pa.system_memory_pool())  # Arrow's own does not share what it was given back
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code. Nothing is raised."""
    try:
        code = commands.main(list(arguments), prog_name="fairness-dashboard", standalone_mode=False)
    except click.Abort:
        return STOPPED
    except KeyboardInterrupt:
        return STOPPED
    except click.ClickException as error:
        error.show()
        return BAD_INPUT
    except ResultsError as error:
        # What was guessed is of no interest before the file can be read.
        click.echo(write_findings([f for f in error.findings if f.severity != "note"]), err=True)
        return BAD_INPUT
    except QuestionError as error:
        click.echo(f"Error: {error}", err=True)
        return BAD_INPUT
    except BrokenPipeError:
        # Whoever read our output has enough of it, as `head` does; Python must not complain at exit.
        sys.stdout = None
        return DONE
    except Exception as error:  # noqa: BLE001  (the last line of defence: one line instead of a traceback)
        click.echo(report_failure(error), err=True)
        return FAILED
    return code if isinstance(code, int) else DONE
