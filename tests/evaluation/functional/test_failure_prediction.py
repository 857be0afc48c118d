"""Failure prediction: values worked out by hand, ties, refusals."""

import numpy as np
import pytest

from ikp_mm.evaluation.functional import failure_auroc, reliability, risk_coverage

NAN = float('nan')


def array(*values):
    return np.array(values)


# ------------------------------------------------------------------ AUROC

@pytest.mark.parametrize('scores, failed, expected', [
    ((0.1, 0.2, 0.8, 0.9), (1, 1, 0, 0), 1.0),
    ((0.1, 0.2, 0.8, 0.9), (0, 0, 1, 1), 0.0),
    # Pairs (failed, right): (.3, .1) lost, (.3, .8), (.3, .9) won, (.2, .1) lost, two won: 4 / 6.
    ((0.1, 0.3, 0.2, 0.8, 0.9), (0, 1, 1, 0, 0), 4 / 6),
    # All equal: every pair is a tie.
    ((0.5, 0.5, 0.5), (1, 0, 0), 0.5),
    # (.5, .5) tie, (.5, .7) won; (.2, ..) both won: 3.5 / 4.
    ((0.5, 0.5, 0.7, 0.2), (1, 0, 0, 1), 3.5 / 4),
])
def test_auroc_by_counting_pairs(scores, failed, expected):
    assert failure_auroc(array(*scores), array(*failed) > 0) == pytest.approx(expected)


def test_auroc_is_what_counting_all_pairs_gives_and_sees_ranks_alone():
    rng = np.random.default_rng(0)
    scores, failed = rng.integers(0, 20, 200) / 20, rng.random(200) < 0.3
    won = [(right > wrong) + (right == wrong) / 2
           for wrong in scores[failed] for right in scores[~failed]]
    assert failure_auroc(scores, failed) == pytest.approx(np.mean(won))
    assert failure_auroc(scores**3, failed) == pytest.approx(np.mean(won))


@pytest.mark.parametrize('failed', [(0, 0), (1, 1)])
def test_auroc_needs_failures_and_successes(failed):
    assert failure_auroc(array(0.1, 0.2), array(*failed) > 0) is None


# ------------------------------------------------------------------ calibration

def test_reliability_by_hand():
    result = reliability(array(0.0, 0.1, 0.5, 0.6, 0.7, 1.0),
                         array(1, 0, 1, 0, 0, 0) > 0, num_bins=4)
    assert result.edges.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert result.counts.tolist() == [2, 0, 3, 1]  # a bin holds its lower edge: 0.5 is in the third
    np.testing.assert_allclose(result.mean_score, [0.05, NAN, 0.6, 1])
    np.testing.assert_allclose(result.right, [0.5, NAN, 2 / 3, 1])
    # 2/6 * 0.45 + 3/6 * 0.0667 + 1/6 * 0
    assert result.calibration_error == pytest.approx(0.15 + 1 / 30)


def test_scores_that_are_probabilities_have_no_calibration_error():
    scores = np.repeat([0.25, 0.75], 4)
    assert reliability(scores, array(1, 1, 1, 0, 1, 0, 0, 0) > 0).calibration_error == 0


# ------------------------------------------------------------------ rejection

def test_risk_coverage_by_hand():
    coverage, risk = risk_coverage(array(0.2, 0.9, 0.5, 0.7), array(8., 1., 3., 2.))
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1]
    assert risk.tolist() == [1, 1.5, 2, 3.5]


def test_equal_scores_share_their_error():
    # Surest: 4. Then 1 and 7 tie, each counts 4: no order of the rows changes the curve.
    for order in ([0, 1, 2], [1, 0, 2], [2, 1, 0]):
        scores, errors = array(0.5, 0.5, 0.9)[order], array(1., 7., 4.)[order]
        assert risk_coverage(scores, errors)[1].tolist() == [4, 4, 4]
