"""What every public argument of a registered class changes, as tables of ``test_every_option.py``.

A table has a case for each class: arguments that build a small instance, what is looked at, and for
each argument another value. Paths are relative: the test works in a folder into which ``files`` of
the case has written. What is written below ``out/`` there is looked at too.
"""
from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import cv2
import numpy as np
import pytest
import torch
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.structures import InstanceData
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.structures import PoseDataSample
from torch import nn
from torch.utils.data import DataLoader, Dataset

from ikp_mm.clips import GlobalDrawSampler
from ikp_mm.models.image_pool import ImagePool
from ikp_mm.skeletons import Skeleton
from tiny_checkpoint import PIPELINE
from tiny_layouts_faces import numbered_video
from tiny_layouts_people import write_h36m_frame, write_penn_video
from tiny_model import TINY_GAN, batch, build, optimizers, prior, with_scenes
from tiny_packed import TinyClips, pack


class Row(NamedTuple):
    """Another value of one argument.

    Attributes:
        value: the value.
        base: arguments of the baseline that it is compared with, in place of the case's.
        raises: the message of the error that it gives; None: another observation.
    """

    value: Any
    base: Mapping = {}
    raises: str | None = None


class Case(NamedTuple):
    """A registered class.

    Attributes:
        baseline: arguments of a small instance.
        observe: what an instance does, in tensors, arrays and plain values.
        rows: argument -> another value, or a ``Row``. 'argument.option' is an option of an argument
            that is a dict, whose baseline is in ``options``.
        options: argument -> dict.
        files: writes what the paths name.
        extra: arguments that are made anew for each instance and have no row.
    """

    baseline: Mapping
    observe: Callable
    rows: Mapping
    options: Mapping = {}
    files: Callable[[], None] | None = None
    extra: Callable[[], Mapping] = dict


def arguments_of(case: Case, key: str) -> tuple[dict, dict, str | None]:
    """Of the row ``key``: arguments of the baseline, those changed, and the error expected."""
    row = case.rows[key] if isinstance(case.rows[key], Row) else Row(case.rows[key])
    argument, _, option = key.partition('.')
    base = {**case.baseline, **row.base}
    if not option:
        return base, {**base, argument: row.value}, row.raises
    whole = case.options[argument]
    return {**base, argument: whole}, {**base, argument: {**whole, option: row.value}}, row.raises


def filled(module: nn.Module) -> nn.Module:
    """Weights that follow from their names and shapes: no argument changes those of others."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
            fan_in = max(1, parameter[0].numel())
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / fan_in**0.5)
    return module


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    """The same normal numbers for the same shape."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# ---------------------------------------------------------------------------------------- networks

MOVED = dict(rotate_deg=20.0, scale=(0.9, 1.1), shift=0.1, flip=0.5)
MOVED_ROWS = dict(rotate_deg=90.0, scale=(0.5, 0.6), shift=0.3, flip=1.0)
FIGURES = dict(weight=1.0, keypoint_weight=1.0)
BACKBONE, HEAD, GENERATOR, DISCRIMINATOR = (
    TINY_GAN[part] for part in ('backbone', 'head', 'generator', 'discriminator'))
PERCEPTUAL = TINY_GAN['loss_reconstruction']
FOUR = ['snout', 'leftear', 'rightear', 'tailbase']
# The joints of mouse4, without parts and with one edge less.
RAT = dict(name='rat', joints=FOUR, edges=[
    ('snout', 'leftear'), ('snout', 'rightear'), ('leftear', 'tailbase'),
    ('rightear', 'tailbase')])
POSES = torch.tensor([[[0.0, -0.6], [-0.4, -0.2], [0.4, -0.2], [0.1, 0.7]],
                      [[0.5, -0.5], [0.0, -0.4], [0.6, 0.1], [-0.6, 0.5]]])


def steps_of(model) -> dict:
    """What a KeypointGAN logs in a step of stage one and two of stage two, and what it finds."""
    wrappers, logs = optimizers(filled(model)), []
    for iteration, stage in enumerate(('prior', 'gan', 'gan')):
        torch.manual_seed(iteration)
        data = with_scenes(batch('gan'))
        logs.append(model.train_step(dict(data, stage=stage, iteration=iteration), wrappers))
    images = model.normalise(torch.arange(2 * 3 * 16 * 16).reshape(2, 3, 16, 16) % 251)
    return dict(logs=logs, found=model.head.keypoints(model.extract_feat(images)[-1]),
                layout=images.stride())


def head_seen(head) -> dict:
    """Keypoints and predictions of fixed skeleton images, drawings and loss of fixed poses."""
    images = noise(2, 1, 8, 8)
    samples = []
    for pose in POSES:
        samples.append(PoseDataSample(gt_instance_labels=InstanceData(
            keypoint_labels=(pose[None] + 1) / 2, keypoint_weights=torch.ones(1, 4))))
    drawn = head.render(POSES)
    found = filled(head).keypoints(images)
    if drawn.shape != images.shape:  # scores compare both
        return dict(drawn=drawn, found=found)
    with torch.no_grad():
        predicted = [one.keypoints for one in head.predict((images, ), samples)]
    return dict(drawn=drawn, found=found, predicted=predicted, loss=head.loss((images, ), samples))


def painted(drawer) -> torch.Tensor:
    """Two poses painted over noise."""
    torch.manual_seed(0)
    return drawer(POSES, torch.ones(2, 4, dtype=torch.bool), noise(2, 3, 16, 16).abs() * 100,
                  noise(2, 8, 3).abs() * 100)


def gan_losses(loss) -> list:
    """Of two scales of scores."""
    scores = [noise(2, 1, 3, 3), noise(2, 1, 2, 2)]
    return [loss.generator(scores), loss.discriminator(scores, [score + 1 for score in scores])]


def perceptual_losses(loss) -> list:
    """Distances, and two calls: the second divides by a blend of means."""
    images = [noise(1, 3, 16, 16, seed=seed) * 60 + 120 for seed in range(4)]
    return [loss.distances(*images[:2]), loss(*images[:2]), loss(*images[2:])]


def prior_losses(loss) -> list:
    """Of poses found under the names of their mirror images, and in a step of stage one."""
    swap = torch.tensor([0, 2, 1, 3])
    visible = torch.ones(2, 4, dtype=torch.bool)
    model = filled(build())
    model.loss_prior = loss
    torch.manual_seed(0)
    logs = model.train_step(dict(stage='prior', iteration=5, prior=prior()), optimizers(model))
    return [loss(POSES[:, swap] + 0.01, POSES, visible, swap), logs]


def write_vgg19() -> None:
    """Two sets of weights, constant, in torchvision's keys; a number each on disk."""
    from torchvision.models import vgg19
    with torch.device('meta'):
        shapes = {f'features.{key}': value.shape
                  for key, value in vgg19(weights=None).features.state_dict().items()}
    for name, value in (('a', 0.02), ('b', 0.03)):
        torch.save({key: torch.tensor(value).expand(shape) for key, shape in shapes.items()},
                   f'vgg_{name}.pth')


WIDER = 6
MODELS = dict(
    KeypointGAN=Case(
        {key: value for key, value in TINY_GAN.items() if key != 'type'}, steps_of, dict(
            backbone=dict(BACKBONE, base_channels=WIDER), head=dict(HEAD, base_channels=WIDER),
            generator=dict(GENERATOR, base_channels=WIDER),
            discriminator=dict(DISCRIMINATOR, base_channels=WIDER),
            neck=dict(type='SkeletonNeck', in_channels=1, map_size=8, skeleton_size=8, channels=4),
            loss_gan=dict(type='GANLoss', mode='hinge'),
            loss_reconstruction=dict(PERCEPTUAL, loss_weight=1.0),
            loss_prior=dict(type='PriorCoordinateLoss', loss_weight=0.5),
            loss_rerender=dict(type='MSELoss', loss_weight=0.5),
            consistency_weight=1.0, equivariance=dict(MOVED, weight=1.0), head_augment=MOVED,
            figures=FIGURES, heading=dict(weight=1.0), foreground_gain=2.0, pool_size=2,
            channels_last=True,
            **{'equivariance.weight': 3.0, 'heading.weight': 3.0, 'figures.weight': 3.0,
               'figures.keypoint_weight': 3.0, 'figures.head_weight': 3.0,
               'figures.augment': MOVED, 'figures.skeleton': RAT},
            **{f'{term}.{key}': value for term in ('equivariance', 'head_augment')
               for key, value in MOVED_ROWS.items()}),
        options=dict(equivariance=dict(MOVED, weight=1.0), head_augment=MOVED, figures=FIGURES,
                     heading=dict(weight=1.0))),
    SkeletonHead=Case(
        {key: value for key, value in HEAD.items() if key != 'type'}, head_seen, dict(
            skeleton=RAT, skeleton_size=16, heatmap_size=2, base_channels=WIDER,
            in_channels=Row(2, raises='to have 2 channels'), norm_cfg=None,
            renderer=dict(sigma=0.5), loss=dict(type='L1Loss', use_target_weight=True),
            decoder=dict(type='RegressionLabel', input_size=(32, 32)),
            **{'renderer.sigma': 0.5, 'renderer.falloff': 'gaussian'}),
        options=dict(renderer=dict(sigma=0.2, falloff='exponential'))),
    GANLoss=Case({}, gan_losses, dict(mode='vanilla', loss_weight=1.0, discriminator_weight=1.0)),
    PerceptualLoss=Case(
        dict(features='random', channels=(4, 4)), perceptual_losses, dict(
            features='vgg19_random', channels=(4, 6), seed=1, momentum=0.5, loss_weight=1.0,
            checkpoint=Row('vgg_b.pth', dict(features='vgg19', checkpoint='vgg_a.pth'))),
        files=write_vgg19),
    PriorCoordinateLoss=Case({}, prior_losses, dict(
        loss_weight=0.5, margin=10.0, either_side_from=Row(3, dict(margin=-10.0)))),
    SkeletonUNet=Case(
        dict(image_size=16, skeleton_size=8, base_channels=4, num_levels=3),
        lambda network: filled(network)(noise(2, 3, 16, 16)), dict(
            image_size=Row(32, dict(num_levels=4), raises='was built for 32 px images'),
            skeleton_size=16, in_channels=Row(1, raises='to have 1 channels'), base_channels=WIDER,
            num_levels=4, norm_cfg=None, output_activation='linear')),
    NarrowHourglassNet=Case(
        dict(downsample_times=1, num_stacks=1, stage_channels=(4, 6, 8), stage_blocks=(1, 1, 1),
             feat_channel=4),
        lambda network: filled(network)(noise(2, 3, 16, 16)), dict(
            downsample_times=2, num_stacks=2, stage_channels=(4, 8, 8), stage_blocks=(2, 1, 1),
            feat_channel=6)),
    SkeletonNeck=Case(
        dict(in_channels=(4, 6), map_size=8, skeleton_size=16, levels=(0, 1), channels=4),
        lambda neck: filled(neck)([noise(2, 4, 8, 8), noise(2, 6, 4, 4), noise(2, 6, 2, 2)]), dict(
            in_channels=Row((4, 5), raises=r'neck.in_channels is \(4, 5\)'),
            map_size=Row(4, raises='was built for neck.map_size=4'), skeleton_size=8,
            levels=(0, 2), channels=WIDER, norm_cfg=None, output_activation='linear')),
    ConditionalImageGenerator=Case(
        dict(image_size=16, skeleton_size=8, feature_size=4, base_channels=4),
        lambda network: filled(network)(noise(2, 1, 8, 8), noise(2, 3, 16, 16)), dict(
            image_size=Row(32, raises='Sizes of tensors must match'),
            skeleton_size=Row(16, raises='Sizes of tensors must match'), feature_size=8,
            base_channels=WIDER, out_channels=Row(1, raises='to have 1 channels'),
            skeleton_channels=Row(2, raises='to have 2 channels'), norm_cfg=None,
            output_activation='tanh')),
    MultiScalePatchDiscriminator=Case(
        dict(skeleton_size=16, base_channels=4, scales=(1, 0.5), num_strided=1),
        lambda network: filled(network)(noise(2, 1, 16, 16)), dict(
            skeleton_size=32, base_channels=WIDER, scales=(1, ), num_strided=(2, 1), norm_cfg=None,
            in_channels=Row(2, raises='to have 2 channels'))),
    FigureDrawer=Case(dict(skeleton='mouse4', image_size=16), painted, dict(
        skeleton=RAT, image_size=Row(8, raises='must match the size of tensor'),
        oval_trunk=Row(True, dict(skeleton=RAT)))),
)

# ----------------------------------------------------------------------------------------- engine


class Numbers(Dataset):
    """Item n is ``start + n``, and 1000 times the seed."""

    metainfo = dict(dataset_name='numbers')

    def __init__(self, start: int, length: int = 4) -> None:
        self.start, self.length, self.seed = start, length, 0

    def set_seed(self, seed: int) -> None:
        self.seed = seed

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, draw: int) -> int:
        return self.start + draw + 1000 * self.seed


class StubModel(nn.Module):
    """Says what it is given."""

    def __init__(self, name: str = 'a') -> None:
        super().__init__()
        self.name, self.steps = name, []

    def train_step(self, data: dict, optim_wrapper) -> dict:
        self.steps.append((self.name, dict(data)))
        return dict(seen=self.name)

    def val_step(self, batch: torch.Tensor) -> list:
        return batch.tolist()


class SumMetric(BaseMetric):
    """The sum of all that is given."""

    def process(self, data_batch, data_samples) -> None:
        self.results += list(data_samples)

    def compute_metrics(self, results: list) -> dict:
        return dict(sum=sum(results))


def stub_runner() -> SimpleNamespace:
    """As much of a Runner as loops and hooks ask for; its log is ``said``."""
    said = []
    return SimpleNamespace(
        said=said, logger=SimpleNamespace(warning=said.append, info=lambda text: None), seed=0,
        iter=0, model=StubModel(), optim_wrapper=None, visualizer=SimpleNamespace(), _resume=False,
        _has_loaded=True, val_loop=None, call_hook=lambda point, **_: None,
        build_evaluator=lambda evaluator: evaluator, log_dir='out/log')


def with_runner() -> dict:
    return dict(runner=stub_runner())


def draws_from(start: int) -> DataLoader:
    numbers = Numbers(start)
    return DataLoader(numbers, batch_size=2, sampler=GlobalDrawSampler(numbers, seed=0))


def in_order(start: int) -> DataLoader:
    return DataLoader(Numbers(start), batch_size=2)


def sum_as(prefix: str) -> Evaluator:
    return Evaluator([SumMetric(prefix=prefix)])


def trained(loop) -> list:
    """What the model is given, and when the loop validates."""
    validations = []
    loop.runner.val_loop = SimpleNamespace(run=lambda: validations.append(loop.iter))
    loop.run()
    return [loop.runner.model.steps, validations]


def averages(hook) -> torch.Tensor:
    """Of a weight that is 1, then 3."""
    model = nn.ModuleDict({name: nn.Linear(1, 1) for name in ('backbone', 'head')})
    runner = SimpleNamespace(model=model, iter=0)
    hook.before_run(runner)
    for value in (1.0, 3.0):
        nn.init.constant_(model['head'].weight, value)
        hook.after_train_iter(runner, 0)
    return hook.ema_model.module['head'].weight


def leaps_and_a_nan(hook) -> list[str]:
    """What is said of a loss that leaps after twenty iterations, and of one that is NaN."""
    runner = stub_runner()
    runner.hooks, runner.work_dir, runner.model = [], 'nowhere', nn.Linear(1, 1)
    runner.train_loop = SimpleNamespace(dataloader=SimpleNamespace(dataset=None))
    runner.optim_wrapper = SimpleNamespace(state_dict=dict, load_state_dict=lambda state: None)
    for runner.iter, value in enumerate([1.0] * 20 + [30.0] * 2):
        hook.after_train_iter(runner, runner.iter, {}, dict(loss=torch.tensor(value)))
    hook.before_train_iter(runner, 22)
    try:
        hook.after_train_iter(runner, 22, {}, dict(loss=torch.tensor(torch.nan)))
    except RuntimeError as error:
        runner.said.append(f'ended: {error}')
    return runner.said


def pool_after_two_ranks(hook) -> list[float]:
    """The pool of the one rank that goes on from two."""
    runner = stub_runner()
    runner.model = nn.Linear(1, 1)
    runner.model.pool = ImagePool(4)
    runner.train_loop = SimpleNamespace(continue_draws=lambda iteration, made: None,
                                        global_batch=lambda: dict(prior=2, pairs=2))
    runner.train_dataloader = SimpleNamespace(dataset=None)
    runner._resume = True
    hook.after_load_checkpoint(runner, dict(
        image_pools=[dict(images=torch.tensor([[1.0]])), dict(images=torch.tensor([[2.0]]))],
        optimizer={}, draws=dict(consumed=dict(prior=4, pairs=4), global_batch={}),
        meta=dict(iter=2), message_hub=dict(log_scalars={}, runtime_info={}, resumed_keys={})))
    return [float(image) for image in runner.model.pool.images]


# MMEngine packs the infos of a dataset unless told not to, and collects garbage, which takes long.
PLAIN = dict(serialize_data=False)


def synthetic_pairs(seed: int) -> dict:
    return dict(type='FramePairDataset', image_size=16, seed=0, clips=dict(
        type='SyntheticClips', num_clips=2, frames_per_clip=2, seed=seed))


def sheet_written(hook) -> list[str]:
    """Draws the sheet below ``out/``."""
    runner = stub_runner()
    runner.model = filled(build(head=dict(HEAD, skeleton='h36m17')))
    Path('out/log').mkdir(parents=True)
    Path('out/sheets').mkdir()
    hook.after_val_epoch(runner)
    return runner.said


def learning_rates(constructor) -> dict:
    model = nn.ModuleDict(dict(head=nn.Linear(1, 1)))
    model.head = model['head']
    return {name: wrapper.get_lr() for name, wrapper in constructor(model).items()}


def head_entry(lr: float) -> dict:
    return dict(head=dict(modules=['head'], optimizer=dict(type='SGD', lr=lr)))


def first_draws(sampler) -> list:
    """Draws, the share of the dataset, and what the dataset makes of the seed."""
    draws = iter(sampler)
    return [len(sampler), [sampler.dataset[next(draws)] for _ in range(3)]]


ENGINE = dict(
    KeypointGANTrainLoop=Case(
        dict(dataloader=draws_from(0), prior_dataloader=draws_from(100), max_iters=6,
             pretrain_iters=2, val_interval=2),
        trained, dict(dataloader=draws_from(50), prior_dataloader=draws_from(200), max_iters=5,
                      pretrain_iters=3, val_begin=3, val_interval=3, warm_up_iters=2),
        extra=with_runner),
    LabelFreeValLoop=Case(
        dict(dataloader=in_order(0), evaluator=sum_as('a'), pairs_dataloader=in_order(10),
             pairs_evaluator=sum_as('b')),
        lambda loop: loop.run(),
        dict(dataloader=in_order(20), evaluator=sum_as('c'), pairs_dataloader=in_order(30),
             pairs_evaluator=sum_as('d')), extra=with_runner),
    FiniteTrainingHook=Case(dict(interval=2), leaps_and_a_nan, dict(interval=25, skip=1)),
    KeypointEMAHook=Case({}, averages, dict(momentum=0.5)),
    PredictionSheetHook=Case(dict(pairs=synthetic_pairs(0), num_rows=2), sheet_written, dict(
        pairs=synthetic_pairs(1), num_rows=1, out_dir='out/sheets', on_grey=True,
        frames=dict(type='SyntheticPeopleDataset', num_clips=1, frames_per_clip=2, image_size=16,
                    pipeline=PIPELINE, **PLAIN))),
    TrainingStateHook=Case(
        dict(allow_other_world_size=True), pool_after_two_ranks,
        dict(allow_other_world_size=Row(False, raises='saved by 2 ranks and this run has 1'))),
    NamedOptimWrapperConstructor=Case(
        dict(optim_wrapper_cfg=head_entry(0.1)), learning_rates,
        dict(optim_wrapper_cfg=head_entry(0.2),
             paramwise_cfg=Row({}, raises='takes no paramwise_cfg'))),
    BroadcastModelWrapper=Case(
        dict(module=StubModel('a')), lambda wrapper: wrapper.train_step({}, None),
        dict(module=StubModel('b'))),
    GlobalDrawSampler=Case(dict(dataset=Numbers(0), seed=0), first_draws,
                           dict(dataset=Numbers(50), seed=1)),
)

# ------------------------------------------------------------------------- frame pairs and priors

BACKGROUND = dict(source='clip_median')
HALF_UNREADABLE = TinyClips(unreadable={(1, t) for t in range(0, 70, 2)})
ROWS = np.random.default_rng(0).uniform(0, 1, (5, 4, 2))
OTHER_ROWS = 1 - ROWS
LACKING = ROWS.copy()
LACKING[0, 3] = np.nan


def pose_prior(poses: np.ndarray) -> dict:
    return dict(type='PosePriorDataset', poses=poses, frame='image', skeleton='mouse4')


def pairs_seen(dataset) -> list:
    return [len(dataset), getattr(dataset, 'metainfo', None), [dataset[n] for n in range(6)]]


def write_poses() -> None:
    np.savez('poses.npz', keypoints=ROWS, others=OTHER_ROWS)


PAIRS = dict(
    FramePairDataset=Case(
        dict(clips=TinyClips(), image_size=16, seed=0), pairs_seen, dict(
            clips=TinyClips((4, )),
            image_size=Row(32, dict(clips=dict(type='SyntheticClips', num_clips=2,
                                               frames_per_clip=2))),
            gap=(5, 9), background=BACKGROUND, mask=Row(['image'], dict(background=BACKGROUND)),
            augment=MOVED, appearance_warp=dict(points=3, strength=0.05),
            max_unreadable=Row(0.0, dict(clips=HALF_UNREADABLE, max_unreadable=1.0),
                               raises='frames are unreadable, more than max_unreadable=0.0'),
            skeleton='mouse4', seed=1, uniform='clips',
            # The pairs do not go through it: programs read it in the config.
            pipeline=Row([dict(type='NoSuchStep')], raises='NoSuchStep'),
            prior=Row(pose_prior(OTHER_ROWS), dict(for_score=True, prior=pose_prior(ROWS))),
            for_score=True,
            **{'background.source': 'mask', 'background.threshold': 60.0,
               'background.softness': 2.0, 'background.blur': 3.0, 'background.fill': 0,
               'appearance_warp.points': 4, 'appearance_warp.strength': 0.1},
            **{f'augment.{key}': value for key, value in MOVED_ROWS.items()}),
        options=dict(background=BACKGROUND, augment=MOVED,
                     appearance_warp=dict(points=3, strength=0.05))),
    PosePriorDataset=Case(
        dict(poses=ROWS, skeleton='mouse4', frame='image', seed=0),
        lambda dataset: [dataset.mean_pose(), pairs_seen(dataset)], dict(
            poses=OTHER_ROWS, key=Row('others', dict(poses='poses.npz')), frame='unit',
            skeleton=Row(dict(RAT, swaps={}), dict(jitter=dict(flip=1.0))),
            allow_missing=Row(False, dict(poses=LACKING, allow_missing=True),
                              raises='set allow_missing=True'),
            jitter=MOVED, max_poses=3, seed=1,
            **{f'jitter.{key}': value for key, value in MOVED_ROWS.items()}),
        options=dict(jitter=MOVED), files=write_poses),
)

# ------------------------------------------------------------------------------------ clip sources


def clips_seen(clips) -> list:
    """Names, frames and backgrounds of all clips, and whether a frame is kept in memory."""
    seen = [(clips.name(i), clips.num_frames(i), clips.frame(i, 0), clips.frame(i, 1),
             clips.background(i)) for i in range(len(clips))]
    return [seen, clips.frame(0, 0) is clips.frame(0, 0)]


def clips_and_mask_seen(clips) -> list:
    try:
        mask = clips.mask(0, 0)
    except ValueError as error:
        mask = str(error)
    return [clips_seen(clips), mask]


def picture(seed: int, height: int = 16, width: int = 16) -> np.ndarray:
    """Noise, (H, W, 3) uint8."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def save(path: str, image: np.ndarray) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(path, image)


def write_folders() -> None:
    for clip, (name, count) in enumerate((('clips/a', 3), ('clips/b', 2), ('other/c', 2))):
        for t in range(count):
            save(f'{name}/{t}.png', picture(10 * clip + t))
    for t in range(2):
        save(f'wide/d/{t}.png', picture(t, width=24))
    Path('list.txt').write_text('b\n')


def write_videos() -> None:
    pytest.importorskip('av')
    for name, count, height in (('videos/a', 3, 64), ('videos/b', 2, 64), ('movies/c', 2, 64),
                                ('wide_videos/d', 2, 32)):
        numbered_video(Path(f'{name}.mp4'), count, height)
    Path('videos.txt').write_text('b.mp4\n')


def write_voxceleb2() -> None:
    pytest.importorskip('av')
    for name, count, height in (
            ('vox/dev/mp4/id1/v/00001', 3, 64), ('vox/dev/mp4/id2/v/00001', 2, 64),
            ('vox/test/mp4/id3/v/00001', 2, 64), ('vox2/dev/mp4/id4/v/00001', 2, 64),
            ('wide_vox/dev/mp4/id5/v/00001', 2, 32)):
        numbered_video(Path(f'{name}.mp4'), count, height)
    Path('vox.txt').write_text('# VoxCeleb2 videos of dev, 2 persons\ndev/id2/v/00001\n')


def write_packed() -> None:
    pytest.importorskip('lmdb')
    pack(TinyClips((3, 2)), 'packed')
    pack(TinyClips((2, )), 'packed_other')


SYNTHETIC = dict(seed=0, num_clips=1, frames_per_clip=2, image_size=16)
SYNTHETIC_ROWS = dict(seed=1, num_clips=2, frames_per_clip=3, image_size=32,
                      azimuth_deg=(100.0, 120.0), split='val')
CLIPS = dict(
    FolderClips=Case(
        dict(root='clips', image_size=16), clips_seen, dict(
            root='other', image_size=8, include=['a'], exclude=['a'],
            min_frames=Row(3, raises='clips have fewer than 3 frames'),
            non_square=Row('pad', dict(root='wide', non_square='crop')), cache=False,
            skip_short=Row(False, dict(min_frames=3, skip_short=True),
                           raises='clips have fewer than 3 frames'),
            list_file='list.txt'), files=write_folders),
    VideoClips=Case(
        dict(root='videos', image_size=16), clips_seen, dict(
            root='movies', image_size=8, include=['a*'], exclude=['a*'],
            min_frames=Row(3, raises='videos have fewer than 3 frames'),
            non_square=Row('pad', dict(root='wide_videos', non_square='crop')), cache=False,
            list_file='videos.txt'), files=write_videos),
    VoxCeleb2Clips=Case(
        dict(root='vox', image_size=16), clips_seen, dict(
            root='vox2', image_size=8, splits=('test', ), list_file='vox.txt',
            include=['dev/id1/*'], exclude=['dev/id1/*'],
            min_frames=Row(3, raises='fewer than min_frames=3'),
            non_square=Row('pad', dict(root='wide_vox', non_square='crop'))),
        files=write_voxceleb2),
    PackedClips=Case(
        dict(path='packed', image_size=16), clips_seen, dict(
            path='packed_other', image_size=Row(32, raises='packed with image_size=16'),
            include=['actor0/*'], exclude=['actor0/*']), files=write_packed),
    SyntheticClips=Case(dict(SYNTHETIC), clips_seen, SYNTHETIC_ROWS),
)

# -------------------------------------------------------------------------------- labelled datasets


def frames_seen(dataset) -> list:
    """Images and labels of all frames; the skeleton by name."""
    keys = ('img', 'bbox', 'keypoints', 'keypoints_visible', 'group')
    items = [dataset[index] for index in range(len(dataset))]
    return [dataset.metainfo['dataset_name'], [[item[key] for key in keys] for item in items]]


def write_h36m() -> None:
    """Three sequences of four frames below ``h36m``, one below ``h36m_other``."""
    points = np.linspace(6, 18, 34).reshape(17, 2)
    for root, sequences in (
            ('h36m', ('S1_Directions_1.54138969', 'S1_Walking_1.55011271',
                      'S5_Directions_1.54138969')),
            ('h36m_other', ('S6_Posing_1.54138969', ))):
        names = [f'{sequence.split("_")[0]}/{sequence}/{sequence}_{t:06d}.jpg'
                 for sequence in sequences for t in range(1, 5)]
        for number, name in enumerate(names):
            save(f'{root}/images/{name}', picture(number, 24, 24))
            save(f'{root}/masks/{name[:-4]}.png', picture(number, 24, 24))
        moved = np.arange(len(names))[:, None, None] % 4 + points
        labels = dict(imgname=np.array(names), center=moved.mean(axis=1),
                      scale=np.full(len(names), 0.08),
                      part=np.concatenate([moved, np.ones((len(names), 17, 1))], axis=2))
        folder = Path(root, 'annotation_body3d/fps10')
        folder.mkdir(parents=True)
        np.savez(folder / 'h36m_train.npz', **labels)
        np.savez(folder / 'h36m_test.npz', **labels)
        np.savez(folder / 'short.npz', **{key: value[:4] for key, value in labels.items()})


def write_penn_action() -> None:
    """Of each action two videos for training and two for test, of four frames."""
    points = np.random.default_rng(0).integers(4, 20, (4, 13, 2))
    boxes = np.array([[4, 4, 16 + t, 20] for t in range(4)])
    for root, actions in (('penn', ('bowl', 'squat')), ('penn_other', ('golf_swing', ))):
        Path(root).mkdir()
        for number in range(4 * len(actions)):
            images = [picture(8 * number + t, 24, 24) for t in range(4)]
            write_penn_video(Path(root), f'{number + 1:04d}', images, points + number,
                             np.ones((4, 13)), boxes, 1 if number % 4 < 2 else -1,
                             actions[number // 4])


def write_simplified_h36m() -> None:
    points = np.random.default_rng(0).uniform(0.2, 0.8, (32, 2))
    for number, (root, subject) in enumerate((('simple', 'S1'), ('simple', 'S5'),
                                              ('simple_other', 'S1'))):
        for activity in ('Waiting', 'Posing'):
            for t in range(1, 5):
                image = picture(10 * number + t)
                write_h36m_frame(Path(root), subject, f'{activity} 1.54138969', t, image,
                                 image[..., 0], points)


def write_labelled() -> None:
    for root in ('labelled', 'labelled_other'):
        for t in range(2):
            save(f'{root}/{t}.png', picture(10 * t + len(root)))
        for name, count in (('labels', 2), ('short', 1)):
            np.savez(f'{root}/{name}.npz', files=np.array(['0.png', '1.png'])[:count],
                     keypoints=ROWS[:count])


def write_deeplabcut() -> None:
    """``dlc`` has two videos, ``dlc_other`` one with the labels of two people."""
    from tiny_deeplabcut import OLD, project
    for root, video in (('dlc', 'm1'), ('dlc', 'm2'), ('dlc_other', 'm1')):
        file = project(Path(root), OLD, video)
        for number, name in enumerate(('img001', 'img003', 'img010')):
            save(str(file.parent / f'{name}.png'), picture(number + len(root), 80, 100))
    file.with_name('CollectedData_Bob.csv').write_text(OLD.replace('10,20', '12,22'))


ABOUT_H36M = dict(data_root='h36m_other', ann_file='annotation_body3d/fps10/short.npz',
                  subjects=['S5'], activities=['Walking'], cameras=['55011271'])
NOSED = dict(name='nosed', joints=['nose', 'tail'], edges=[['nose', 'tail']])
FINNED = dict(name='finned', joints=['nose', 'fin', 'tail'], edges=[['nose', 'fin']])
SHORT = Row(9, raises='fewer than min_frames=9 frames')
DATASETS = dict(
    H36MClips=Case(
        dict(data_root='h36m', image_size=16), clips_and_mask_seen, dict(
            ABOUT_H36M, image_size=8, half='second', frames_per_clip=2, padding=1.5,
            mask_prefix='masks', background_frames=3, min_frames=SHORT, cache=True),
        files=write_h36m),
    H36MDataset=Case(dict(PLAIN, data_root='h36m'), frames_seen, dict(ABOUT_H36M, interval=2),
                     files=write_h36m),
    PennActionClips=Case(
        dict(root='penn', image_size=16), clips_seen, dict(
            root='penn_other', image_size=8, split='test', actions=['squat'], half='second',
            padding=1.0, crop='frame', min_frames=SHORT, cache=True), files=write_penn_action),
    PennActionDataset=Case(
        dict(PLAIN, root='penn'), frames_seen, dict(
            root='penn_other', split='train', actions=['squat'], half='first', interval=2),
        files=write_penn_action),
    SimplifiedH36MClips=Case(
        dict(root='simple', image_size=16, subjects=('S1', ), activities=('Waiting', 'Posing')),
        clips_and_mask_seen, dict(
            root='simple_other', image_size=8, subjects=('S5', ), activities=('Waiting', ),
            half='second', interval=Row(2, dict(half=None)), min_frames=SHORT, cache=True),
        files=write_simplified_h36m),
    SimplifiedH36MDataset=Case(
        dict(PLAIN, root='simple', subjects=('S1', ), activities=('Waiting', 'Posing')),
        frames_seen, dict(
            root='simple_other', subjects=('S5', ), activities=('Waiting', ), half='second',
            interval=2, background_fill=0.0), files=write_simplified_h36m),
    LabelledFramesDataset=Case(
        dict(PLAIN, ann_file='labels.npz', data_root='labelled', skeleton='mouse4'), frames_seen,
        dict(ann_file='short.npz', data_root='labelled_other', skeleton=RAT),
        files=write_labelled),
    DeepLabCutFramesDataset=Case(
        dict(PLAIN, ann_file='.', data_root='dlc', skeleton=NOSED), frames_seen, dict(
            ann_file='labeled-data/m1', skeleton=dict(NOSED, joints=['tail', 'nose']),
            data_root=Row('dlc_other', dict(ann_file='labeled-data/m1', scorer='Ann')),
            box='landmarks', padding=2.0, subset=(0, 1),
            joint_names=dict(nose='tail', tail='nose'),
            allow_missing=Row(False, dict(skeleton=FINNED, allow_missing=True),
                              raises=r"lacks the joints \['fin'\]"),
            scorer=Row('Bob', dict(data_root='dlc_other', scorer='Ann'))),
        files=write_deeplabcut),
    SyntheticPeopleDataset=Case(dict(PLAIN, **SYNTHETIC), frames_seen, SYNTHETIC_ROWS),
)

# ----------------------------------------------------------------------------------------- metrics

TORSO = Skeleton('torso3', ['root', 'left_hand', 'right_hand'],
                 [('root', 'left_hand'), ('root', 'right_hand')])
POSE = np.array([[50.0, 50.0], [30.0, 50.0], [70.0, 50.0]])
# In unit coordinates.
TORSOS = np.array([[[0.0, 0.1], [-0.4, 0.0], [0.4, 0.2]], [[0.1, 0.0], [-0.2, 0.3], [0.3, 0.0]]])


def samples() -> list[dict]:
    """Three images of two groups, with errors that grow and all that the metrics read."""
    made = []
    for number, action in enumerate(('walk', 'walk', 'sit')):
        found = POSE + np.array([[1.0, 2.0], [3.0, 4.0], [6.0, 8.0]]) * number
        made.append(dict(
            img_path=f'{number}.jpg', action=action, input_center=np.full(2, 50.0),
            input_scale=np.full(2, 80.0),
            pred_instances=dict(keypoints=found[None], keypoints_offline=found[None, [0, 2, 1]],
                                keypoint_scores=np.array([[0.9, 0.7, 0.2 * number]])),
            gt_instances=dict(keypoints=POSE[None], keypoints_visible=np.ones((1, 3))),
            label_free=dict(agreement=0.02, reconstruction=0.5, moved=0.02,
                            keypoints=TORSOS[number % 2])))
    return made


def measured(metric) -> dict:
    metric.dataset_meta = parse_pose_metainfo(TORSO.to_metainfo())
    metric.process([], samples())
    return metric.evaluate(3)


TORSO_PRIOR, OTHER_PRIOR = (dict(poses=poses, frame='unit') for poses in (TORSOS, 2 * TORSOS))
METRICS = dict(
    KeypointDistanceMetric=Case(dict(modes=('direct', )), measured, dict(
        modes=('direct', 'flip_corrected'), unit='pixels',
        norm_joints=Row(('root', 'left_hand'),
                        dict(unit='keypoint_distance', norm_joints=('left_hand', 'right_hand'))),
        group_key='action', joints=['root'], landmarks=dict(hands=['left_hand', 'right_hand']),
        prior=TORSO_PRIOR, out_file='out/distance.json')),
    FailurePredictionMetric=Case({}, measured, dict(
        threshold=10.0, out_file='out/confidence.json', picture_file='out/confidence.png')),
    LabelFreeScore=Case(dict(prior=TORSO_PRIOR), measured, dict(prior=OTHER_PRIOR)),
)

TABLE: dict[str, Case] = {**MODELS, **ENGINE, **PAIRS, **CLIPS, **DATASETS, **METRICS}
