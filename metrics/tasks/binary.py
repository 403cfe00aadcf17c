"""Classification into a positive class and the rest: its counts and metrics.

Counts come from labels and predictions, each positive, negative or missing: nine outcomes, so that
a row without a label still counts in the selection rate, and one without a prediction in the base
rate. The same declarations serve every class of a multiclass task, one against the rest.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.registry import Column, Criterion, MeanOfShares, Metric, Ranked, Rate, Share, SignedMean, Smooth

Floats = NDArray[Any]

# (label, prediction) of each outcome; None is missing.
TP, FP, FN, TN = (1, 1), (0, 1), (1, 0), (0, 0)
COUNTS: dict[str, tuple[tuple[int | None, int | None], ...]] = {
    "true_positives": (TP,),
    "false_positives": (FP,),
    "false_negatives": (FN,),
    "true_negatives": (TN,),
    "labelled_positives": (TP, FN, (1, None)),
    "labelled": (TP, FP, FN, TN, (1, None), (0, None)),
    "predicted_positives": (TP, FP, (None, 1)),
    "predicted": (TP, FP, FN, TN, (None, 1), (None, 0)),
    "units": (TP, FP, FN, TN),
}

_BOTH: frozenset[Column] = frozenset({"label", "prediction"})
_SCORED: frozenset[Column] = frozenset({"label", "score"})
_LABEL: frozenset[Column] = frozenset({"label"})
_PREDICTION: frozenset[Column] = frozenset({"prediction"})


def _matthews(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    # Written with shares, so that perfect predictions give exactly 1 and their opposite exactly -1.
    with np.errstate(divide="ignore", invalid="ignore"):
        right = np.sqrt(tp / (tp + fp) * (tp / (tp + fn)) * (tn / (tn + fp)) * (tn / (tn + fn)))
        wrong = np.sqrt(fp / (tp + fp) * (fn / (tp + fn)) * (fp / (tn + fp)) * (fn / (tn + fn)))
        return np.asarray(right - wrong)


def _matthews_gradient(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> tuple[Floats, ...]:
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
        half = _matthews(tp, fp, fn, tn) / 2
        return (
            tn / below - half * (1 / (tp + fp) + 1 / (tp + fn)),
            -fn / below - half * (1 / (tp + fp) + 1 / (tn + fp)),
            -fp / below - half * (1 / (tp + fn) + 1 / (tn + fn)),
            tp / below - half * (1 / (tn + fp) + 1 / (tn + fn)),
        )


SELECTION_RATE = Metric(
    name="selection_rate",
    title="Selection rate",
    formula=Share("predicted_positives", below="predicted"),
    better="neither",
    meaning="Share of units that the model predicts positive.",
    source="Barocas, Hardt & Narayanan 2023, Fairness and Machine Learning, ch. 3",
    needs=_PREDICTION,
    also=("positive rate", "acceptance rate", "predicted prevalence", "PPR (Clarify: DPPL compares it)"),
    misleads="Equal selection rates say nothing about who is selected wrongly.",
)
BASE_RATE = Metric(
    name="base_rate",
    title="Base rate",
    formula=Share("labelled_positives", below="labelled"),
    better="neither",
    meaning="Share of units whose label is positive: a fact about the data, not about the model.",
    source="Barocas, Hardt & Narayanan 2023, Fairness and Machine Learning, ch. 3",
    needs=_LABEL,
    also=("prevalence", "observed positive rate"),
    misleads="Labels record what happened or was noticed, which may itself be unequal.",
)
ACCURACY = Metric(
    name="accuracy",
    title="Accuracy",
    formula=Share("true_positives + true_negatives", below="units"),
    better="higher",
    meaning="Share of units that the model predicts correctly.",
    source="Sokolova & Lapalme 2009, Information Processing & Management 45(4)",
    needs=_BOTH,
    complement="error_rate",
    misleads="Where one class is rare, always predicting the other one scores high.",
)
ERROR_RATE = Metric(
    name="error_rate",
    title="Error rate",
    formula=Share("false_positives + false_negatives", below="units"),
    better="lower",
    meaning="Share of units that the model predicts wrongly.",
    source="Sokolova & Lapalme 2009, Information Processing & Management 45(4)",
    needs=_BOTH,
    complement="accuracy",
    also=("misclassification rate", "zero-one loss"),
    misleads="It adds up two kinds of errors that may harm very different people.",
)
TRUE_POSITIVE_RATE = Metric(
    name="true_positive_rate",
    title="True positive rate",
    formula=Share("true_positives", below="true_positives + false_negatives"),
    better="higher",
    meaning="Of the units that are positive, the share that the model finds.",
    source="Hardt, Price & Srebro 2016, Equality of Opportunity in Supervised Learning",
    needs=_BOTH,
    complement="false_negative_rate",
    also=("recall", "sensitivity", "hit rate", "TPR"),
    misleads="It ignores everyone whose label is negative.",
)
FALSE_NEGATIVE_RATE = Metric(
    name="false_negative_rate",
    title="False negative rate",
    formula=Share("false_negatives", below="true_positives + false_negatives"),
    better="lower",
    meaning="Of the units that are positive, the share that the model misses.",
    source="Hardt, Price & Srebro 2016, Equality of Opportunity in Supervised Learning",
    needs=_BOTH,
    complement="true_positive_rate",
    also=("miss rate", "FNR"),
    misleads="It ignores everyone whose label is negative.",
)
FALSE_POSITIVE_RATE = Metric(
    name="false_positive_rate",
    title="False positive rate",
    formula=Share("false_positives", below="false_positives + true_negatives"),
    better="lower",
    meaning="Of the units that are negative, the share that the model calls positive.",
    source="Chouldechova 2017, Fair prediction with disparate impact",
    needs=_BOTH,
    complement="true_negative_rate",
    also=("fall-out", "false alarm rate", "FPR"),
    misleads="It ignores everyone whose label is positive.",
)
TRUE_NEGATIVE_RATE = Metric(
    name="true_negative_rate",
    title="True negative rate",
    formula=Share("true_negatives", below="false_positives + true_negatives"),
    better="higher",
    meaning="Of the units that are negative, the share that the model calls negative.",
    source="Chouldechova 2017, Fair prediction with disparate impact",
    needs=_BOTH,
    complement="false_positive_rate",
    also=("specificity", "selectivity", "TNR"),
    misleads="It ignores everyone whose label is positive.",
)
POSITIVE_PREDICTIVE_VALUE = Metric(
    name="positive_predictive_value",
    title="Positive predictive value",
    formula=Share("true_positives", below="true_positives + false_positives"),
    better="higher",
    meaning="Of the units that the model calls positive, the share that are.",
    source="Chouldechova 2017, Fair prediction with disparate impact",
    needs=_BOTH,
    complement="false_discovery_rate",
    also=("precision", "PPV"),
    misleads="It moves with the base rate: groups with different base rates differ in it even at equal error rates.",
)
NEGATIVE_PREDICTIVE_VALUE = Metric(
    name="negative_predictive_value",
    title="Negative predictive value",
    formula=Share("true_negatives", below="true_negatives + false_negatives"),
    better="higher",
    meaning="Of the units that the model calls negative, the share that are.",
    source="Berk et al. 2018, Fairness in Criminal Justice Risk Assessments",
    needs=_BOTH,
    complement="false_omission_rate",
    also=("NPV",),
    misleads="It moves with the base rate: groups with different base rates differ in it even at equal error rates.",
)
FALSE_DISCOVERY_RATE = Metric(
    name="false_discovery_rate",
    title="False discovery rate",
    formula=Share("false_positives", below="true_positives + false_positives"),
    better="lower",
    meaning="Of the units that the model calls positive, the share that are not.",
    source="Chouldechova 2017, Fair prediction with disparate impact",
    needs=_BOTH,
    complement="positive_predictive_value",
    also=("FDR",),
    misleads="It moves with the base rate: groups with different base rates differ in it even at equal error rates.",
)
FALSE_OMISSION_RATE = Metric(
    name="false_omission_rate",
    title="False omission rate",
    formula=Share("false_negatives", below="true_negatives + false_negatives"),
    better="lower",
    meaning="Of the units that the model calls negative, the share that are positive.",
    source="Berk et al. 2018, Fairness in Criminal Justice Risk Assessments",
    needs=_BOTH,
    complement="negative_predictive_value",
    also=("FOR",),
    misleads="It moves with the base rate: groups with different base rates differ in it even at equal error rates.",
)
F1 = Metric(
    name="f1",
    title="F1 score",
    formula=Share("true_positives", below="true_positives + false_positives + false_negatives", transform="dice"),
    better="higher",
    meaning="Harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN).",
    source="van Rijsbergen 1979, Information Retrieval, ch. 7",
    needs=_BOTH,
    also=("F-measure", "Dice coefficient"),
    misleads="It moves with the base rate and ignores the true negatives.",
)
BALANCED_ACCURACY = Metric(
    name="balanced_accuracy",
    title="Balanced accuracy",
    formula=MeanOfShares((TRUE_POSITIVE_RATE.formula, TRUE_NEGATIVE_RATE.formula)),  # type: ignore[arg-type]
    better="higher",
    meaning="Mean of the true positive rate and the true negative rate.",
    source="Brodersen et al. 2010, The Balanced Accuracy and Its Posterior Distribution",
    needs=_BOTH,
    misleads="A loss for one class can hide behind a gain for the other.",
)
MATTHEWS_CORRELATION = Metric(
    name="matthews_correlation",
    title="Matthews correlation",
    formula=Smooth(
        wording="(TP TN - FP FN) / sqrt((TP + FP)(TP + FN)(TN + FP)(TN + FN))",
        sums=("true_positives", "false_positives", "false_negatives", "true_negatives"),
        units="units",
        function=_matthews,
        gradient=_matthews_gradient,
        scale="atanh",
    ),
    better="higher",
    meaning="Correlation between labels and predictions, from -1 over 0 (no better than chance) to 1.",
    source="Matthews 1975, Biochimica et Biophysica Acta 405(2)",
    needs=_BOTH,
    bounds=(-1, 1),
    unit="number",
    also=("phi coefficient", "MCC"),
    misleads="It moves with the base rate.",
)
ROC_AUC = Metric(
    name="roc_auc",
    title="Area under the ROC curve",
    formula=Ranked("auc"),
    better="higher",
    meaning="Chance that a positive unit of the group has a higher score than a negative one of the same group.",
    source="Hanley & McNeil 1982; DeLong, DeLong & Clarke-Pearson 1988",
    needs=_SCORED,
    unit="number",
    also=("AUC", "AUROC", "c-statistic"),
    misleads="Each group is ranked within itself: one threshold for all can still treat groups very differently.",
)
BRIER_SCORE = Metric(
    name="brier_score",
    title="Brier score",
    formula=Rate("squared_score_error", below="scored", units="scored"),
    better="lower",
    meaning="Mean squared distance between score and outcome (1 for positive, 0 for negative).",
    source="Brier 1950, Verification of forecasts expressed in terms of probability",
    needs=_SCORED,
    unit="number",
    misleads="Groups with a base rate near 0 or 1 score better at the same skill.",
)
LOG_LOSS = Metric(
    name="log_loss",
    title="Log loss",
    formula=Rate("log_loss", below="scored", units="scored"),
    better="lower",
    meaning="Mean surprise at the outcome: minus the logarithm of the score given to what happened.",
    source="Good 1952, Rational Decisions",
    needs=_SCORED,
    bounds=(0, inf),
    unit="number",
    also=("cross-entropy",),
    misleads="A few very confident mistakes can dominate it.",
)
CALIBRATION_IN_THE_LARGE = Metric(
    name="calibration_in_the_large",
    title="Calibration in the large",
    formula=SignedMean("score_error", units="scored"),
    better="neither",
    meaning="Mean score minus base rate: above 0 the model expects too many positives, below 0 too few.",
    source="Steyerberg 2019, Clinical Prediction Models, ch. 15",
    needs=_SCORED,
    bounds=(-1, 1),
    misleads="Too high for some and too low for others within the group can cancel out.",
)
EXPECTED_CALIBRATION_ERROR = Metric(
    name="expected_calibration_error",
    title="Expected calibration error",
    formula=Ranked("ece"),
    better="lower",
    meaning="Mean distance between score and outcome over ten bins of equal width, weighted by their units.",
    source="Naeini, Cooper & Hauskrecht 2015, Obtaining Well Calibrated Probabilities Using Bayesian Binning",
    needs=_SCORED,
    unit="number",
    also=("ECE",),
    misleads="It is never 0 in a finite sample and grows as the group gets smaller: hold it against its noise floor.",
)
FALSE_NEGATIVES_PER_FALSE_POSITIVE = Metric(
    name="false_negatives_per_false_positive",
    title="False negatives per false positive",
    formula=Share("false_negatives", below="false_negatives + false_positives", transform="odds"),
    better="neither",
    meaning="How many positives are missed for each negative that is called positive.",
    source="Berk et al. 2018, Fairness in Criminal Justice Risk Assessments",
    needs=_BOTH,
    bounds=(0, inf),
    unit="number",
    listed=False,
    also=("treatment equality ratio (Clarify: TE compares it)",),
    misleads="It rests on few units where the model is good.",
)

METRICS: tuple[Metric, ...] = (
    SELECTION_RATE,
    BASE_RATE,
    ACCURACY,
    ERROR_RATE,
    TRUE_POSITIVE_RATE,
    FALSE_NEGATIVE_RATE,
    FALSE_POSITIVE_RATE,
    TRUE_NEGATIVE_RATE,
    POSITIVE_PREDICTIVE_VALUE,
    NEGATIVE_PREDICTIVE_VALUE,
    FALSE_DISCOVERY_RATE,
    FALSE_OMISSION_RATE,
    F1,
    BALANCED_ACCURACY,
    MATTHEWS_CORRELATION,
    ROC_AUC,
    BRIER_SCORE,
    LOG_LOSS,
    CALIBRATION_IN_THE_LARGE,
    EXPECTED_CALIBRATION_ERROR,
    FALSE_NEGATIVES_PER_FALSE_POSITIVE,
)


def metrics_for(favourable: str | None) -> tuple[Metric, ...]:
    """Return all metrics; once a prediction is said to be good for the person, being selected is better or worse."""
    if favourable is None:
        return METRICS
    selection = replace(SELECTION_RATE, better="higher" if favourable == "positive" else "lower")
    return (*(selection if m is SELECTION_RATE else m for m in METRICS), *favoured_metrics(favourable))


def favoured_metrics(favourable: str) -> tuple[Metric, ...]:
    """Return rejections and acceptances in the words of the person the prediction is about.

    A rejection is the prediction that is not `favourable`; it is false where the label is.
    """
    positive = favourable == "positive"
    rejected, accepted = (
        (FALSE_NEGATIVE_RATE, FALSE_POSITIVE_RATE) if positive else (FALSE_POSITIVE_RATE, FALSE_NEGATIVE_RATE)
    )
    return (
        replace(
            rejected,
            name="false_rejection_rate",
            title="False rejection rate",
            meaning="Of those who should have had the favourable prediction, the share that was refused it.",
            complement="",
            also=(rejected.title.lower(),),
        ),
        replace(
            accepted,
            name="false_acceptance_rate",
            title="False acceptance rate",
            meaning="Of those who should not have had the favourable prediction, the share that got it.",
            complement="",
            also=(accepted.title.lower(),),
        ),
    )


CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        "demographic_parity",
        "Demographic parity",
        "Every group has the same selection rate; its ratio is disparate impact, to be held against four fifths.",
        "Dwork et al. 2012, Fairness through awareness; EEOC 1978, Uniform Guidelines, 29 CFR 1607.4(D)",
        ("selection_rate",),
        also=("statistical parity", "independence", "disparate impact (the ratio)"),
    ),
    Criterion(
        "equal_opportunity",
        "Equal opportunity",
        "Every group has the same true positive rate.",
        "Hardt, Price & Srebro 2016, Equality of Opportunity in Supervised Learning",
        ("true_positive_rate",),
        also=("true positive parity", "recall difference (Clarify: RD)"),
    ),
    Criterion(
        "predictive_equality",
        "Predictive equality",
        "Every group has the same false positive rate.",
        "Corbett-Davies et al. 2017, Algorithmic decision making and the cost of fairness",
        ("false_positive_rate",),
        also=("false positive parity",),
    ),
    Criterion(
        "equalized_odds",
        "Equalized odds",
        "Every group has the same true positive rate and the same false positive rate.",
        "Hardt, Price & Srebro 2016, Equality of Opportunity in Supervised Learning",
        ("true_positive_rate", "false_positive_rate"),
        also=("separation", "error rate balance"),
    ),
    Criterion(
        "predictive_parity",
        "Predictive parity",
        "Every group has the same positive predictive value.",
        "Chouldechova 2017, Fair prediction with disparate impact",
        ("positive_predictive_value",),
        also=("precision parity", "difference in acceptance rates (Clarify: DAR)"),
    ),
    Criterion(
        "conditional_use_accuracy",
        "Conditional use accuracy equality",
        "Every group has the same positive and the same negative predictive value.",
        "Berk et al. 2018, Fairness in Criminal Justice Risk Assessments",
        ("positive_predictive_value", "negative_predictive_value"),
        also=("sufficiency of predictions", "Clarify: DAR and DRR"),
    ),
    Criterion(
        "accuracy_equality",
        "Accuracy equality",
        "Every group has the same accuracy.",
        "Berk et al. 2018, Fairness in Criminal Justice Risk Assessments",
        ("accuracy",),
        also=("overall accuracy equality", "accuracy difference (Clarify: AD)"),
    ),
    Criterion(
        "treatment_equality",
        "Treatment equality",
        "Every group has the same number of false negatives per false positive.",
        "Berk et al. 2018, Fairness in Criminal Justice Risk Assessments",
        ("false_negatives_per_false_positive",),
        also=("Clarify: TE",),
    ),
    Criterion(
        "conditional_demographic_disparity",
        "Conditional demographic disparity",
        "Within strata, no group has a larger share of the refused than of the accepted; pooled by size.",
        "Wachter, Mittelstadt & Russell 2021, Why fairness cannot be automated",
        own="conditional_demographic_disparity",
        also=("Clarify: CDDPL",),
    ),
    Criterion(
        "calibration_within_groups",
        "Calibration within groups",
        "Among units with equal score, every group has the same share of positives.",
        "Kleinberg, Mullainathan & Raghavan 2017, Inherent trade-offs in the fair determination of risk scores",
        own="calibration_within_groups",
        also=("sufficiency of scores", "test fairness"),
    ),
    Criterion(
        "subgroup_fairness",
        "False positive subgroup fairness",
        "No group has another false positive rate than everyone, weighted by its negatives' share of all units.",
        "Kearns, Neel, Roth & Wu 2018, Preventing Fairness Gerrymandering",
        own="subgroup_fairness",
    ),
    Criterion(
        "generalized_entropy",
        "Generalized entropy index",
        "How unequally the benefit b = prediction - label + 1 falls on people, alpha 2; 0 is perfectly equal.",
        "Speicher et al. 2018, A Unified Approach to Quantifying Algorithmic Unfairness",
        own="generalized_entropy",
    ),
    Criterion(
        "theil_index",
        "Theil index",
        "How unequally the benefit b = prediction - label + 1 falls on people, alpha 1; 0 is perfectly equal.",
        "Speicher et al. 2018, A Unified Approach to Quantifying Algorithmic Unfairness",
        own="theil_index",
    ),
)
