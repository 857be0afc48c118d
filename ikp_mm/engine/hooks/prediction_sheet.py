"""Sheets of fixed samples, during and after training."""
from __future__ import annotations

from pathlib import Path
from typing import Optional

import cv2
import numpy as np
import torch
from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmpose.registry import DATASETS, HOOKS
from torch.utils.data import default_collate

from ...io.pictures import write_image
from ...ops import pixel_to_unit, unit_to_pixel
from ...visualization import SHEET_COLUMNS, draw_keypoints, make_sheet, skeleton_to_image
from ..wrappers import unwrapped

DRAW_SIZE = 160
GREY = 128
COLUMNS_ON_GREY = tuple(name for name in SHEET_COLUMNS if name not in ('input', 'reconstruction'))


@HOOKS.register_module()
class PredictionSheetHook(Hook):
    """Draw input | y | ŷ | reconstruction | keypoints | truth for the same samples each time.

    Rows come from frame pairs, or, when ``frames`` is given, from a labelled dataset (then x' of
    the i-th pair lends its appearance to the i-th labelled frame). The truth, and the sample's
    error left of the row, are shown where the clip source (``keypoints(clip)``) or the labelled
    dataset knows it, else a dash. No label reaches the model.

    Files: ``<out_dir>/iter_<n>.png`` at every validation, ``<out_dir>/sheet.png`` after a test;
    ``out_dir`` defaults to ``<work_dir>/<timestamp>/sheets``.

    Args:
        pairs (dict | None): config of a :class:`FramePairDataset`, without augmentation, so that
            its truth lies where the image shows it. None: the pairs that the run validates on
            (``val_cfg.pairs_dataloader``, else ``val_dataloader``), and its labelled frames, if
            ``val_dataloader`` holds any.
        frames (dict | None): config of a labelled dataset with a test pipeline.
        num_rows (int): samples shown.
        out_dir (str | None): where to write.
        on_grey (bool): nothing of the footage is shown: y, ŷ, and the keypoints on grey. For
            sheets of people who may not be shown.
    """

    # Before EMAHook puts the raw weights back after a validation.
    priority = 'HIGH'

    def __init__(self, pairs: Optional[dict] = None, frames: Optional[dict] = None,
                 num_rows: int = 8, out_dir: Optional[str] = None, on_grey: bool = False) -> None:
        self.pairs_cfg, self.frames_cfg = pairs, frames
        self.num_rows = num_rows
        self.out_dir, self.on_grey = out_dir, on_grey
        self._samples: Optional[list[dict]] = None

    def after_val_epoch(self, runner, metrics: Optional[dict] = None) -> None:
        """One sheet a validation."""
        self._write(runner, f'iter_{runner.iter:06d}.png', f'iteration {runner.iter}')

    def after_test_epoch(self, runner, metrics: Optional[dict] = None) -> None:
        """One sheet of the tested checkpoint."""
        self._write(runner, 'sheet.png', None)

    def _load(self, seed: int) -> list[dict]:
        """``image``, ``target``, ``appearance`` and ``weight`` tensors, ``truth`` unit coords."""
        pairs = DATASETS.build(self.pairs_cfg)
        pairs.set_seed(seed)
        frames = DATASETS.build(self.frames_cfg) if self.frames_cfg is not None else None
        samples = []
        for row in range(self.num_rows):
            sample = pairs[row]
            sample['truth'] = None
            if frames is not None:
                self._take_frame(sample, frames[row * len(frames) // self.num_rows])
            elif hasattr(pairs.clips, 'keypoints'):
                clip, t, _ = pairs.pair_of(row)
                sample['truth'] = pixel_to_unit(pairs.clips.keypoints(clip)[t], pairs.image_size)
            samples.append(sample)
        return samples

    @staticmethod
    def _take_frame(sample: dict, packed: dict) -> None:
        """Replace x of a pair by a labelled frame as the test pipeline made it."""
        meta = packed['data_samples'].metainfo
        corner = meta['input_center'] - 0.5 * meta['input_scale']
        instances = packed['data_samples'].gt_instances
        sample['image'] = packed['inputs']
        # Pixels of the original image to the network's input frame.
        unit = pixel_to_unit(instances.keypoints[0] - corner, meta['input_scale'])
        known = instances.keypoints_visible[0] > 0
        sample['truth'] = np.where(known[:, None], unit, np.nan)

    @master_only
    @torch.no_grad()
    def _write(self, runner, name: str, title: Optional[str]) -> None:
        model = unwrapped(runner.model)
        if not hasattr(model, 'translate'):
            raise TypeError(f'PredictionSheetHook draws a KeypointGAN, not a '
                            f'{type(model).__name__}: remove it from custom_hooks')
        if self._samples is None:
            if self.pairs_cfg is None:  # those that the run validates on
                cfg, self.pairs_cfg = runner.cfg, runner.cfg.val_dataloader.dataset
                if 'pairs_dataloader' in cfg.val_cfg:
                    self.frames_cfg = self.pairs_cfg
                    self.pairs_cfg = cfg.val_cfg.pairs_dataloader.dataset
            self._samples = self._load(runner.seed)
        columns = COLUMNS_ON_GREY if self.on_grey else SHEET_COLUMNS
        batch = default_collate([
            {key: value for key, value in sample.items() if key != 'truth'}
            for sample in self._samples])
        model.eval()
        pairs = model.prepare_pairs(batch)
        out = model.translate(pairs.images, pairs.appearances)
        reconstructions = model.to_rgb(out.reconstructions).flip(1).clamp(0, 255).byte()
        skeleton = model.head.skeleton
        rows, labels = [], []
        for index, sample in enumerate(self._samples):
            image = np.ascontiguousarray(sample['image'].permute(1, 2, 0).numpy())
            if self.on_grey:
                image = np.full_like(image, GREY)
            found, truth = out.keypoints[index].cpu().numpy(), sample['truth']
            row = {
                'input': cv2.resize(image, (DRAW_SIZE, DRAW_SIZE),
                                    interpolation=cv2.INTER_CUBIC),
                'y': skeleton_to_image(out.skeletons[index, 0].cpu().numpy()),
                'ŷ': skeleton_to_image(out.rendered[index, 0].cpu().numpy()),
                'reconstruction': reconstructions[index].permute(1, 2, 0).cpu().numpy(),
                'keypoints': self._keypoints(image, found, skeleton),
                'truth': None if truth is None else self._keypoints(image, truth, skeleton),
            }
            rows.append({name: row[name] for name in columns})
            labels.append(self._error(found, truth))
        sheet = make_sheet(rows, columns, cell=DRAW_SIZE, row_labels=labels, title=title,
                           skeleton=skeleton)
        folder = Path(self.out_dir or Path(runner.log_dir) / 'sheets')
        write_image(folder / name, sheet)
        runner.logger.info(f'sheet of {len(rows)} samples: {folder / name}')

    @staticmethod
    def _error(unit: np.ndarray, truth: Optional[np.ndarray]) -> str:
        """Mean distance in percent of the side (two units); empty where nothing is known."""
        if truth is None or not np.isfinite(truth).any():
            return ''
        return f'{50 * np.nanmean(np.linalg.norm(unit - truth, axis=-1)):.1f} %'

    @staticmethod
    def _keypoints(image: np.ndarray, unit: np.ndarray, skeleton) -> np.ndarray:
        visible = np.isfinite(unit).all(axis=-1)
        pixels = np.where(visible[:, None], unit_to_pixel(unit, image.shape[1]), 0.0)
        # The small image, which draw_keypoints enlarges: it keeps pixel centres in place.
        return draw_keypoints(image, pixels, skeleton, visible=visible, width=DRAW_SIZE)
