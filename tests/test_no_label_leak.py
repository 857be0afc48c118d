"""Training with every truth array replaced by NaN gives bit-identical weights."""
import numpy as np
import pytest
import torch
from mmengine.evaluator import BaseMetric
from mmpose.registry import DATASETS, METRICS

from ikp_mm.synthetic import SyntheticClips

from tiny_run import assert_identical, load, tiny_config, train, training_state


@METRICS.register_module()
class RecordLabels(BaseMetric):
    """What the labelled evaluation is given; it makes no metric of it."""

    seen: list[np.ndarray] = []

    def process(self, data_batch, data_samples):
        for sample in data_samples:
            visible = np.asarray(sample['gt_instances']['keypoints_visible'])
            self.results.append(visible)
            self.seen.append(visible)

    def compute_metrics(self, results):
        return {}


def config(folder, evaluators=()):
    """Validation on: its label-free score chooses the best checkpoint, and sheets are drawn."""
    cfg = tiny_config(folder, 2, 10, validate=True,
                      optim_wrapper__translator__optimizer__lr=5e-3)
    cfg.val_evaluator = [*(cfg.val_evaluator if evaluators is None else evaluators),
                         dict(type='RecordLabels')]
    return cfg


@pytest.fixture
def without_truth(monkeypatch):
    """Every truth array of the synthetic people becomes NaN (images: 255)."""
    read = []
    keypoints, background = SyntheticClips.keypoints, SyntheticClips.true_background

    def no_keypoints(self, i):
        read.append(np.full_like(keypoints(self, i), np.nan))
        return read[-1]

    monkeypatch.setattr(SyntheticClips, 'keypoints', no_keypoints)
    monkeypatch.setattr(SyntheticClips, 'true_background',
                        lambda self, i: np.full_like(background(self, i), 255))
    return read


def test_weights_do_not_depend_on_labels(tmp_path, request):
    RecordLabels.seen.clear()
    train(config(tmp_path / 'with', None))
    assert RecordLabels.seen and all(visible.all() for visible in RecordLabels.seen)

    truth_read = request.getfixturevalue('without_truth')
    RecordLabels.seen.clear()
    train(config(tmp_path / 'without'))
    # The patch bites: the evaluation read labels, and found none.
    assert truth_read and RecordLabels.seen
    assert not any(visible.any() for visible in RecordLabels.seen)

    for iteration in range(1, 11):
        labelled, unlabelled = (load(tmp_path / name / f'iter_{iteration}.pth')
                                for name in ('with', 'without'))
        assert_identical(training_state(labelled), training_state(unlabelled))
    # The same checkpoint is the best one, with the same score and the same weights.
    best = [next((tmp_path / name).glob('best_*.pth')) for name in ('with', 'without')]
    assert best[0].name == best[1].name
    first, second = (load(path) for path in best)
    assert_identical(first['state_dict'], second['state_dict'])
    scores = [saved['message_hub']['log_scalars']['val/label_free/score']['values']
              for saved in (first, second)]
    assert torch.equal(*scores)


def test_the_patch_reaches_every_reader(without_truth):
    assert np.isnan(SyntheticClips(num_clips=1).keypoints(0)).all()
    dataset = DATASETS.build(dict(type='SyntheticPeopleDataset', split='val', num_clips=1,
                                  frames_per_clip=2))
    for row in range(2):
        info = dataset.get_data_info(row)
        assert not info['keypoints_visible'].any() and not info['keypoints'].any()


def test_prior_and_training_clips_read_no_truth(without_truth):
    """Building and drawing from the training datasets never asks a clip for its joints."""
    cfg = config('unused')
    for wanted in (cfg.train_dataloader.dataset, cfg.train_cfg.prior_dataloader.dataset,
                   cfg.val_cfg.pairs_dataloader.dataset):
        dataset = DATASETS.build(wanted)
        dataset.set_seed(0)
        for draw in range(20):
            item = dataset[draw]
            assert all(torch.isfinite(value.float()).all() for value in item.values()
                       if isinstance(value, torch.Tensor))
    assert not without_truth


def test_another_subject_would_show(tmp_path, monkeypatch):
    """The comparison is sharp: one changed pixel of one frame changes the weights."""
    train(tiny_config(tmp_path / 'same', 0, 6))
    frame = SyntheticClips.frame

    def changed(self, i, t):
        image = frame(self, i, t)
        if self.split == 'train' and t == 0:
            image = image.copy()
            image[16, 16] ^= 255
        return image

    monkeypatch.setattr(SyntheticClips, 'frame', changed)
    train(tiny_config(tmp_path / 'changed', 0, 6))
    with pytest.raises(AssertionError, match='numbers differ'):
        assert_identical(*(load(tmp_path / name / 'iter_6.pth')['state_dict']
                           for name in ('same', 'changed')))
