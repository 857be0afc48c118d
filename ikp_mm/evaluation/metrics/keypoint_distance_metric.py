"""Keypoint distance in several modes, beside the baselines that look at no image."""
from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from mmengine.evaluator import BaseMetric
from mmpose.registry import METRICS

from ..functional import (Score, best_symmetry, box_mean_pose_keypoints, derived_landmarks,
                          derived_visible, nearest_prior_keypoints, score_keypoints, swap_towards,
                          symmetry_candidates, unit_lengths, unit_to_original)
from ..functional.keypoint_distance import UNIT_NAMES, check_unit
from .distance_report import format_report, scores_to_plain
from .pose_metric import (PoseMetric, image_name, input_frame, joint_names, labels, one_pose,
                          required, save_json)
from .prior import build_prior

MODES = ('direct', 'flip_corrected', 'flip_aware')


@METRICS.register_module()
class KeypointDistanceMetric(PoseMetric):
    """Mean L2 distance of keypoints, one number a mode, averaged per group, then over groups.

    Result keys (after the prefix): the modes; with a prior ``mean_pose``, ``box_mean_pose``,
    ``nearest_prior``; ``best_symmetry``, the error under the one symmetry that fits best when
    applied to all images (a diagnosis that uses the truth; named in the log and the json).
    All rows are scored on the same images: those with a label that counts.

    Reads ``pred_instances.keypoints`` and ``gt_instances.keypoints`` (1, K, 2), pixels of the
    original frame, ``gt_instances.keypoints_visible`` (1, K), ``input_center`` and ``input_scale``
    (2,), and what the modes ask for.

    Args:
        modes: which of ``'direct'`` (no label touched), ``'flip_corrected'`` (left/right decided
            by ``pred_instances.keypoints_offline``, no label touched) and ``'flip_aware'`` (best
            left/right swap per image, uses the truth; only beside ``'direct'``).
        unit: ``'image_side'`` (percent of the side of the network's input frame),
            ``'pixels'`` (of the original frame) or ``'keypoint_distance'`` (percent).
        norm_joints: names of the two joints whose distance is the unit; goes with
            ``'keypoint_distance'`` alone.
        group_key: key of the data sample (see ``meta_keys`` of ``PackPoseInputs``) that names
            an image's group, e.g. its activity; None averages over images.
        joints: names of the scored joints; None scores all.
        landmarks: score these in place of the joints: name -> names of the joints whose mean it
            is (300-W's five points: eye centres, nose tip, mouth corners). Taken last, of
            predictions, labels and baselines alike; labelled where all its joints are. None
            scores the joints.
        prior: config of the pose prior, for the baselines (``metrics/prior.py``).
        out_file: json written after each evaluation (the latest replaces the one before).
        options: see ``mmengine.evaluator.BaseMetric``.

    Raises:
        ValueError: arguments that contradict each other or name unknown joints.
    """

    default_prefix = 'keypoint_distance'
    # False: any number of points is found, which are no joints; no symmetry is tried.
    named = True

    def __init__(self, modes: Sequence[str] = ('direct', 'flip_corrected', 'flip_aware'),
                 unit: str = 'image_side', norm_joints: Sequence[str] | None = None,
                 group_key: str | None = None, joints: Sequence[str] | None = None,
                 landmarks: Mapping[str, Sequence[str]] | None = None, prior: dict | None = None,
                 out_file: str | None = None, **options) -> None:
        super().__init__(**options)
        unknown = [mode for mode in modes if mode not in MODES]
        if unknown or not modes or len(set(modes)) != len(modes):
            raise ValueError(f'modes must be some of {MODES}, each once, got {tuple(modes)}')
        if 'flip_aware' in modes and 'direct' not in modes:
            raise ValueError("mode 'flip_aware' uses the truth and never stands alone: "
                             "add 'direct' to modes")
        check_unit(unit, norm_joints)
        if norm_joints is not None and len(set(norm_joints)) != 2:
            raise ValueError(f'norm_joints must be two different joints, got {norm_joints}')
        if joints is not None and landmarks is not None:
            raise ValueError('joints chooses what is scored and landmarks replaces it: give one')
        if landmarks is not None and (not landmarks or not all(landmarks.values())):
            raise ValueError('landmarks must name at least one landmark, each with at least one '
                             f'joint, got {dict(landmarks)}')
        # In the order of MODES, so that tables and json agree however a config lists them.
        self.modes = tuple(mode for mode in MODES if mode in modes)
        self.unit, self.norm_joints, self.group_key = unit, norm_joints, group_key
        self.joints, self.landmarks = joints, landmarks
        self.prior, self.out_file = prior, out_file
        self._baselines: tuple[bytes, dict[str, np.ndarray]] | None = None

    @BaseMetric.dataset_meta.setter
    def dataset_meta(self, dataset_meta: dict) -> None:
        # Names are resolved here, when the loop is built, so that a wrong one stops the run
        # before it has trained to its first validation.
        self._dataset_meta = dataset_meta
        self.joint_names = joint_names(dataset_meta)
        self._swap = np.asarray(dataset_meta['flip_indices'])
        self._scored_joints = np.zeros(len(self.joint_names), dtype=bool)
        self._scored_joints[[self._index(name, 'joints') for name in
                             self.joints or self.joint_names]] = True
        self._members = None if self.landmarks is None else [
            [self._index(joint, f'landmarks[{name!r}]') for joint in joints]
            for name, joints in self.landmarks.items()]
        self._scored_names = self.joint_names if self.landmarks is None else tuple(self.landmarks)
        self._norm_indices = None if self.norm_joints is None else tuple(
            self._index(name, 'norm_joints') for name in self.norm_joints)
        self._symmetries = symmetry_candidates(self._swap)
        self._prior = None if self.prior is None else build_prior(self.prior, dataset_meta)

    def _index(self, joint: str, argument: str) -> int:
        if joint not in self.joint_names:
            raise ValueError(f'{argument}: {joint!r} is no joint of '
                             f'{self._dataset_meta["dataset_name"]!r}, which has '
                             f'{", ".join(self.joint_names)}')
        return self.joint_names.index(joint)

    def _read(self, sample: dict) -> dict:
        predicted = sample['pred_instances']
        truth, visible = labels(sample, self.num_joints)
        result = dict(
            name=image_name(sample), truth=truth, visible=visible,
            predicted=one_pose(predicted['keypoints'], self.num_joints if self.named else None,
                               'predicted keypoints', sample),
            center=input_frame(sample, 'input_center'), scale=input_frame(sample, 'input_scale'))
        if self.group_key is not None:
            result['group'] = str(required(
                sample, self.group_key, sample,
                'add it to meta_keys of PackPoseInputs, or leave out group_key'))
        if 'flip_corrected' in self.modes:
            result['offline'] = one_pose(
                required(predicted, 'keypoints_offline', sample, "mode 'flip_corrected' needs the "
                         'offline regressor: evaluate a KeypointGAN whose checkpoint holds it, '
                         'or leave the mode out'),
                self.num_joints, 'offline keypoints', sample)
        return result

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """Score all images; print the tables; write ``out_file``.

        Raises:
            ValueError: no image has a label that counts; and as the functions in
                ``evaluation.functional``.
        """
        labelled = self.labelled(results)
        images = self.stacked(labelled)
        truth, visible, lengths, groups = targets = self._targets(labelled)
        scores = {name: self._score(keypoints, *targets)
                  for name, keypoints in self._keypoints(images).items()}
        num_scored = int(np.isfinite(next(iter(scores.values())).per_image).sum())
        skipped = len(results) - num_scored
        content = dict(self._description(), num_images=num_scored, num_skipped=skipped,
                       **scores_to_plain(scores, self._scored_names))
        remarks: list[str] = []
        metrics = {name: score.mean for name, score in scores.items()}
        if self.named:
            diagnosis = best_symmetry(images['predicted'], truth, visible, lengths,
                                      self._symmetries, groups)
            content['symmetry'] = dict(
                best=diagnosis.best, errors=diagnosis.errors,
                fraction_nearer=diagnosis.fraction_nearer, whole_swap=diagnosis.whole_swap,
                finding=diagnosis.sentence())
            metrics['best_symmetry'] = diagnosis.errors[diagnosis.best]
            remarks.append(diagnosis.sentence())
        if skipped:
            remarks.append(f'{skipped} images without a label that counts were left out')
        self._log(format_report(f'mean distance in {UNIT_NAMES[self.unit]}, {num_scored} images',
                                scores, self._scored_names, remarks))
        if self.out_file is not None:
            save_json(self.out_file, content)
        return metrics

    def _description(self) -> dict:
        """What the json says of how it was measured; no image is set apart to fit anything on."""
        return dict(unit=UNIT_NAMES[self.unit], n_regress=None,
                    norm_joints=None if self.norm_joints is None else list(self.norm_joints))

    def labelled(self, results: list[dict]) -> list[dict]:
        """Those of the processed images that label a joint that counts; ValueError without any."""
        kept = [result for result in results if (result['visible'] & self._scored_joints).any()]
        if not kept:
            raise ValueError(f'none of {len(results)} images has a labelled joint to score')
        return kept

    @staticmethod
    def stacked(results: list[dict]) -> dict[str, np.ndarray]:
        """Arrays over N processed images: predicted (N, M, 2) and truth (N, K, 2), pixels of the
        original frame, visible (N, K) bool, center, scale (N, 2), and offline if it was read."""
        return {key: np.stack([result[key] for result in results])
                for key in results[0] if key not in ('name', 'group')}

    def score(self, keypoints: np.ndarray, results: list[dict]) -> Score:
        """Score keypoints, (N, K, 2) pixels of the original frames, in place of the predictions of
        N processed images; ValueError as the functions in ``evaluation.functional``."""
        return self._score(keypoints, *self._targets(results))

    def _targets(self, results: list[dict]) -> tuple:
        """True joints, which of them count, lengths of the unit, groups."""
        images = self.stacked(results)
        lengths = unit_lengths(self.unit, images['scale'], images['truth'], images['visible'],
                               self._norm_indices)
        groups = None if self.group_key is None else [result['group'] for result in results]
        return images['truth'], images['visible'] & self._scored_joints, lengths, groups

    def _score(self, keypoints: np.ndarray, truth: np.ndarray, visible: np.ndarray,
               lengths: np.ndarray, groups: Sequence[str] | None) -> Score:
        if self._members is not None:
            keypoints, truth = (derived_landmarks(points, self._members)
                                for points in (keypoints, truth))
            visible = derived_visible(visible, self._members)
        return score_keypoints(keypoints, truth, visible, lengths, groups)

    def _keypoints(self, images: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Row -> keypoints to score."""
        predicted, truth, visible = (images[key] for key in ('predicted', 'truth', 'visible'))
        rows = {}
        for mode in self.modes:
            if mode == 'direct':
                rows[mode] = predicted
            elif mode == 'flip_aware':
                rows[mode] = swap_towards(predicted, truth, visible & self._scored_joints,
                                          self._swap)[0]
            else:
                rows[mode] = swap_towards(predicted, images['offline'], np.ones_like(visible),
                                          self._swap)[0]
        return {**rows, **self._baseline_keypoints(images)}

    def _baseline_keypoints(self, images: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Computed once: they depend on labels and frames, which validations share."""
        if self._prior is None:
            return {}
        truth, visible, *frame = (images[key] for key in ('truth', 'visible', 'center', 'scale'))
        digest = hashlib.sha256(b''.join(np.ascontiguousarray(array).tobytes() for array
                                         in (truth, visible, *frame))).digest()
        if self._baselines is None or self._baselines[0] != digest:
            prior = self._prior
            self._baselines = (digest, dict(
                mean_pose=unit_to_original(prior.mean[None], *frame),
                box_mean_pose=box_mean_pose_keypoints(prior.mean, truth, visible),
                nearest_prior=nearest_prior_keypoints(
                    prior.complete, truth, visible & self._scored_joints, *frame)))
        return self._baselines[1]
