"""Every configuration that a user can start: it parses, builds, steps in both stages, validates.

Files are made up here, in the layout that the configuration names, with as little data as it takes.
"""

import re

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpose.registry import DATASETS, MODELS

from mmpose.apis import inference_topdown, init_model

from ikp_mm.synthetic import SyntheticClips, generate_poses
from ikp_mm.deploy.export import choose_crops
from ikp_mm.inference.checkpoints import build_detector, read_checkpoint
from ikp_mm.inference.predictor import load_predictor
from ikp_mm.skeletons import get_skeleton

from tiny_layouts_faces import make_300w
from tiny_layouts_people import make_penn_action, make_simplified_h36m
from tiny_run import ROOT, load, train

CONFIGS = sorted((ROOT / 'configs').glob('ikp_*.py'))
SYNTHETIC = ('SyntheticClips', 'SyntheticPeopleDataset')
# Models of the reference's size take a minute a step on a CPU.
SLOW = {'ikp_synthetic_128', 'ikp_h36m', 'ikp_simplified_h36m', 'ikp_penn_action', 'ikp_300w'}
STEPPED = [pytest.param(path, marks=pytest.mark.slow if path.stem in SLOW else (), id=path.stem)
           for path in CONFIGS]


@pytest.fixture(params=CONFIGS, ids=lambda path: path.stem)
def config(request):
    return Config.fromfile(request.param)


def is_synthetic(cfg):
    dataset = cfg.train_dataloader.dataset
    return (dataset.get('clips') or dataset).type in SYNTHETIC


def test_all_shipped_configurations_are_here():
    assert {path.stem for path in CONFIGS} >= {'ikp_synthetic', 'ikp_synthetic_128', 'ikp_frames',
                                               'ikp_h36m'}


def test_names_that_the_host_reads(config):
    assert config.default_scope == 'mmpose'
    assert config.custom_imports == dict(imports=['ikp_mm'], allow_failed_imports=False)
    assert config.data_mode == 'topdown'
    # All sizes are the codec's.
    assert config.codec.input_size == (config.model.backbone.image_size, ) * 2
    assert config.model.head.decoder == config.codec
    assert config.train_dataloader.dataset.image_size == config.codec.input_size[0]
    assert config.train_dataloader.dataset.get('gap', (1, ))[0] > 0
    affine, = (step for step in config.test_dataloader.dataset.pipeline
               if step.type == 'AreaTopdownAffine')
    assert tuple(affine.input_size) == config.codec.input_size
    # Without labels there is no labelled set; the pairs say how an image is read.
    assert config.test_dataloader.dataset.type in (config.dataset_type, 'FramePairDataset')
    assert 'flip_test' in config.model.test_cfg


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_the_best_checkpoint_is_chosen_without_labels(path):
    config = Config.fromfile(path)
    checkpoints = config.default_hooks.checkpoint
    assert checkpoints.save_best == 'label_free/score' and checkpoints.rule == 'greater'
    assert checkpoints.backend_args == dict(backend='atomic_local')
    # The best score is not that of stage one, where without figures Phi has learnt nothing.
    learnt = config.model.get('figures') is not None
    assert config.train_cfg.val_begin > config.train_cfg.pretrain_iters - learnt


def test_schedules_state_their_end(config):
    """MMEngine's default is max_iters, which a checkpoint would then carry into a longer run."""
    found = config.get('param_scheduler') or []
    for schedulers in found.values() if isinstance(found, dict) else [found]:
        for scheduler in schedulers:
            assert 'end' in scheduler and scheduler.by_epoch is False, scheduler


def test_needs_its_files_and_says_so(config, tmp_path, monkeypatch):
    """In an empty folder: the file that is not there is named, with the page that tells more."""
    if is_synthetic(config):
        pytest.skip('needs no files')
    monkeypatch.chdir(tmp_path)
    for dataset in (config.train_dataloader.dataset, config.train_cfg.prior_dataloader.dataset,
                    config.test_dataloader.dataset):
        with pytest.raises(FileNotFoundError, match='data/') as error:
            DATASETS.build(dataset)
        page = re.search(r'docs/\w+\.md', str(error.value))
        assert page and (ROOT / page.group()).is_file(), error.value


def shrink(value):
    """Batches of 2, one batch of validation pairs, few and short clips, loaded in this process."""
    if isinstance(value, (list, tuple)):
        for item in value:
            shrink(item)
    if not isinstance(value, dict):
        return
    if value.get('type') in SYNTHETIC:
        value.update(num_clips=2, frames_per_clip=3)
    if value.get('type') == 'synthetic':
        value['num_poses'] = 40
    if value.get('type') == 'PredictionSheetHook':
        value['num_rows'] = 2
    if 'batch_size' in value:
        value.update(batch_size=2, num_workers=0, persistent_workers=False)
    if 'num_batch_per_epoch' in value:
        value['num_batch_per_epoch'] = 2
    for item in value.values():
        shrink(item)


def trained(cfg, folder, monkeypatch, **loop):
    """The checkpoint of a training in ``folder``, as small as can be, validated at its end."""
    monkeypatch.chdir(folder)
    shrink(cfg._cfg_dict)
    last = loop['max_iters']
    cfg.train_cfg.update(loop, val_begin=last, val_interval=last)
    cfg.work_dir, cfg.log_level = str(folder / 'work'), 'WARNING'
    train(cfg)
    return folder / f'work/iter_{last}.pth'


def scalars_of_three_iterations(cfg, folder, monkeypatch):
    """What is logged by a training of one iteration of stage one, of the wait and of stage two."""
    checkpoint = trained(cfg, folder, monkeypatch, pretrain_iters=1, warm_up_iters=1, max_iters=3)
    return load(checkpoint)['message_hub']['log_scalars']


def write_clips(clips, folder, stem='{:04d}.jpg'):
    """Frames of synthetic clips below ``folder``, one folder a clip, the true background beside."""
    for clip in range(len(clips)):
        (folder / f'{clip:03d}').mkdir(parents=True)
        for t in range(clips.num_frames(clip)):
            cv2.imwrite(str(folder / f'{clip:03d}' / stem.format(t)), clips.frame(clip, t))
        cv2.imwrite(str(folder / f'{clip:03d}.background.jpg'), clips.true_background(clip))


def make_frames(cfg, folder):
    """Clips, poses and labels of an ``ikp_frames.py``, of its own skeleton."""
    joints = get_skeleton(cfg.skeleton).num_joints
    labels_root, labels = cfg.labels_root or 'labelled', cfg.labels or 'labels.npz'
    clips = SyntheticClips(num_clips=2, frames_per_clip=4)
    write_clips(clips, folder / cfg.clips)
    np.savez(folder / cfg.poses, keypoints=generate_poses(0, 20)[:, :joints])
    labels_of = np.concatenate([clips.keypoints(clip) for clip in range(2)])[:, :joints]
    files = [f'{clip:03d}/{t:04d}.jpg' for clip in range(2) for t in range(4)]
    for name in files:
        (folder / labels_root / name).parent.mkdir(parents=True, exist_ok=True)
        image = cv2.imread(str(folder / cfg.clips / name))
        cv2.imwrite(str(folder / labels_root / name), image)
    np.savez(folder / labels_root / labels, files=np.array(files), keypoints=labels_of / 64)


def make_h36m(cfg, folder):
    """Human3.6M as MMPose's preprocess_h36m.py writes it: two frames a sequence."""
    images = folder / cfg.data_root / 'images'
    annotations = (folder / cfg.data_root / cfg.train_file).parent
    annotations.mkdir(parents=True)
    clips = SyntheticClips(num_clips=1, frames_per_clip=130, image_size=64)
    for split, subjects, count in (('train', [*cfg.clip_subjects, *cfg.prior_subjects], 2),
                                   ('test', cfg.test_subjects, 65)):
        names, keypoints = [], []
        for subject in subjects:
            sequence = f'{subject}_Walking_1.54138969'
            (images / subject / sequence).mkdir(parents=True)
            for t in range(count):
                names.append(f'{subject}/{sequence}/{sequence}_{5 * t + 1:06d}.jpg')
                cv2.imwrite(str(images / names[-1]), clips.frame(0, t))
                keypoints.append(clips.keypoints(0)[t])
        keypoints = np.array(keypoints)
        low, high = keypoints.min(axis=1), keypoints.max(axis=1)
        np.savez(annotations / f'h36m_{split}.npz', imgname=np.array(names),
                 center=(low + high) / 2, scale=1.2 * (high - low).max(axis=1) / 200,
                 part=np.concatenate([keypoints, np.ones((len(names), 17, 1))], axis=2),
                 S=np.zeros((len(names), 17, 4)))


MAKERS = {'ikp_frames': make_frames, 'ikp_h36m': make_h36m,
          'ikp_simplified_h36m': make_simplified_h36m, 'ikp_penn_action': make_penn_action,
          'ikp_300w': make_300w}


@pytest.mark.parametrize('path', STEPPED)
def test_steps_in_both_stages_and_validates(path, tmp_path, monkeypatch):
    formatted = Config.fromfile(path)
    cfg = Config(formatted.to_dict(), format_python_code=False)
    if not is_synthetic(cfg):
        assert path.stem in MAKERS, f'{path.name} needs files: add a function that makes them'
        MAKERS[path.stem](cfg, tmp_path)
    monkeypatch.chdir(tmp_path)
    shrink(cfg._cfg_dict)
    cfg.train_cfg.update(pretrain_iters=1, warm_up_iters=0, max_iters=2, val_begin=2,
                         val_interval=2)
    if cfg.model.loss_reconstruction.features == 'vgg19':
        # No pretrained weights on a test machine; the same network by its own name.
        cfg.model.loss_reconstruction.update(features='vgg19_random', checkpoint=None)
    cfg.work_dir, cfg.log_level = str(tmp_path / 'work'), 'WARNING'
    runner = train(cfg)
    assert runner.iter == 2
    scalars = load(tmp_path / 'work/iter_2.pth')['message_hub']['log_scalars']
    for name in ('train/loss_prior', 'train/loss_reconstruction', 'train/loss_gan', 'train/loss_d',
                 'val/label_free/score'):
        assert np.isfinite(scalars[name]['values']).all(), name
    labelled = cfg.val_dataloader.dataset.type != 'FramePairDataset'
    assert any(name.endswith('/direct') for name in scalars) == labelled
    sheet, = (tmp_path / 'work' / runner.timestamp / 'sheets').iterdir()
    assert cv2.imread(str(sheet)) is not None


@pytest.mark.parametrize('name', sorted(SLOW - {'ikp_synthetic_128'}))
def test_full_sets_with_painted_figures(name, tmp_path, monkeypatch):
    """The two lines that docs/datasets.md changes; at 64 px, for a CPU."""
    text = (ROOT / f'configs/{name}.py').read_text()
    word = 'face' if name == 'ikp_300w' else 'upright'
    for old, new in (('_base_/frames_128.py', f'{(ROOT / "configs").as_posix()}/_base_/stands/{word}.py'),
                     ('_base_, ', '_base_, size=64, ')):
        assert text.count(old) == 1
        text = text.replace(old, new)
    (tmp_path / f'{name}.py').write_text(text)
    cfg = Config(Config.fromfile(tmp_path / f'{name}.py').to_dict(), format_python_code=False)
    MAKERS[name](cfg, tmp_path)
    scalars = scalars_of_three_iterations(cfg, tmp_path, monkeypatch)
    assert len(scalars['train/loss_figures']['values']) == 3
    assert {'val/label_free/score', 'val/label_free/painted'} <= set(scalars)
    assert any(key.endswith('/direct') for key in scalars)


def test_the_studies_configurations_build():
    for path in (ROOT / 'projects').glob('*/ikp_*.py'):
        cfg = Config.fromfile(path)
        assert '_delete_' not in cfg.pretty_text, path
        MODELS.build(cfg.model)


def test_without_labels_the_detector_is_used_as_any_other(tmp_path, monkeypatch):
    """``labels = None``: prediction, MMPose's own inference and export take the checkpoint."""
    cfg = Config(Config.fromfile(ROOT / 'configs/ikp_frames.py').to_dict(),
                 format_python_code=False)
    make_frames(cfg, tmp_path)
    checkpoint = trained(cfg, tmp_path, monkeypatch, pretrain_iters=1, warm_up_iters=0, max_iters=2)
    frame = cv2.imread(str(tmp_path / cfg.clips / '000/0000.jpg'))
    ours = load_predictor(checkpoint).predict([frame], np.array([[32., 32., 64.]]))
    assert ours.keypoints.shape == (1, 4, 2)
    whole = np.array([[0, 0, 64, 64]], np.float32)
    stock, = inference_topdown(init_model(cfg, str(checkpoint), device='cpu'), frame, whole)
    np.testing.assert_allclose(stock.pred_instances.keypoints, ours.keypoints, atol=1e-3)
    detector = build_detector(read_checkpoint(checkpoint))
    crops = choose_crops(detector, number=3)
    assert crops.inputs.shape == (3, 3, 64, 64) and crops.truth is None
    assert len(choose_crops(detector, [tmp_path / cfg.clips / '000'])) == 4


STANDS = sorted(path.stem for path in (ROOT / 'configs/_base_/stands').glob('*.py'))


@pytest.mark.parametrize('stands', STANDS)
def test_frames_with_labels_and_each_word(stands, tmp_path, monkeypatch):
    """The lines of ikp_frames.py edited as a user would."""
    text = (ROOT / 'configs/ikp_frames.py').read_text()
    for old, new in (("'_base_/", f"'{(ROOT / 'configs').as_posix()}/_base_/"),
                     ('stands/from_above.py', f'stands/{stands}.py'),
                     ('labels = None', "labels = 'test_labels.npz'"),
                     ("labels_root = ''", "labels_root = 'data/mouse'")):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / 'own.py').write_text(text)
    cfg = Config(Config.fromfile(tmp_path / 'own.py').to_dict(), format_python_code=False)
    make_frames(cfg, tmp_path)
    scalars = scalars_of_three_iterations(cfg, tmp_path, monkeypatch)
    assert {'val/label_free/score', 'val/keypoint_distance/direct'} <= set(scalars)
    assert len(scalars['train/loss_figures']['values']) == 3
    assert len(scalars['train/loss_gan']['values']) == 1


def test_frames_of_another_size(tmp_path):
    text = (ROOT / 'configs/ikp_frames.py').read_text().replace(
        "'_base_/", f"'{(ROOT / 'configs').as_posix()}/_base_/")
    assert 'size = 64' in text
    (tmp_path / 'own.py').write_text(text.replace('size = 64', 'size = 96'))
    cfg = Config.fromfile(tmp_path / 'own.py')
    model = MODELS.build(cfg.model)
    skeletons, = model.extract_feat(torch.zeros(1, 3, 96, 96))
    assert skeletons.shape == (1, 1, 48, 48)
    assert model.generator(skeletons, torch.zeros(1, 3, 96, 96)).shape == (1, 3, 96, 96)
    assert model.drawer.image_size == cfg.train_dataloader.dataset.image_size == 96
    affine, = (step for step in cfg.test_dataloader.dataset.pipeline
               if step.type == 'AreaTopdownAffine')
    assert affine.input_size == cfg.codec.input_size == (96, 96)


def test_words_of_how_figures_stand():
    assert STANDS == ['face', 'from_above', 'upright']


@pytest.mark.parametrize('name, framing', [('ikp_h36m', 'frames_per_clip'),
                                           ('ikp_penn_action', 'crop')])
def test_the_prior_is_framed_as_the_clips_are(name, framing):
    cfg = Config.fromfile(ROOT / f'configs/{name}.py')
    clips = cfg.train_dataloader.dataset.clips
    poses = cfg.train_cfg.prior_dataloader.dataset.poses
    assert poses[framing] == clips[framing] and poses.get('padding') == clips.get('padding')
    # Baselines stand beside the test frames, which are cut out by their own boxes.
    assert cfg.test_evaluator[0].prior.poses[framing] == dict(frames_per_clip=1, crop='frame')[
        framing]
