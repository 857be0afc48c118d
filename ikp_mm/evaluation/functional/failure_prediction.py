"""How well scores tell wrong predictions from right ones: ranks, calibration, gain by rejection.

Sources: area under the ROC curve as a rank statistic (Mann and Whitney); reliability by bins and
the expected calibration error of Guo et al., ICML 2017 (arXiv 1706.04599), section 2; risk against
coverage of Geifman and El-Yaniv, NIPS 2017 (arXiv 1705.08500), section 2.

Convention: a score is higher where a prediction is surer; M predictions, (M,) finite arrays;
``failed`` is bool.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata


class Reliability(NamedTuple):
    """Predictions sorted into B bins of equal width by score.

    Attributes:
        edges: (B + 1,) from 0 to 1; a bin holds its lower edge, the last also 1.
        counts: (B,) int.
        mean_score: (B,), NaN for an empty bin.
        right: (B,) share of predictions that did not fail, NaN for an empty bin.
    """

    edges: np.ndarray
    counts: np.ndarray
    mean_score: np.ndarray
    right: np.ndarray

    @property
    def calibration_error(self) -> float:
        """``sum_b counts_b / M |right_b - mean_score_b|``: 0 when a score is a probability."""
        filled = self.counts > 0
        gaps = np.abs(self.right[filled] - self.mean_score[filled])
        return float((gaps * self.counts[filled]).sum() / self.counts.sum())


def failure_auroc(scores: np.ndarray, failed: np.ndarray) -> float | None:
    """Chance that a failed prediction scores lower than a right one; a tie counts a half.

    1/2 is what scores reach that know nothing, 1 means that a threshold parts both wholly; None
    where nothing failed, or everything.
    """
    failures = int(failed.sum())
    rights = len(failed) - failures
    if not failures or not rights:
        return None
    pairs_won = rankdata(scores)[~failed].sum() - rights * (rights + 1) / 2
    return float(pairs_won / (failures * rights))


def reliability(scores: np.ndarray, failed: np.ndarray, num_bins: int = 10) -> Reliability:
    """Share of right predictions by score, (M,) in [0, 1], in ``num_bins`` bins."""
    edges = np.linspace(0, 1, num_bins + 1)
    bins = np.digitize(scores, edges[1:-1])
    counts = np.bincount(bins, minlength=num_bins)
    present = np.where(counts > 0, counts, np.nan)
    return Reliability(
        edges, counts,
        np.bincount(bins, weights=scores, minlength=num_bins) / present,
        np.bincount(bins, weights=~failed, minlength=num_bins) / present)


def risk_coverage(scores: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean error of the surest 1, 2 ... M predictions.

    Equal scores cannot be told apart: each of them counts with their mean error.

    Returns:
        tuple: coverage (M,), k / M; risk (M,), mean error of the k surest.
    """
    _, places, counts = np.unique(-scores, return_inverse=True, return_counts=True)
    shared = np.bincount(places, weights=errors) / counts
    number = np.arange(1, len(errors) + 1)
    return number / len(errors), np.cumsum(np.repeat(shared, counts)) / number
