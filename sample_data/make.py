"""Write the sample files anew: `python -m sample_data.make` gives the same bytes every time.

All are invented. What was planted in each stands as a table of rates here, or in speech.py for the two of transcripts;
it is explained in README.md and held against the files by tests/sample_data/.

Scores are drawn so that the planted error rates hold exactly in expectation: the score of a positive is
logistic(steepness (z - q)), where z is standard normal and q the normal quantile of its false negative rate, so that
it falls under 0.5 with just that chance; negatives mirror this with their false positive rate.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sample_data.draws import choose, start, write_decimals
from sample_data.repairs import make_bounty
from sample_data.speech import list_call_centre_terms, list_ward_terms, make_call_centre, make_ward

HERE = Path(__file__).resolve().parent

# Lending: of those who repay, the share that is refused; of those who do not, the share that is approved.
LENDING_ROWS = 5000
REPAID = {"north": 0.78, "centre": 0.67, "east": 0.67, "south": 0.67}
MODEL_A_REFUSED = {"under 25": 0.20, "women in the south": 0.27, "everyone else": 0.08}
MODEL_A_APPROVED = 0.27
MODEL_B_REFUSED, MODEL_B_APPROVED = 0.10, 0.25

# Screening: of the ill, the share that is missed; of the healthy, the share that is flagged.
HOSPITALS = 40
ILL = 0.20
MISSED = {"fixed": 0.12, "portable": 0.30}
FLAGGED = 0.10
SPREAD_OF_HOSPITALS = 0.3  # standard deviation between hospitals, on the normal scale

# Routing: of the messages for a department, the share that is sent there.
ROUTING_ROWS = 1500
FOUND = {"billing": 0.90, "claims": 0.88, "complaints": 0.86}
COMPLAINTS_FOUND_OTHER_LANGUAGE = 0.60

# Waiting: minutes by which the prediction is off, mean and standard deviation.
WAITING_ROWS = 1200
MINUTES_OFF = {"no": 0.0, "yes": -12.0}
SPREAD_OF_MINUTES = 10.0

# Loans by month: of those who repay, the share that is refused; women's drifts off from December on, men's stays.
MONTHLY_ROWS = 800
MONTHS = ("2025-09", "2025-10", "2025-11", "2025-12", "2026-01", "2026-02", "2026-03", "2026-04")
WOMEN_REFUSED = (0.10, 0.10, 0.10, 0.16, 0.22, 0.28, 0.30, 0.30)
MEN_REFUSED, MONTHLY_APPROVED = 0.10, 0.25


def make_lending() -> pd.DataFrame:
    """Applicants for a loan, whether they repaid, and what two models scored and decided."""
    draw, n = start(7), LENDING_ROWS
    sex = choose(draw, n, {"female": 0.5, "male": 0.5})
    band = choose(draw, n, {"19": 0.15, "25": 0.40, "45": 0.32, "65": 0.13})
    width = pd.Series(band).map({"19": 6, "25": 20, "45": 20, "65": 16}).to_numpy()
    age = band.astype(int) + np.floor(draw.random_sample(n) * width).astype(int)
    region = choose(draw, n, {"north": 0.30, "centre": 0.30, "east": 0.25, "south": 0.15})
    ethnicity = choose(draw, n, {"": 0.08, "Asian": 0.14, "Black": 0.13, "Mixed": 0.06, "Other": 0.004, "White": 0.586})
    repaid = draw.random_sample(n) < pd.Series(region).map(REPAID).to_numpy()

    refused_a = np.where(age < 25, MODEL_A_REFUSED["under 25"], MODEL_A_REFUSED["everyone else"])
    refused_a = np.where((sex == "female") & (region == "south"), MODEL_A_REFUSED["women in the south"], refused_a)
    score_a = _score(draw, repaid, refused_a, np.full(n, MODEL_A_APPROVED))
    score_b = _score(draw, repaid, np.full(n, MODEL_B_REFUSED), np.full(n, MODEL_B_APPROVED))
    return pd.DataFrame(
        {
            "applicant": [f"L{number:04d}" for number in range(1, n + 1)],
            "sex": sex,
            "age": age,
            "region": region,
            "ethnicity": ethnicity,
            "repaid": np.where(repaid, "yes", "no"),
            "score_a": write_decimals(score_a),
            "decision_a": np.where(score_a >= 0.5, "approved", "refused"),
            "score_b": write_decimals(score_b),
            "decision_b": np.where(score_b >= 0.5, "approved", "refused"),
        }
    )


def make_screening() -> pd.DataFrame:
    """Patients of 40 hospitals, whether they were ill, and the risk that a model read from their scan."""
    draw = start(19)
    sizes = 60 + np.floor(draw.random_sample(HOSPITALS) * 81).astype(int)
    # Every third hospital has a portable scanner; each has a quality and a mix of patients of its own.
    portable = np.arange(HOSPITALS) % 3 == 0
    quality = draw.standard_normal(HOSPITALS) * SPREAD_OF_HOSPITALS
    uninsured = 0.05 + 0.25 * draw.random_sample(HOSPITALS)
    hospital = np.repeat(np.arange(HOSPITALS), sizes)
    n = len(hospital)

    sex = choose(draw, n, {"female": 0.52, "male": 0.48})
    age = choose(draw, n, {"18-39": 0.25, "40-64": 0.45, "65+": 0.30})
    pays = draw.random_sample(n)
    insurance = np.where(pays < uninsured[hospital], "none", np.where(pays > 0.6, "private", "public"))
    ill = draw.random_sample(n) < ILL
    scanner = np.where(portable[hospital], "portable", "fixed")
    missed = pd.Series(scanner).map(MISSED).to_numpy()
    risk = _score(draw, ill, missed, np.full(n, FLAGGED), quality[hospital], SPREAD_OF_HOSPITALS)
    return pd.DataFrame(
        {
            "patient": [f"P{number:04d}" for number in range(1, n + 1)],
            "hospital": [f"H{number:02d}" for number in hospital + 1],
            "scanner": scanner,
            "sex": sex,
            "age": age,
            "insurance": insurance,
            "ill": ill.astype(int),
            "risk": write_decimals(risk),
        }
    )


def make_routing() -> pd.DataFrame:
    """Messages to an insurer, the department each was for, and the one a model sent it to."""
    draw, n = start(34), ROUTING_ROWS
    language = choose(draw, n, {"local": 0.75, "other": 0.25})
    channel = choose(draw, n, {"app": 0.5, "letter": 0.2, "mail": 0.3})
    department = choose(draw, n, {"billing": 0.45, "claims": 0.33, "complaints": 0.22})
    found = pd.Series(department).map(FOUND).to_numpy()
    found = np.where((department == "complaints") & (language == "other"), COMPLAINTS_FOUND_OTHER_LANGUAGE, found)
    names = np.array(list(FOUND))
    place = np.searchsorted(names, department)
    elsewhere = names[(place + 1 + (draw.random_sample(n) < 0.5)) % len(names)]
    sent = np.where(draw.random_sample(n) < found, department, elsewhere)
    return pd.DataFrame(
        {
            "message": [f"M{number:04d}" for number in range(1, n + 1)],
            "first_language": language,
            "channel": channel,
            "department": department,
            "sent_to": sent,
        }
    )


def make_waiting() -> pd.DataFrame:
    """Patients in an emergency room: how long they waited, and how long the model said they would."""
    draw, n = start(44), WAITING_ROWS
    interpreter = choose(draw, n, {"no": 0.8, "yes": 0.2})
    arrival = choose(draw, n, {"day": 0.55, "evening": 0.30, "night": 0.15})
    waited = np.clip(90 + 25 * draw.standard_normal(n), 45, None)
    off = pd.Series(interpreter).map(MINUTES_OFF).to_numpy() + SPREAD_OF_MINUTES * draw.standard_normal(n)
    return pd.DataFrame(
        {
            "visit": [f"V{number:04d}" for number in range(1, n + 1)],
            "interpreter": interpreter,
            "arrival": arrival,
            "waited": write_decimals(waited, 1),
            "predicted": write_decimals(waited + off, 1),
        }
    )


def make_loans_by_month() -> pd.DataFrame:
    """Applicants for a loan in eight months, and what one model decided: from December on it refuses women more."""
    draw, n = start(116), MONTHLY_ROWS * len(MONTHS)
    month = np.repeat(np.arange(len(MONTHS)), MONTHLY_ROWS)
    day = np.sort(1 + np.floor(draw.random_sample((len(MONTHS), MONTHLY_ROWS)) * 28).astype(int), axis=1).ravel()
    sex = choose(draw, n, {"female": 0.5, "male": 0.5})
    age = choose(draw, n, {"18-29": 0.25, "30-49": 0.45, "50+": 0.30})
    region = choose(draw, n, {"north": 0.35, "centre": 0.35, "south": 0.30})
    repaid = draw.random_sample(n) < 0.7
    refused = np.where(sex == "female", np.array(WOMEN_REFUSED)[month], MEN_REFUSED)
    approved = draw.random_sample(n) < np.where(repaid, 1 - refused, MONTHLY_APPROVED)
    return pd.DataFrame(
        {
            "application": [f"M{number:04d}" for number in range(1, n + 1)],
            "decided_on": [f"{MONTHS[m]}-{d:02d}" for m, d in zip(month, day, strict=True)],
            "sex": sex,
            "age": age,
            "region": region,
            "repaid": np.where(repaid, "yes", "no"),
            "decision": np.where(approved, "approved", "refused"),
        }
    )


FILES = {
    "lending.csv": make_lending,
    "screening.csv": make_screening,
    "routing.csv": make_routing,
    "waiting.csv": make_waiting,
    "loans_by_month.csv": make_loans_by_month,
    "call_centre.csv": make_call_centre,
    "ward.csv": make_ward,
}
WORD_LISTS = {
    "call_centre_terms.txt": list_call_centre_terms,
    "ward_terms.txt": list_ward_terms,
}


def _score(
    draw: np.random.RandomState,
    positive: NDArray[np.bool_],
    missed: NDArray[np.float64],
    flagged: NDArray[np.float64],
    shift: NDArray[np.float64] | float = 0.0,
    spread: float = 0.0,
) -> NDArray[np.float64]:
    """Draw scores, rounded to thousandths, that miss and flag with the given chances at 0.5.

    `shift` is an effect shared by rows (of a hospital), drawn with standard deviation `spread`: the chances then
    hold over all hospitals, which is why the quantile is stretched. It blurs the scores of the ill only.
    """
    quantile = np.frompyfunc(NormalDist().inv_cdf, 1, 1)
    of_positives = -quantile(missed).astype(float) * np.hypot(1, spread) + shift
    of_negatives = quantile(flagged).astype(float)
    z = draw.standard_normal(len(positive)) + np.where(positive, of_positives, of_negatives)
    return np.round(1 / (1 + np.exp(-2 * z)), 3)


def main(folder: Path = HERE) -> None:
    for name, make in FILES.items():
        make().to_csv(folder / name, index=False, lineterminator="\n")
        print(f"wrote {folder / name}")
    for name, list_words in WORD_LISTS.items():
        (folder / name).write_bytes("".join(f"{word}\n" for word in list_words()).encode())
        print(f"wrote {folder / name}")
    for name, data in make_bounty().items():
        path = folder / "bounty" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    print(f"wrote {folder / 'bounty'}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
