"""Reports to read: published into the workspace of the test by the core alone, without a page."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from streamlit.testing.v1 import AppTest

from dashboard.workspace import Report, Workspace
from metrics import Results, score
from metrics.sharing.bundle import write_bundle
from metrics.sharing.share import share, shareable
from metrics.sharing.shared_cube import Shared
from metrics.sharing.terms import Terms, groupings_up_to
from tests.dashboard.pages import APP, rerun
from tests.dashboard.views.files import cubes_of, read_sample

FEW = ("false_rejection_rate", "selection_rate", "accuracy")


def share_results(results: Results, metrics: Sequence[str] = FEW, **terms: Any) -> Shared:
    """Share every attribute of some results, and where there are no clusters the last two together."""
    scored = score(results)
    names = [a.name for a in scored[0].axes]
    groupings = groupings_up_to(names, 1)
    groupings += () if scored[0].clusters is not None or len(names) < 2 else (tuple(names[-2:]),)
    told = Terms("Loans", groupings, tuple(metrics))
    return share(results, scored, replace(told, **terms))


@cache
def share_sample(name: str, **terms: Any) -> Shared:
    metrics = [m.name for m in shareable(cubes_of(name)).values() if m.listed][:4]
    people = {"people": "units"} if name == "call_centre" else {}  # whose speakers take a minute
    return share_results(read_sample(name), FEW if name == "lending" else metrics, **(people | terms))


def keep(shared: Shared, **more: Any) -> tuple[Report, str]:
    """Publish what is shared in the workspace of the test."""
    told: dict[str, Any] = {"title": shared.terms.title, "owner": "", "readers": None, "ends": time.time() + 86_400}
    told |= {"sources": [s.sha256 for s in shared.sources], "memory": ""}
    return Workspace.at_home().publish(write_bundle(shared), **(told | more))


def open_chosen(page: str, chosen: Mapping[str, object], **address: str) -> AppTest:
    """Open a page where things are chosen in its widgets, by their keys, from its first run on."""
    app = AppTest.from_file(str(APP), default_timeout=120)
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    app.switch_page(f"views/{page}.py")
    for name, value in address.items():
        app.query_params[name] = value
    for key, value in chosen.items():
        app.session_state[key] = value
    return rerun(app)
