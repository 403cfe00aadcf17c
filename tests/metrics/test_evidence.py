"""A finding says what its interval allows, and an answer is weighed by the intervals of both."""

from __future__ import annotations

import io
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import metrics
from metrics.accounts import Gap
from metrics.claims import compare_accounts
from metrics.document import make_document
from metrics.doubts import list_doubts
from metrics.errors import QuestionError
from metrics.evidence import Told, answer_evidence, make_evidence
from metrics.intervals import difference_limits, wilson
from metrics.question import Question
from metrics.slices import Slice
from metrics.tasks import transcription
from metrics.tasks.binary import SELECTION_RATE
from metrics.units_needed import MORE

A = Slice((("g", "a"),))
METRIC = "selection_rate"
# 15 of 60 against 30 of 240: the example of Newcombe's interval, .125 from .0211 to .2525.
EXAMPLE = {"a": (15, 60), "b": (30, 240)}


def measure(groups, question=None, clusters=0):
    """The document of groups of which so many of so many are selected, and its cubes."""
    rows = ["g,pred,c"]
    for name, (top, below) in groups.items():
        rows += [f"{name},{int(i < top)},{name}{i % clusters if clusters else i}" for i in range(below)]
    schema = metrics.Schema(
        columns={"cluster": "c"} if clusters else {},
        systems=(metrics.System(None, {"prediction": "pred"}),),
        positive=("1",),
    ).with_attributes(["g"])
    results = metrics.read_results(io.BytesIO("\n".join(rows).encode()), schema, name="groups.csv")
    cubes = metrics.count_cells(metrics.score(results))
    question = question or Question(by=("g",), metrics=(METRIC,))
    return make_document(results, cubes, question, made="2026-01-31"), cubes


def find(groups, told=None, **options):
    document, _ = measure(groups, **options)
    return make_evidence(document, A, METRIC, told)


def answered(finding, answer):
    return answer_evidence(find(finding), measure(answer)[0]).comparison


# -- the finding


def test_a_clear_finding_is_claimed_with_its_interval():
    claim = find({"a": (90, 300), "b": (30, 240)}).claim

    # 90 of 300 is 30 %, 30 of 240 12.5 %: 17.5 points.
    assert claim.startswith("For g = a, the selection rate is 18 points higher than for everyone else [")


def test_a_lower_rate_is_claimed_as_lower_without_a_sign():
    claim = find({"a": (30, 240), "b": (90, 300)}).claim

    assert claim.startswith("For g = a, the selection rate is 18 points lower than for everyone else [")
    assert "−" not in claim


def test_an_interval_that_reaches_no_difference_is_no_claim():
    sheet = find({"a": (10, 60), "b": (30, 240)})

    assert "cannot tell whether the selection rate is higher or lower" in sheet.claim
    assert sheet.finding.gap.side == 0


def test_too_few_units_are_said_in_the_claim():
    assert "too few units to judge by" in find({"a": (15, 20), "b": (30, 240)}).claim


def test_a_claim_that_many_groups_were_searched_for_says_what_chance_may_show():
    told = find(EXAMPLE, Told(looked_at=100))

    # p is .01514 (statistics vector p_value.touch).
    assert told.finding.gap.p == pytest.approx(0.01514, abs=5e-6)
    assert told.finding.gap.p_adjusted == 1.0
    assert "Among 100 groups looked at, chance alone may show as much." in told.claim
    assert told.finding.correction == "bonferroni"


def test_the_numbers_of_both_sides_are_there():
    finding = find(EXAMPLE).finding

    assert (finding.own.top, finding.own.below, finding.own.units) == (15, 60, 60)
    assert (finding.baseline.top, finding.baseline.below) == (30, 240)
    assert (finding.own.value, finding.baseline.value) == (0.25, 0.125)
    assert (finding.gap.low, finding.gap.high) == (pytest.approx(0.0211, abs=5e-5), pytest.approx(0.2525, abs=5e-5))
    assert finding.looked_at == 2


def test_clusters_are_counted():
    finding = find({"a": (60, 240), "b": (30, 240)}, clusters=20).finding

    assert (finding.own.clusters, finding.cluster) == (20, "c")
    assert not any("independent" in text for text in finding.overturn)


def test_units_whose_group_is_not_known_are_told_to_be_left_out_of_everyone_else():
    finding = find({**EXAMPLE, "": (7, 9)}).finding

    assert (finding.left_out, finding.baseline.below) == (9, 240)
    assert find(EXAMPLE).finding.left_out == 0


# -- what would overturn it


def test_how_many_cases_would_have_to_be_otherwise_is_the_least_number_that_reaches_no_difference():
    sheet = find({"a": (90, 300), "b": (30, 240)})
    said = next(text for text in sheet.finding.overturn if "counted otherwise" in text)
    n = int(said.split()[1])

    def low(top):
        return find({"a": (top, 300), "b": (30, 240)}).finding.gap.low

    assert f"({90 - n} in place of 90)" in said
    assert low(90 - n) <= 0 < low(90 - n + 1)


def test_the_same_holds_of_a_lower_rate():
    said = next(t for t in find({"a": (30, 240), "b": (90, 300)}).finding.overturn if "counted otherwise" in t)
    n = int(said.split()[1])

    def high(top):
        return find({"a": (top, 240), "b": (90, 300)}).finding.gap.high

    assert high(30 + n) >= 0 > high(30 + n - 1)


def test_an_unclear_finding_says_about_how_many_more_units_would_decide_it():
    sheet = find({"a": (12, 60), "b": (300, 2400)})
    said = next(text for text in sheet.finding.overturn if "more units" in text)
    more = int(said.split("about ")[1].split()[0].replace(",", ""))

    # Of samples of that size, about four in five are clear of no difference.
    n, base = 60 + more, np.array([300 / 2400, *wilson(300, 2400)])
    tops = np.random.default_rng(3).binomial(n, 0.2, 4000)
    low, _ = difference_limits(tops / n, *wilson(tops, n), *base)
    assert 0.7 <= np.mean(low > 0) <= 0.9


@pytest.mark.parametrize(
    "groups",
    [
        {"a": (12, 60), "b": (300, 2400)},
        {"a": (2, 40), "b": (53, 3000)},  # a low rate, whose interval reaches far up and hardly down
        {"a": (39, 40), "b": (2702, 3000)},
        {"a": (1, 60), "b": (96, 1200)},
    ],
)
def test_a_sheet_asks_for_as_many_more_units_as_a_verdict_does(groups):
    document, cubes = measure(groups)
    rule = metrics.Rule("r", METRIC, at_most=0.0)
    verdicts = metrics.judge(cubes, metrics.Policy("p", (rule,)))
    needed = verdicts.loc[[s == A for s in verdicts["slice"]], "units_needed"].iloc[0]
    said = next(text for text in make_evidence(document, A, METRIC).finding.overturn if "more units" in text)

    # Said with two digits, rounded up.
    assert needed <= int(said.split("about ")[1].split()[0].replace(",", "")) <= 1.1 * needed + 1


def test_of_a_rate_the_number_of_more_units_follows_from_the_form_of_its_limits():
    rate, u, other, gap = 0.2, 0.3, 0.02, 0.05  # limits rate exp(-+2 asinh u); those of the other side lie .02 away

    def reach(size, q):
        return np.hypot(rate - rate * np.exp(-2 * np.arcsinh(u * q * np.sqrt(100 / size))), other * q)

    ends = rate * np.exp(-2 * np.arcsinh(u)), rate * np.exp(2 * np.arcsinh(u))
    finding = find(EXAMPLE).finding
    own = replace(finding.own, value=rate, low=ends[0], high=ends[1], top=np.nan, below=np.nan, units=100.0)
    account = replace(finding, own=own, gap=Gap("rest", gap, gap - reach(100, 1), 0.2, 0.1, 0.1, "ok"))
    said = next(s for s in list_doubts(transcription.METRICS[0], account) if "more units" in s)
    total = 100 + int(said.split("about ")[1].split()[0].replace(",", ""))

    first = next(size for size in range(100, 100_000) if reach(size, 1 + MORE / norm.ppf(0.975)) < gap)
    assert first <= total <= 1.1 * first


def test_where_the_other_side_is_too_small_more_units_of_the_slice_are_of_no_use():
    said = find({"a": (300, 2400), "b": (5, 30)}).finding.overturn

    assert any("More units of this group alone would not decide it" in text for text in said)


def test_baselines_against_which_it_does_not_show_are_named():
    document, cubes = measure({"a": (90, 300), "b": (30, 240), "c": (14, 40)})
    others = pd.concat([metrics.compare(cubes, ["g"], [METRIC], baseline=b) for b in ("overall", "largest", "best")])
    sheet = make_evidence(document, A, METRIC, others=others)

    assert [g.baseline for g in sheet.finding.others] == ["overall", "g = c"]  # the largest is the slice itself
    assert any("not against g = c" in text for text in sheet.finding.overturn)


# -- the answer


def test_an_interval_on_the_same_side_confirms():
    told = answered({"a": (90, 300), "b": (30, 240)}, {"a": (200, 800), "b": (100, 800)})

    assert told.outcome == "confirmed"
    assert told.words.startswith("The provider's data show it too.")


def test_the_difference_of_the_two_gaps_is_that_of_independent_samples():
    told = answered({"a": (90, 300), "b": (30, 240)}, {"a": (200, 800), "b": (100, 800)})

    def gap(a, b):
        (la, ua), (lb, ub) = wilson(*a), wilson(*b)
        pa, pb = a[0] / a[1], b[0] / b[1]
        d = pa - pb
        return d, d - math.hypot(pa - la, ub - pb), d + math.hypot(ua - pa, pb - lb)

    (d1, l1, u1), (d2, l2, u2) = gap((200, 800), (100, 800)), gap((90, 300), (30, 240))
    assert told.value == pytest.approx(d1 - d2)
    assert told.low == pytest.approx(d1 - d2 - math.hypot(d1 - l1, u2 - d2))
    assert told.high == pytest.approx(d1 - d2 + math.hypot(u1 - d1, d2 - l2))


def test_a_clearly_smaller_gap_that_reaches_no_difference_does_not_show_it():
    told = answered({"a": (90, 300), "b": (30, 240)}, {"a": (400, 4000), "b": (400, 4000)})

    assert told.outcome == "not shown"
    assert "clearly smaller" in told.words


def test_a_gap_the_other_way_does_not_show_it():
    told = answered({"a": (90, 300), "b": (30, 240)}, {"a": (100, 800), "b": (200, 800)})

    assert told.outcome == "not shown"
    assert "the other way" in told.words


def test_a_wide_interval_cannot_tell_whatever_its_value():
    for top in (6, 8, 10):
        told = answered({"a": (90, 300), "b": (30, 240)}, {"a": (top, 40), "b": (5, 40)})

        assert told.outcome == "cannot tell"


def test_too_few_units_cannot_tell():
    told = answered({"a": (90, 300), "b": (30, 240)}, {"a": (20, 20), "b": (30, 240)})

    assert told.outcome == "cannot tell"
    assert "too few units" in told.words


def test_what_was_no_finding_cannot_be_confirmed():
    told = answered({"a": (10, 60), "b": (30, 240)}, {"a": (200, 800), "b": (100, 800)})

    assert told.outcome == "cannot tell"
    assert "nothing to confirm" in told.words


def test_the_same_file_again_confirms_nothing():
    told = answered({"a": (90, 300), "b": (30, 240)}, {"a": (90, 300), "b": (30, 240)})

    assert told.outcome == "cannot tell"
    assert "same file" in told.words


def test_a_confirmed_gap_says_when_it_is_clearly_smaller_or_larger():
    small = answered({"a": (200, 300), "b": (30, 240)}, {"a": (800, 4000), "b": (500, 4000)})
    large = answered({"a": (800, 4000), "b": (500, 4000)}, {"a": (200, 300), "b": (30, 240)})

    assert (small.outcome, large.outcome) == ("confirmed", "confirmed")
    assert "clearly smaller" in small.words and "clearly larger" in large.words


def test_outcomes_agree_with_the_intervals_whatever_the_counts():
    rng = np.random.default_rng(7)
    sheet = find({"a": (90, 300), "b": (30, 240)})
    seen = set()
    for _ in range(60):
        n, m = np.exp(rng.uniform(np.log(30), np.log(2000), 2)).astype(int)
        answer = {
            "a": (int(rng.binomial(n, rng.uniform(0.02, 0.5))), int(n)),
            "b": (int(rng.binomial(m, 0.15)), int(m)),
        }
        whole = answer_evidence(sheet, measure(answer)[0])
        told, gap = whole.comparison, whole.answer.gap
        assert (told.outcome == "confirmed") == (gap.low > 0)
        if told.outcome == "not shown":
            assert gap.high < 0 or (gap.low <= 0 and told.high < 0)
        seen.add(told.outcome)
    assert seen == {"confirmed", "not shown", "cannot tell"}


def test_an_answer_is_a_test_named_before_so_that_nothing_is_corrected():
    sheet = answer_evidence(find(EXAMPLE), measure({"a": (20, 60), "b": (30, 250), "c": (30, 200)})[0])

    assert sheet.answer.looked_at == 1
    assert sheet.answer.gap.p_adjusted == sheet.answer.gap.p


# -- what is refused


def test_a_slice_a_metric_or_a_grouping_that_was_not_measured_is_refused_with_the_nearest():
    document, _ = measure(EXAMPLE)

    with pytest.raises(QuestionError, match="called 'z'"):
        make_evidence(document, Slice((("g", "z"),)), METRIC)
    with pytest.raises(QuestionError, match="Did you mean 'selection_rate'"):
        make_evidence(document, A, "selection_rat")
    with pytest.raises(QuestionError, match="Nothing was measured by h"):
        make_evidence(document, Slice((("h", "z"),)), METRIC)
    with pytest.raises(QuestionError, match="everyone is none"):
        make_evidence(document, Slice(), METRIC)
    with pytest.raises(QuestionError, match="system"):
        make_evidence(document, A, METRIC, system="b")


def test_an_answer_from_another_baseline_or_level_is_refused():
    sheet = find(EXAMPLE)
    question = Question(by=("g",), metrics=(METRIC,))

    with pytest.raises(QuestionError, match="compares with everyone else, the answer with everyone"):
        answer_evidence(sheet, measure(EXAMPLE, replace(question, baseline="overall"))[0])
    with pytest.raises(QuestionError, match=r"0\.95 and 0\.9"):
        answer_evidence(sheet, measure(EXAMPLE, replace(question, confidence=0.9))[0])


def test_a_named_baseline_has_its_own_numbers():
    question = Question(by=("g",), metrics=(METRIC,), baseline="g = b")
    document, _ = measure({**EXAMPLE, "c": (1, 50)}, question)
    finding = make_evidence(document, A, METRIC).finding

    assert (finding.baseline.top, finding.baseline.below, finding.gap.baseline) == (30, 240, "g = b")
    assert (finding.baseline.low, finding.baseline.high) == tuple(wilson(30, 240))


# -- how often an answer is wrong


def simulate(finding, p, q, n, m, draws=3000):
    """The outcomes of answers from providers whose rates are p and q, with so many units."""
    rng = np.random.default_rng(11)
    a, b = rng.binomial(n, p, draws), rng.binomial(m, q, draws)
    low, high = difference_limits(a / n, *wilson(a, n), b / m, *wilson(b, m))
    other = replace(finding, receipts=())
    for value, *ends in zip(a / n - b / m, low, high, strict=True):
        gap = Gap("rest", float(value), float(ends[0]), float(ends[1]), 0.5, 0.5, "ok")
        yield compare_accounts(A, SELECTION_RATE, finding, replace(other, gap=gap)).outcome


@pytest.mark.parametrize(("n", "m"), [(60, 400), (300, 300), (2000, 5000)])
def test_a_provider_without_a_gap_confirms_one_in_at_most_four_of_a_hundred(n, m):
    outcomes = list(simulate(find({"a": (90, 300), "b": (30, 240)}).finding, 0.2, 0.2, n, m))

    assert outcomes.count("confirmed") / len(outcomes) <= 0.04


@pytest.mark.parametrize(("n", "m"), [(60, 400), (300, 300), (2000, 5000)])
def test_a_provider_with_the_same_gap_denies_it_in_at_most_four_of_a_hundred(n, m):
    # The truth of both is 30 and 12.5 %; the finding's own error is drawn, too.
    rng, denied = np.random.default_rng(5), []
    for _ in range(40):
        groups = {"a": (int(rng.binomial(300, 0.3)), 300), "b": (int(rng.binomial(240, 0.125)), 240)}
        denied += [o == "not shown" for o in simulate(find(groups).finding, 0.3, 0.125, n, m, draws=100)]

    assert np.mean(denied) <= 0.04
