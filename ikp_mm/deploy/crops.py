"""Real inputs to compare models on: frames of the test set, or pictures."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from mmengine.dataset import Compose, pseudo_collate
from mmpose.registry import DATASETS
from torch import Tensor

from ikp_mm.clips import FramePairDataset
from ikp_mm.inference import Detector
from ikp_mm.inference.predictor import cut
from ikp_mm.io.find import frames_in
from ikp_mm.io.frame_sources import evenly_spaced
from ikp_mm.io.pictures import read_image

from .stock_config import pipeline_of


@dataclass
class Crops:
    """N inputs of a detector; ``truth`` is NaN where a joint has no label."""

    inputs: Tensor  # (N, 3, H, W) float32, normalised, as the network takes them
    truth: np.ndarray | None  # (N, K, 2) in fractions of the input frame; None: no labels
    origin: str  # where they come from, for reports

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def frame(self) -> tuple[int, int]:
        """(W, H) pixels of an input."""
        return self.inputs.shape[3], self.inputs.shape[2]

    def __getitem__(self, rows: slice) -> 'Crops':
        return Crops(self.inputs[rows], None if self.truth is None else self.truth[rows],
                     self.origin)


def test_set_crops(detector: Detector, number: int) -> Crops:
    """``number`` frames of the configuration's test set, evenly spread; all when it has fewer. Of
    frame pairs (``labels = None`` in ikp_frames.py) their frames, without truth.

    Raises:
        ValueError: the test set has no frame.
        FileNotFoundError: its data are not on this machine.
    """
    dataset = DATASETS.build(detector.config.test_dataloader.dataset)
    if not len(dataset):
        raise ValueError('the test set of the configuration is empty: give pictures (--images)')
    if isinstance(dataset, FramePairDataset):
        dataset.set_seed(0)
        images = [dataset[draw]['image'].permute(1, 2, 0).numpy() for draw in range(number)]
        return Crops(_whole(detector, images), None, f'{number} frames drawn from the clips')
    rows = evenly_spaced(len(dataset), number)
    batch = _prepare(detector, [dataset[row] for row in rows])
    truth = np.concatenate([_truth(sample) for sample in batch['data_samples']])
    return Crops(batch['inputs'], truth,
                 f'{len(rows)} of the {len(dataset)} frames of the test set')


def image_crops(detector: Detector, paths: Sequence[str | Path]) -> Crops:
    """Whole pictures, each as one box; of a folder, all pictures that lie in it.

    Raises:
        FileNotFoundError: no such file; a folder without a picture.
        UnreadableFrameError: a file that is no whole picture.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        if not path.exists():
            raise FileNotFoundError(f'picture {path} does not exist')
        inside = sorted(path / name for name in frames_in(path)) if path.is_dir() else [path]
        if not inside:
            raise FileNotFoundError(f'there is no picture in the folder {path}')
        files += inside
    return Crops(_whole(detector, [read_image(file) for file in files]), None,
                 f'{len(files)} pictures')


def _whole(detector: Detector, images: Sequence[np.ndarray]) -> Tensor:
    """(H, W, 3) uint8 BGR pictures through the test pipeline, each as one box."""
    pipeline = Compose(list(pipeline_of(detector.config)))
    samples = [cut(pipeline, image, np.array([0, 0, *image.shape[1::-1]], np.float32),
                   detector.model.dataset_meta) for image in images]
    return _prepare(detector, samples)['inputs']


@torch.no_grad()
def _prepare(detector: Detector, samples: list[dict]) -> dict:
    return detector.model.data_preprocessor(pseudo_collate(samples), False)


def _truth(sample) -> np.ndarray:
    """(1, K, 2) fractions of the input frame from pixels of the image."""
    labels, place = sample.gt_instances, sample.metainfo
    corner = place['input_center'] - 0.5 * place['input_scale']
    fractions = (labels.keypoints - corner) / place['input_scale']
    return np.where(labels.keypoints_visible[..., None] > 0, fractions, np.nan)
