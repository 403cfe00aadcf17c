from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, binom, binomtest, false_discovery_control

from metrics.alignment_sentences import is_clear, say_all_errors, say_confusions, say_most_frequent
from metrics.confusions import Confusions, Influence, compare_confusions, find_confusions, find_influence
from metrics.results import read_results
from metrics.schema import Schema
from metrics.scored import score
from metrics.utterances import count_errors, normalize_utterances, take_utterances
from tests.paths import SAMPLES

SAID = ["a b c", "a b", "a b c d", "a", None]
HEARD = ["a x c", "a", "a x c d", "a z", "b"]
HERE = np.array([True, True, False, False, True])


def compared(said=SAID, heard=HEARD, inside=HERE, speakers=None, **options):
    table = compare_confusions(find_confusions(said, heard), inside, speakers, **options)
    return table.set_index(["said", "heard"])


def repeated(wrong_here, wrong_elsewhere, right_here=0, right_elsewhere=0):
    """Utterances of ten words: so many with "left" heard as "lift" in the slice and elsewhere, and so many right."""
    numbers = (wrong_here, right_here, wrong_elsewhere, right_elsewhere)
    said = ["left" + " so" * 9] * sum(numbers)
    wrong = [True] * wrong_here + [False] * right_here + [True] * wrong_elsewhere + [False] * right_elsewhere
    heard = [text.replace("left", "lift") if w else text for text, w in zip(said, wrong, strict=True)]
    return said, heard, np.arange(len(said)) < wrong_here + right_here


def test_every_wrong_word_is_counted_by_hand():
    table = compared()

    assert table[["here", "elsewhere"]].to_dict("index") == {
        ("b", "x"): {"here": 1, "elsewhere": 1},
        ("b", ""): {"here": 1, "elsewhere": 0},
        ("", "z"): {"here": 0, "elsewhere": 1},
    }
    assert table["kind"].tolist() == ["substitution", "deletion", "insertion"]
    # Five reference words on either side: an utterance without a reference counts nowhere.
    assert table.loc[("b", "x"), ["rate_here", "rate_elsewhere", "ratio"]].tolist() == [200, 200, 1]
    assert table.loc[("b", ""), "ratio"] == np.inf
    assert table.loc[("", "z"), "ratio"] == 0


def test_speakers_are_counted_once_however_often_they_repeat_it():
    said, heard, inside = repeated(5, 1)
    table = compared(said, heard, inside, np.array([0, 0, 0, 0, 1, 2]))

    assert table["here"].tolist() == [5]
    assert table["speakers_here"].tolist() == [2]
    assert table["status"].tolist() == ["few speakers"]


def test_what_is_rare_in_the_whole_file_is_not_tested():
    table = compared()

    assert table["status"].tolist() == ["too few"] * 3
    assert table[["low", "high", "p", "p_adjusted"]].isna().all(axis=None)
    assert say_confusions(table.reset_index()) == "Nothing occurs often enough to be compared with elsewhere."


def test_interval_and_p_are_those_of_the_exact_binomial():
    said, heard, inside = repeated(12, 6, right_here=8, right_elsewhere=34)  # 200 words here, 400 elsewhere
    row = compared(said, heard, inside, confidence=0.9).iloc[0]
    share = binomtest(12, 18, 1 / 3).proportion_ci(0.9, method="exact")

    assert row["ratio"] == pytest.approx((12 / 200) / (6 / 400))
    assert [row["low"], row["high"]] == pytest.approx([2 * s / (1 - s) for s in share])
    assert row["p"] == pytest.approx(2 * binom.sf(11, 18, 1 / 3))
    assert row["status"] == "ok"


def test_what_never_happens_elsewhere_has_a_lower_limit_only():
    said, heard, inside = repeated(8, 0, right_elsewhere=8)
    row = compared(said, heard, inside).iloc[0]

    assert row["ratio"] == row["high"] == np.inf
    assert row["low"] == pytest.approx(0.025 ** (1 / 8) / (1 - 0.025 ** (1 / 8)))
    assert row["p"] == pytest.approx(2 * 0.5**8)


def test_a_speaker_who_repeats_a_confusion_makes_the_interval_wider():
    # Here one speaker says it wrong in all 6 of 6 utterances, another in none of 4; elsewhere it is spread evenly.
    said, heard, inside = repeated(6, 6, right_here=4, right_elsewhere=4)
    speakers = np.array([0] * 6 + [1] * 4 + [2, 2, 2, 3, 3, 3] + [2, 2, 3, 3])
    row = compared(said, heard, inside, speakers).iloc[0]
    # Expected of the 60 and the 40 words are 3.6 and 2.4: ((6 - 3.6)^2 + (0 - 2.4)^2) / 6 = 1.92.
    n = 6 / 1.92
    low, high = beta.ppf(0.025, n, n + 1), beta.ppf(0.975, n + 1, n)

    assert row["ratio"] == 1
    assert [row["low"], row["high"]] == pytest.approx([low / (1 - low), high / (1 - high)])


def test_p_values_are_adjusted_over_all_that_were_tested():
    rng = np.random.default_rng(5)
    said = [" ".join(rng.choice(list("abcde"), 8)) for _ in range(400)]
    heard = [" ".join(w if rng.random() < 0.7 else w.upper() for w in text.split()) for text in said]
    table = compared(said, heard, np.arange(400) < 150)

    assert table["p"].notna().sum() >= 5
    assert table["p_adjusted"].tolist() == pytest.approx(false_discovery_control(table["p"]).tolist())


def test_a_planted_confusion_is_found_and_a_fair_file_has_none():
    rng = np.random.default_rng(11)
    n, speakers = 1200, np.repeat(np.arange(120), 10)
    inside = speakers < 40
    words = list("abcdefgh")

    def hear(text: str, here: bool, much: float) -> str:
        shares = [much if here and word == "a" else 0.05 for word in text.split()]
        return " ".join(w.upper() if rng.random() < s else w for w, s in zip(text.split(), shares, strict=True))

    said = [" ".join(rng.choice(words, 10)) for _ in range(n)]
    fair, planted = (
        compared(said, [hear(t, h, much) for t, h in zip(said, inside, strict=True)], inside, speakers)
        for much in (0.05, 0.2)
    )

    assert not is_clear(fair).any()
    assert planted.index[is_clear(planted)].tolist() == [("a", "A")]
    assert "“a” heard as “A”" in say_confusions(planted.reset_index())


def test_speakers_with_habits_of_their_own_do_not_make_a_finding():
    """In fair files, however unlike the speakers, one in twenty at most may claim something."""
    rng = np.random.default_rng(2)
    claims = 0
    for _ in range(100):
        speakers = np.repeat(np.arange(30), 10)
        often = rng.dirichlet(np.ones(30)) * rng.gamma(0.5, 2, (30, 30))  # by speaker and word
        times = rng.poisson(often[speakers])
        unit, word = (np.repeat(places, times[np.nonzero(times)]) for places in np.nonzero(times))
        words = ("", *(f"w{i}" for i in range(30)))
        found = Confusions(words, unit, word + 1, np.zeros(len(unit), np.int64), np.full(300, 10))
        inside = np.isin(speakers, rng.permutation(30)[:10])
        claims += bool(is_clear(compare_confusions(found, inside, speakers)).any())

    assert claims <= 5


def test_a_slice_of_everyone_has_nothing_to_be_compared_with():
    table = compared(inside=np.ones(5, bool))

    assert table["status"].tolist() == ["no data"] * 3
    assert table[["ratio", "rate_elsewhere", "p"]].isna().all(axis=None)
    assert say_confusions(table.reset_index()).startswith("There is nothing elsewhere to compare with")
    assert say_all_errors(table, "words") == ""


def test_the_most_frequent_of_the_slice_comes_first():
    said, heard = ["a b"] * 5, ["x b", "x b", "a y", "a y", "a y"]
    table = compared(said, heard, np.array([True, True, True, False, False]))

    assert table.index.tolist() == [("a", "x"), ("b", "y")]
    assert say_most_frequent(table.reset_index()) == "Most often: “a” heard as “x”, 2 times."


def test_texts_without_an_error_have_no_confusions():
    table = compared(["a b"], ["a b"], np.array([True]))

    assert len(table) == 0
    assert say_most_frequent(table) == ""
    assert say_confusions(table) == "Nothing occurs often enough to be compared with elsewhere."


def test_a_confidence_that_is_none_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        compared(confidence=95)


def test_aligning_tells_how_far_it_is_and_can_be_stopped():
    told = []

    def stop(words, share):
        told.append(words)
        if share >= 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        find_confusions(["a"] * 10_000, ["b"] * 10_000, stop)
    assert set(told) == {"Aligning words"}


@pytest.mark.parametrize("sample", ["call_centre", "ward"])
def test_confusions_add_up_to_the_counts_that_metrics_are_made_of(sample):
    results = read_results(SAMPLES / f"{sample}.csv", Schema.load(SAMPLES / f"{sample}.toml"))
    for scored in score(results):
        texts = normalize_utterances(results, take_utterances(results, scored))
        found, counts = find_confusions(texts.said, texts.heard), count_errors(scored)
        kinds = {
            "substitutions": (found.said > 0) & (found.heard > 0),
            "deletions": found.heard == 0,
            "insertions": found.said == 0,
        }

        assert found.n_words.tolist() == counts["words"].tolist()
        for kind, mine in kinds.items():
            assert np.bincount(found.unit[mine], minlength=len(counts)).tolist() == counts[kind].tolist()


# -- the utterance that moves the rate most ------------------------------------------------------


def test_the_utterance_whose_absence_changes_the_rate_most_is_found_by_hand():
    # All: 6/20 = 0.30. Without the first 5/15, the second 1/10, the third 6/15.
    assert find_influence([1, 5, 0], [5, 10, 5], np.arange(3)) == Influence(1, 0.3, 0.1)


def test_an_utterance_without_errors_may_count_most():
    found = find_influence([0, 1, 1], [80, 4, 4], np.arange(3))

    assert found.place == 0
    assert found.without == 0.25


def test_only_utterances_of_the_slice_count():
    found = find_influence([9, 1, 2, 0], [9, 4, 4, 4], np.array([1, 2, 3]))

    assert found == Influence(2, 0.25, 0.125)


def test_weights_count_an_utterance_as_often_as_they_say():
    found = find_influence([1, 0, 1], [4, 4, 4], np.arange(3), [1, 1, 2])

    # 3 of 16 words are wrong; without one of them 2 of 12, 3 of 12 and 1 of 8: the last two move it equally far.
    assert found == Influence(1, 3 / 16, 3 / 12)


def test_inventions_where_nothing_was_said_have_an_influence():
    assert find_influence([30, 1, 1], [0, 10, 10], np.arange(3)) == Influence(0, 1.6, 0.1)


@pytest.mark.parametrize(("edits", "words"), [([], []), ([1], [4]), ([1, 2], [0, 0]), ([0, 0], [4, 4])])
def test_where_no_rate_is_left_or_none_moves_there_is_no_influence(edits, words):
    assert find_influence(edits, words, np.arange(len(edits))) is None
