"""The answer first: what a policy says, for whom it is worst, how large the gaps are."""

from __future__ import annotations

from dashboard.report.blocks import Block, Bullets, Card, Cards, Part, Section, Text
from dashboard.report.chosen import MOST_SYSTEMS, Chosen, records
from dashboard.report.verdicts import say_policy
from dashboard.words import join
from metrics.answers import find_worst, name_slice
from metrics.formatting import NOTHING, format_difference, format_interval, format_support, format_value
from metrics.sentences import say_difference, say_gaps, say_value, say_worst
from metrics.slices import Slice

__all__ = ["summarise"]


def summarise(chosen: Chosen) -> Section:
    """Say what was found in plain words, and show the four numbers behind it."""
    blocks: list[Block] = [Text(said, "lead") for said in say_policy(chosen)]
    blocks += _say_leading(chosen)
    if len(chosen.systems) == 1 and chosen.slices:
        blocks.append(_make_cards(chosen, chosen.systems[0]))
    blocks.append(Text(_say_how_to_read(chosen), "note"))
    return Section("summary", "In short", (Part("", tuple(blocks)),))


def _say_leading(chosen: Chosen) -> list[Block]:
    if not chosen.slices:
        return [
            Text("No column of the file says which group a row belongs to, so that no groups are compared.", "lead")
        ]
    if len(chosen.systems) == 1:
        system = chosen.systems[0]
        others = tuple(f"{m.title}: {_say_other(chosen, system, m.name)}" for m in chosen.main[1:])
        said = _say_worst(chosen, system)
        named = chosen.leading.title.lower() in said.lower() or "prediction" in said
        found: list[Block] = [Text(said if named else f"{chosen.leading.title}. {said}", "lead")]
        gaps = say_gaps(chosen.spreads(system), chosen.leading)
        return [*found, Text(gaps), *([Bullets(others)] if others else [])]
    if len(chosen.systems) > MOST_SYSTEMS:  # their gaps stand side by side in the next section
        worst = tuple(f"{s}: {_say_worst(chosen, s)}" for s in chosen.systems)
        return [Text(_say_range(chosen), "lead"), Bullets(worst)]
    told = (f"{s}: {_say_worst(chosen, s)} {say_gaps(chosen.spreads(s), chosen.leading)}" for s in chosen.systems)
    return [Text(f"{chosen.leading.title} of {join(chosen.systems)}.", "lead"), Bullets(tuple(told))]


def _say_range(chosen: Chosen) -> str:
    """Say between which models the leading metric lies, for everyone together."""
    metric, n = chosen.leading, len(chosen.systems)
    rows = [row for s in chosen.systems if (row := chosen.everyone(s, metric)) is not None]
    rows = sorted((r for r in rows if r["value"] == r["value"]), key=lambda r: r["value"])
    if len(rows) < 2:
        return f"{metric.title} of {n} models."
    ends = " to ".join(f"{say_value(r, metric)} ({r['system']})" for r in (rows[0], rows[-1]))
    return f"{metric.title} of {n} models, for everyone together: from {ends}."


def _say_worst(chosen: Chosen, system: str) -> str:
    return say_worst(
        chosen.estimates(system),
        chosen.disparities(system),
        chosen.leading,
        favourable=chosen.document.schema.favourable,
        confidence=chosen.confidence,
    )


def _say_other(chosen: Chosen, system: str, name: str) -> str:
    said = say_gaps(chosen.spreads(system), chosen.metrics[name])
    return said[:1].lower() + said[1:]


def _make_cards(chosen: Chosen, system: str) -> Cards:
    metric = chosen.leading
    estimates, disparities = chosen.estimates(system, metric), chosen.disparities(system, metric)
    cards = []
    everyone = chosen.everyone(system, metric)
    if everyone is not None:
        interval = format_interval(metric, everyone["low"], everyone["high"])
        support = format_support(metric, everyone["top"], everyone["below"], everyone["units"])
        about = tuple(text for text in (metric.title, interval, support) if text != NOTHING)
        cards.append(Card("Everyone", format_value(metric, everyone["value"]), about))
    worst = find_worst(disparities, estimates, metric, chosen.kind)
    if worst is not None:
        own = next(r for r in records(estimates) if r["slice"] == worst["slice"])
        label = "Worst for" if metric.better != "neither" else "Furthest from the others"
        about = (name_slice(worst["slice"]), say_difference(worst, metric))
        cards.append(Card(label, format_value(metric, own["value"]), about))
    gaps = [r for r in records(chosen.spreads(system, metric)) if r["difference"] == r["difference"]]
    if gaps:
        most = max(gaps, key=lambda r: r["difference"])
        about = (f"by {' and '.join(most['by'])}, {_levels(most['highest'])} against {_levels(most['lowest'])}",)
        if most["noise_floor"] == most["noise_floor"]:
            about += (f"chance alone: up to {format_difference(metric, most['noise_floor'], signed=False)}",)
        cards.append(Card("Largest gap", format_difference(metric, most["difference"], signed=False), about))
    sliced = [r for r in records(estimates) if r["slice"].levels]
    unsure = sum(r["status"] != "ok" for r in sliced)
    cards.append(Card("Too small to judge", f"{unsure} of {len(sliced)}", ("groups, shown in grey",)))
    return Cards(tuple(cards))


def _levels(s: Slice) -> str:
    return ", ".join(level for _, level in s.items())


def _say_how_to_read(chosen: Chosen) -> str:
    sure = f"{100 * chosen.confidence:g}"
    return (
        f"Numbers in brackets are {sure} % intervals: the range of values that fit the data. "
        "A gap whose interval reaches 0 may be no gap at all."
    )
