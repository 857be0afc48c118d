from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from mmpose.registry import DATASETS, HOOKS

from ikp_mm.engine.hooks import prediction_sheet
from ikp_mm.engine.hooks.prediction_sheet import DRAW_SIZE, PredictionSheetHook
from ikp_mm.skeletons import H36M17
from ikp_mm.visualization import SHEET_COLUMNS

from tiny_run import IMAGE, build_runner, tiny_config, train


@pytest.fixture
def sheets(monkeypatch):
    """Rows and title of each sheet that is made."""
    made = []
    original = prediction_sheet.make_sheet

    def recording(rows, columns, **options):
        made.append((rows, columns, options))
        return original(rows, columns, **options)

    monkeypatch.setattr(prediction_sheet, 'make_sheet', recording)
    return made


def hook_config(cfg):
    return next(hook for hook in cfg.custom_hooks if hook.type == 'PredictionSheetHook')


def test_a_sheet_at_each_validation_of_the_same_samples(tmp_path, sheets):
    cfg = tiny_config(tmp_path, 1, 4, validate=True,
                      optim_wrapper__translator__optimizer__lr=0.1)
    runner = train(cfg)
    files = sorted((tmp_path / runner.timestamp / 'sheets').iterdir())
    assert [file.name for file in files] == ['iter_000002.png', 'iter_000004.png']
    for file in files:
        picture = cv2.imread(str(file))
        assert picture.shape[1] > len(SHEET_COLUMNS) * DRAW_SIZE and picture.shape[0] > 2 * DRAW_SIZE
    first, second = sheets
    assert [options['title'] for _, _, options in sheets] == ['iteration 2', 'iteration 4']
    assert len(first[0]) == 2
    for before, after in zip(first[0], second[0], strict=True):
        assert list(before) == list(SHEET_COLUMNS)
        for column in ('input', 'truth'):
            assert np.array_equal(before[column], after[column])
        assert not np.array_equal(before['reconstruction'], after['reconstruction'])


def test_on_grey_nothing_of_the_footage_is_shown(tmp_path, sheets):
    cfg = tiny_config(tmp_path, 1, 2, validate=True)
    hook_config(cfg).on_grey = True
    train(cfg)
    rows, columns, _ = sheets[0]
    assert columns == ('y', 'ŷ', 'keypoints', 'truth')
    for row in rows:
        assert set(row) == set(columns)
        # Grey, and the colours of joints and lines.
        corner = row['keypoints'][:2, :2]
        assert (corner == 128).all() and (row['truth'] == 128).mean() > 0.3


def test_without_pairs_it_takes_those_of_the_validation(tmp_path, sheets):
    cfg = tiny_config(tmp_path, 1, 2, validate=True)
    stated = train(cfg)
    hook_config(cfg).pop('pairs')
    cfg.work_dir = str(tmp_path / 'again')
    cfg.val_dataloader.dataset.num_clips = 2
    train(cfg)
    first, second = (rows for rows, _, _ in sheets)
    # Pairs and labelled frames of the validation: the appearance, which y explains, stays.
    assert stated.iter == 2 and len(first) == len(second) == 2
    assert all(set(row) == set(SHEET_COLUMNS) for row in second)


def test_draws_the_averaged_weights_that_a_test_draws(tmp_path, sheets):
    cfg = tiny_config(tmp_path, 1, 2, validate=True)
    train(cfg)
    cfg.load_from = str(tmp_path / 'iter_2.pth')
    hook_config(cfg).out_dir = str(tmp_path / 'shown')
    build_runner(cfg).test()
    during, after = (rows for rows, _, _ in sheets)
    for seen, tested in zip(during, after, strict=True):
        assert all(np.array_equal(seen[column], tested[column]) for column in SHEET_COLUMNS)
    assert sheets[1][2]['title'] is None
    assert cv2.imread(str(tmp_path / 'shown/sheet.png')) is not None


def joint_colour(picture, x, y, scale):
    """Colour at pixel (x, y) of the small image, in one enlarged ``scale`` times."""
    place = [round((c + 0.5) * scale - 0.5) for c in (x, y)]
    return picture[place[1], place[0]].tolist()


def test_keypoints_are_drawn_where_the_enlarged_image_shows_them():
    image = np.zeros((IMAGE, IMAGE, 3), np.uint8)
    unit = np.full((17, 2), np.nan)
    head, foot = H36M17.joints.index('head'), H36M17.joints.index('left_foot')
    unit[head], unit[foot] = (2 * 20 / IMAGE - 1, 2 * 4 / IMAGE - 1), (0.0, 0.5)
    picture = PredictionSheetHook._keypoints(image, unit, H36M17)
    assert picture.shape == (DRAW_SIZE, DRAW_SIZE, 3)
    scale = DRAW_SIZE / IMAGE
    assert joint_colour(picture, 20, 4, scale) == H36M17.colors[head][::-1].tolist()
    assert joint_colour(picture, 16, 24, scale) == H36M17.colors[foot][::-1].tolist()
    # Nothing else is drawn: one disc around each, centred.
    drawn = np.argwhere(picture.any(axis=2)[:80])[:, ::-1]
    assert np.allclose(drawn.mean(axis=0), [(c + 0.5) * scale - 0.5 for c in (20, 4)], atol=0.3)


def labelled_frames(folder, size=64):
    """Two frames of ``size`` pixels; the head and, in the first alone, the root are labelled."""
    keypoints = np.full((2, 17, 2), np.nan)
    keypoints[:, H36M17.joints.index('head')] = (0.25, 0.5)
    keypoints[0, 0] = (0.75, 0.125)
    names = []
    for row in range(2):
        names.append(f'{row}.png')
        cv2.imwrite(str(folder / names[-1]), np.full((size, size, 3), 50 + 100 * row, np.uint8))
    np.savez(folder / 'labels.npz', files=np.array(names), keypoints=keypoints)
    cfg = tiny_config(folder, validate=True)
    return dict(type='LabelledFramesDataset', data_root=str(folder), ann_file='labels.npz',
                skeleton='h36m17', pipeline=cfg.test_dataloader.dataset.pipeline)


def test_labelled_frames_take_the_place_of_the_pairs(tmp_path):
    """64 px frames, shown at 32 px: truths are where the network's input shows them."""
    pairs = hook_config(tiny_config(tmp_path, validate=True)).pairs
    hook = HOOKS.build(dict(type='PredictionSheetHook', pairs=pairs, num_rows=2,
                            frames=labelled_frames(tmp_path)))
    samples = hook._load(seed=0)
    dataset = DATASETS.build(pairs)
    for row, sample in enumerate(samples):
        assert sample['image'].shape == (3, IMAGE, IMAGE)
        assert sample['image'].float().mean() == 50 + 100 * row
        # x' is the pair's own.
        assert torch.equal(sample['appearance'], dataset[row]['appearance'])
        # (0.25, 0.5) of the frame is (2 * 0.25 - 1, 2 * 0.5 - 1).
        assert np.allclose(sample['truth'][H36M17.joints.index('head')], (-0.5, 0.0), atol=1e-6)
        assert np.isnan(sample['truth']).all(axis=1).sum() == (15 if row == 0 else 16)
    assert np.allclose(samples[0]['truth'][0], (0.5, -0.75), atol=1e-6)


def test_the_truth_of_clips_that_know_it(tmp_path):
    pairs = hook_config(tiny_config(tmp_path, validate=True)).pairs
    sample = HOOKS.build(dict(type='PredictionSheetHook', pairs=pairs, num_rows=1))._load(0)[0]
    dataset = DATASETS.build(pairs)
    clip, t, _ = dataset.pair_of(0)
    assert np.allclose(sample['truth'], 2 * dataset.clips.keypoints(clip)[t] / IMAGE - 1)
    assert torch.equal(sample['image'], torch.from_numpy(
        dataset.clips.frame(clip, t).transpose(2, 0, 1).copy()))


class Unlabelled:
    """A clip source without truth."""

    def __init__(self, clips):
        self._clips = clips
        for name in ('name', 'num_frames', 'frame', 'background'):
            setattr(self, name, getattr(clips, name))

    def __len__(self):
        return len(self._clips)


def test_a_dash_where_nobody_knows_the_truth(tmp_path, sheets):
    cfg = tiny_config(tmp_path, validate=True)
    pairs = hook_config(cfg).pairs
    clips = Unlabelled(DATASETS.build(pairs.clips))
    hook = PredictionSheetHook(dict(pairs, clips=clips), num_rows=1, out_dir=str(tmp_path))
    hook.after_test_epoch(build_runner(cfg))
    (row, ), columns, _ = sheets[0]
    assert [name for name in columns if row[name] is None] == ['truth']
    assert cv2.imread(str(tmp_path / 'sheet.png')) is not None


def test_other_models_are_refused():
    hook = PredictionSheetHook(pairs=dict(type='FramePairDataset'))
    with pytest.raises(TypeError, match='draws a KeypointGAN, not a Linear'):
        hook.after_test_epoch(SimpleNamespace(model=torch.nn.Linear(1, 1)))
