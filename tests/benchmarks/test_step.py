from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import default_collate
from mmpose.registry import DATASETS

from benchmarks import step
from benchmarks.reference_step import ReferenceStep
from benchmarks.step import build_case, measure_step, measure_steps

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / 'configs/ikp_synthetic_without_figures.py'
# Networks and data of the config, shrunk.
SMALL = {
    'model.backbone.base_channels': 4, 'model.generator.base_channels': 4,
    'model.discriminator.base_channels': 4, 'model.head.base_channels': 4,
    'model.loss_reconstruction.channels': (4, 4),
    'train_dataloader.dataset.clips.num_clips': 8,
    'train_dataloader.dataset.clips.frames_per_clip': 6,
    'prior_dataloader.dataset.poses.num_poses': 50}


def test_a_case_is_the_config_with_its_own_data_and_without_what_the_release_lacks():
    model, _, batch = build_case(CONFIG, 3, 'cpu', SMALL)
    assert batch['stage'] == 'gan'
    assert batch['pairs']['image'].shape == (3, 3, 64, 64)
    assert batch['prior']['keypoints'].shape == (3, 17, 2)
    assert model.equivariance_weight == 0


def test_bfloat16_is_another_type_of_all_three_wrappers():
    (options, ) = step.BFLOAT16.values()
    _, wrappers, _ = build_case(CONFIG, 2, 'cpu', {**SMALL, **options})
    assert [type(wrapper).__name__ for wrapper in wrappers.values()] == [
        'AllReduceBFloat16OptimWrapper'] * 3


def test_rows_are_ratios_to_the_reference_step():
    reference, ours = measure_step(CONFIG, 2, {'ours': SMALL}, 0.0, 'cpu')
    assert (reference['step'], ours['step']) == ('reference', 'ours')
    assert reference['times as fast'] == 1.0
    assert ours['times as fast'] == reference['ms'] / ours['ms']
    assert ours['networks'] == 'ikp_synthetic_without_figures.py' and ours['batch'] == 2


def test_networks_that_are_stepped(monkeypatch):
    """Batch 4 at 128 px on a CPU, where bfloat16 is timed at the smaller size alone."""
    monkeypatch.setattr(step, 'measure_step', lambda config, batch, variants, seconds, device: [
        (config.name, batch, list(variants))])
    small, large = 'ikp_synthetic_without_figures.py', 'ikp_synthetic_128.py'
    both = ['ours', 'ours, bfloat16']
    assert measure_steps('cpu') == [(small, 16, both), (large, 4, ['ours'])]
    assert measure_steps('cuda') == [(small, 16, both), (large, 16, both)]


@pytest.mark.slow
def test_fast_and_slow_training_curves_agree_on_synthetic_people():
    """The same weights, batches and draws, 40 iterations apart in nothing but how they are taken.

    In double precision: a rounding of single precision grows to tenths of a loss in 40 iterations
    of this game, whoever makes it.
    """
    fast, optimizers, _ = build_case(CONFIG, 4, 'cpu', SMALL)
    slow, slow_optimizers, _ = build_case(CONFIG, 4, 'cpu', {**SMALL, **step.PLAIN})
    slow.load_state_dict(fast.state_dict())
    fast.double(), slow.double()
    reference = ReferenceStep(slow, slow_optimizers)
    cfg = Config.fromfile(CONFIG)
    cfg.merge_from_dict(SMALL)
    pairs = DATASETS.build(cfg.train_dataloader.dataset)
    prior = DATASETS.build(cfg.prior_dataloader.dataset)
    for dataset in (pairs, prior):
        dataset.set_seed(0)
    curves = []
    for iteration in range(40):
        draws = range(4 * iteration, 4 * iteration + 4)
        data = {name: default_collate([dataset[draw] for draw in draws])
                for name, dataset in (('pairs', pairs), ('prior', prior))}
        data['prior']['keypoints'] = data['prior']['keypoints'].double()
        torch.manual_seed(iteration)
        ours = fast.train_step(dict(data, stage='gan'), optimizers)
        torch.manual_seed(iteration)
        theirs = reference(data)
        curves.append([(float(ours[name]), float(theirs[name])) for name in theirs])
    curves = torch.tensor(curves)  # (iterations, losses, ours and theirs)
    heights = curves[..., 1].amax(dim=0)
    assert ((curves[..., 0] - curves[..., 1]).abs() <= 1e-3 * heights).all()
    # It trained, or agreeing would mean nothing: eta reads y better at the end than at first.
    rerender = list(theirs).index('loss_rerender')
    assert curves[-10:, rerender, 0].mean() < 0.8 * curves[:10, rerender, 0].mean()
