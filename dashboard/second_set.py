"""The set beside the data on screen: which it is, read as the data are, and put side by side with them.

It is read beside the page like all data; what is kept of it hangs on both files, both schemas and the match.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from dashboard import kept_beside, loading, people, state, uploads
from dashboard.change_words import tell_schema
from dashboard.datasets import Dataset, find_dataset
from dashboard.match_edits import turn_round
from dashboard.view import Loaded
from dashboard.waiting import Waiting
from dashboard.workspace import Workspace
from metrics.errors import Finding, QuestionError, ResultsError
from metrics.progress import Progress, Tell
from metrics.reading.guess import complete_schema
from metrics.reading.table import Table
from metrics.results import Results
from metrics.schema import Schema
from metrics.scored import score
from metrics.two_sets.adopt import read_customer
from metrics.two_sets.match import Match
from metrics.two_sets.sets import TwoSets, align_files
from metrics.two_sets.suggest import Suggestions, suggest

__all__ = ["Pair", "Refused", "change_places", "current_match", "find_customer", "load_pair", "use"]


@dataclass(frozen=True, eq=False)
class Pair:
    """Two sets that can be compared, with the customer's results as they were read, and what may go with what."""

    key: Hashable  # what the numbers hang on
    customer: Dataset
    results: Results
    sets: TwoSets
    suggestions: Suggestions
    match: Match

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What there is to know about the two sets and about the customer's file, the gravest first."""
        return (*self.sets.findings, *self.results.findings)


@dataclass(frozen=True, eq=False)
class Refused:
    """Why the two sets cannot be compared, and what could be matched: the customer's columns and systems."""

    error: ResultsError | QuestionError
    columns: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    other_task: str = ""  # what the customer's file looks like, where that is another task than the reference's

    @property
    def findings(self) -> list[Finding]:
        if isinstance(self.error, ResultsError):
            return [f for f in self.error.findings if f.severity == "stop"]
        return [Finding("stop", "the two sets", f"cannot be compared: {self.error}", "")]


def find_customer() -> Dataset | ResultsError | None:
    """Return the data beside those on screen, why they cannot be opened, or None where there are none (any more)."""
    address = state.customer_id()
    if not address:
        return None
    try:
        return find_dataset(address, Workspace.at_home())
    except ResultsError as error:
        return error


def current_match() -> Match | ResultsError:
    """Return what was matched by now, or what is wrong with it: an address is the text of a stranger."""
    try:
        return Match.loads(state.match_text())
    except ResultsError as error:
        return error


def use(match: Match) -> None:
    """Match by this from now on, in a callback; where it cannot be kept, nothing is changed."""
    customer = find_customer()
    refused = kept_beside.keep_match(state.dataset(), customer if isinstance(customer, Dataset) else None, match)
    if refused:
        uploads.complain(refused)
        return
    state.use_match(match.dumps() if match != Match() else "")


def load_pair(loaded: Loaded, customer: Dataset, match: Match) -> Pair | Refused | Waiting:
    """Read, score and count the customer's set, and put it beside the data on screen; or say how far that is."""
    what = ("beside", customer.key, customer.schema.digest, customer.limits, match.dumps())

    def work(tell: Tell) -> Pair | Refused:
        return _read(loaded, customer, match, (loaded.key, what), Progress(tell))

    found: Pair | Refused | Waiting = loading.work_out(loaded, what, work)
    return found


def change_places(customer: Dataset, pair: Pair | None) -> None:
    """Make the customer's set the reference and the other way round, in a callback.

    An upload of which nothing was declared is from then on read as it was read as the customer's: else its roles would
    be guessed, and what the reference said of them would be lost.
    """
    if pair is not None and customer.kind == "upload" and customer.schema == Schema():
        schema, who = pair.results.schema, people.person()
        Workspace.at_home().save_schema(customer.id, schema, lambda before: tell_schema(before, schema, who))
    reference, match = state.dataset_id(), current_match()
    state.show_customer(reference)
    state.show_anew(customer.id)
    use(turn_round(match) if isinstance(match, Match) else Match())


def _read(loaded: Loaded, customer: Dataset, match: Match, key: Hashable, whole: Progress) -> Pair | Refused:
    """Do the work. What is wrong with the file is an answer, too, and kept like one."""
    columns: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    try:
        first, *others = loading.tables(customer, customer.schema.file, whole.part(0, 0.3))
        columns = tuple(map(str, first.data.column_names))
        results = read_customer(
            first,
            loaded.results,
            match,
            declared=customer.schema,
            join=others,
            limits=customer.limits,
            open_files=False,
            progress=whole.part(0.3, 0.85),
        )
        whole("Telling right from wrong", 0.85)
        scored = score(results)
        systems = tuple(s.title for s in results.schema.systems)
        whole("Putting the two sets side by side", 0.95)
        sets = align_files(loaded.scored, scored, loaded.results, results, match)
        return Pair(key, customer, results, sets, suggest(loaded.results, results, match), match)
    except (ResultsError, QuestionError) as error:
        return Refused(error, columns, systems, _other_task(loaded, customer, first) if columns else "")


def _other_task(loaded: Loaded, customer: Dataset, table: Table) -> str:
    """Return the task that the customer's file looks like, where that is another than the reference's; else ""."""
    try:
        task = complete_schema(table, customer.schema)[0].task
    except (ResultsError, QuestionError):
        return ""
    return "" if task is None or task == loaded.results.schema.task else task
