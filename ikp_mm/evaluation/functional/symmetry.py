"""Diagnosis of solutions that are right up to a symmetry; it gives no score.

A prior that looks the same after a symmetry (left/right swap; a body turned head to tail) lets
training settle on the symmetric solution *on every image*: a large error, although all images are
read alike. Here one and the same symmetry is applied to all images, and the best is named.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .keypoint_distance import score_keypoints

IDENTITY = 'identity'
# A symmetry counts as a swap of the whole solution when it takes away a quarter of the error;
# below that, a few ambiguous images can make one candidate a little better than another.
WHOLE_SWAP_RATIO = 0.75


class Symmetry(NamedTuple):
    """What is done to all predictions: joint k takes the point predicted as joint
    ``permutation[k]``; with ``half_turn`` the points are then turned by 180 degrees about the
    centre of their box."""

    permutation: tuple[int, ...]
    half_turn: bool = False


@dataclass(frozen=True)
class SymmetryDiagnosis:
    """Errors of one set of predictions under each candidate.

    Attributes:
        best: name of the candidate with the smallest error.
        errors: candidate -> macro-averaged error, in units.
        fraction_nearer: fraction of the images that the best candidate brings nearer.
    """

    best: str
    errors: dict[str, float]
    fraction_nearer: float

    @property
    def whole_swap(self) -> bool:
        return self.errors[self.best] < WHOLE_SWAP_RATIO * self.errors[IDENTITY]

    def sentence(self) -> str:
        """The finding in one line."""
        direct = self.errors[IDENTITY]
        if not self.whole_swap:
            return f'no symmetry of the whole solution explains the error ({direct:.2f})'
        return (f'THE SOLUTION IS SWAPPED AS A WHOLE by "{self.best}": applied to every image it '
                f'takes the error from {direct:.2f} to {self.errors[self.best]:.2f} and brings '
                f'{100 * self.fraction_nearer:.0f} % of the images nearer')


def symmetry_candidates(swap_indices: Sequence[int]) -> dict[str, Symmetry]:
    """The identity first, half turns, and the left/right swap of ``swap_indices`` (K,), if any."""
    identity = tuple(range(len(swap_indices)))
    swap = tuple(int(k) for k in swap_indices)
    candidates = {IDENTITY: Symmetry(identity), 'half_turn': Symmetry(identity, half_turn=True)}
    if swap != identity:
        candidates['left_right_swap'] = Symmetry(swap)
        candidates['half_turn_and_left_right_swap'] = Symmetry(swap, half_turn=True)
    return candidates


def _box_centre(keypoints: np.ndarray) -> np.ndarray:
    """(N, K, 2) -> (N, 1, 2)."""
    return (keypoints.min(axis=1, keepdims=True) + keypoints.max(axis=1, keepdims=True)) / 2


def apply_symmetry(keypoints: np.ndarray, symmetry: Symmetry) -> np.ndarray:
    """(N, K, 2) -> (N, K, 2)."""
    result = keypoints[:, list(symmetry.permutation)]
    if symmetry.half_turn:
        result = 2 * _box_centre(result) - result
    return result


def best_symmetry(predicted: np.ndarray, truth: np.ndarray, scored: np.ndarray,
                  lengths: np.ndarray, candidates: Mapping[str, Symmetry],
                  groups: Sequence[str] | None = None) -> SymmetryDiagnosis:
    """The one candidate that, applied to *all* images, brings them nearest to the truth.

    Args:
        predicted, truth, scored, lengths, groups: as for ``score_keypoints``.
        candidates: from :func:`symmetry_candidates`.

    Raises:
        ValueError: as ``score_keypoints``.
    """
    scores = {name: score_keypoints(apply_symmetry(predicted, symmetry), truth, scored, lengths,
                                    groups)
              for name, symmetry in candidates.items()}
    # The first of equals, the identity: a tie names no swap.
    best = min(scores, key=lambda name: scores[name].mean)
    known = np.isfinite(scores[best].per_image)
    nearer = scores[best].per_image[known] < scores[IDENTITY].per_image[known]
    return SymmetryDiagnosis(best, {name: score.mean for name, score in scores.items()},
                             float(nearer.mean()))


def resemblance_to_prior(predicted: np.ndarray, prior_mean: np.ndarray,
                         candidates: Mapping[str, Symmetry]) -> SymmetryDiagnosis:
    """Under which symmetry, applied to all images, do the predictions look like the prior?

    Needs no label. Where the footage is distributed roughly as the *unturned* prior (most figures
    upright, most animals one way round), a solution that is reversed as a whole looks like the
    prior once it is turned back. Where figures face every way alike, the prior's mean pose shrinks
    to a dot and nothing is found.

    Args:
        predicted: (N, K, 2) unit coordinates.
        prior_mean: (K, 2), of the prior without jitter.
        candidates: from :func:`symmetry_candidates`.

    Returns:
        SymmetryDiagnosis: ``errors`` are mean distances to the mean pose after the boxes of both
        are centred, in percent of the image side.
    """
    centred = predicted - _box_centre(predicted)
    mean = np.broadcast_to(prior_mean - _box_centre(prior_mean[None])[0], centred.shape)
    # Unit coordinates span two units a side.
    return best_symmetry(centred, mean, np.ones(centred.shape[:2], dtype=bool),
                         np.full(len(centred), 0.02), candidates)
