"""``fill_in``: what a user's config says reaches every entry, and what it says besides wins."""
from pathlib import Path

import pytest
from mmengine.config import Config

from ikp_mm.engine.launch import merge_options

ROOT = Path(__file__).resolve().parents[1]
CALL = """
from ikp_mm.own_frames import fill_in

fill_in(_base_, {arguments})
"""


def read(folder, before='', after='', stands='upright', **arguments):
    """The resolved config of a file that calls ``fill_in``, with lines before and after that."""
    arguments = {'clips': 'clips', 'poses': 'poses.npz', 'skeleton': 'mouse4', **arguments}
    call = CALL.format(arguments=', '.join(f'{key}={value!r}' for key, value in arguments.items()))
    base = (ROOT / f'configs/_base_/stands/{stands}.py').as_posix()
    path = folder / 'own.py'
    path.write_text(f'_base_ = [{base!r}]\n{before}\n{call}\n{after}\n')
    return Config.fromfile(path)


def test_clips_poses_and_skeleton_reach_training_and_validation(tmp_path):
    cfg = read(tmp_path)
    prior = dict(
        type='PosePriorDataset', poses='poses.npz', skeleton='mouse4', frame='image')
    training, validation = cfg.train_dataloader.dataset, cfg.val_dataloader.dataset
    for pairs in (training, validation):
        assert (pairs.clips.type, pairs.clips.root) == ('FolderClips', 'clips')
        assert pairs.skeleton == cfg.model.head.skeleton == 'mouse4'
        assert pairs.prior == prior
    # The stand's jitter stays with the prior that trains, and with it alone.
    drawn = cfg.train_cfg.prior_dataloader.dataset.to_dict()
    assert drawn.pop('jitter')['flip'] == 0.5
    assert drawn == prior
    assert cfg.val_evaluator == cfg.test_evaluator == dict(type='LabelFreeScore', prior=prior)
    assert cfg.val_cfg == dict(type='ValLoop')
    assert cfg.test_dataloader == cfg.val_dataloader
    assert validation.for_score and validation.seed == 0 and validation.uniform == 'frames'
    assert 'augment' not in validation


def test_what_the_config_says_besides_is_merged_over(tmp_path):
    cfg = read(tmp_path, stands='face',
               before="train_dataloader = dict(dataset=dict(clips=dict(exclude=['a/*'])))",
               after="val_dataloader = dict(dataset=dict(clips=dict(include=['a/*'])))\n"
                     'model = dict(foreground_gain=3.0)')
    assert cfg.train_dataloader.dataset.clips == dict(
        type='FolderClips', non_square='pad', skip_short=True, root='clips', exclude=['a/*'])
    assert cfg.val_dataloader.dataset.clips.include == ['a/*']
    assert 'include' not in cfg.test_dataloader.dataset.clips
    assert cfg.model.foreground_gain == 3.0 and cfg.model.figures.keypoint_weight == 10.0


def test_options_of_nested_entries_are_merged_over(tmp_path):
    cfg = read(tmp_path)
    merge_options(cfg, {'train_dataloader.dataset.clips.root': 'elsewhere',
                        'model.head.base_channels': 8})
    assert cfg.train_dataloader.dataset.clips.root == 'elsewhere'
    assert cfg.val_dataloader.dataset.clips.root == 'clips'
    assert cfg.model.head.base_channels == 8


def test_the_saved_config_needs_nothing_of_ours_to_be_read(tmp_path):
    cfg = read(tmp_path, labels='labels.npz', size=96)
    cfg.dump(tmp_path / 'saved.py')
    text = (tmp_path / 'saved.py').read_text()
    assert 'fill_in' not in text and 'import ' not in text
    assert Config.fromfile(tmp_path / 'saved.py').to_dict() == cfg.to_dict()


@pytest.mark.parametrize('labels', [None, dict(type='CocoDataset', ann_file='a.json')])
def test_a_root_of_labels_without_their_path_is_refused(tmp_path, labels):
    with pytest.raises(ValueError, match="labels_root='stills'"):
        read(tmp_path, labels=labels, labels_root='stills')


def test_labels_of_an_npz_are_scored_beside_the_label_free_score(tmp_path):
    cfg = read(tmp_path, labels='labels.npz', labels_root='stills')
    for loader in (cfg.val_dataloader, cfg.test_dataloader):
        assert loader.dataset == dict(
            type='LabelledFramesDataset', data_root='stills', ann_file='labels.npz',
            skeleton='mouse4', pipeline=cfg.test_pipeline)
    assert cfg.val_evaluator.type == cfg.test_evaluator.type == 'KeypointDistanceMetric'
    assert cfg.val_cfg.type == 'LabelFreeValLoop'
    assert cfg.val_cfg.pairs_evaluator.prior == cfg.val_evaluator.prior
    assert cfg.val_cfg.pairs_dataloader.dataset.clips.root == 'clips'


def test_sources_other_than_folders_and_npz_files(tmp_path):
    """As docs/your_videos.md and docs/priors.md write them."""
    cfg = read(tmp_path, clips=dict(type='VideoClips', root='videos'),
               poses=dict(type='deeplabcut', path='project', subset=(0, 58)),
               labels=dict(type='DeepLabCutFramesDataset', ann_file='project', subset=(58, None)))
    assert cfg.train_dataloader.dataset.clips == dict(type='VideoClips', root='videos')
    assert cfg.val_cfg.pairs_dataloader.dataset.clips == dict(type='VideoClips', root='videos')
    # A source knows its own coordinates, and a stated frame would be refused.
    assert 'frame' not in cfg.train_cfg.prior_dataloader.dataset
    assert 'frame' not in cfg.val_evaluator.prior
    assert cfg.test_dataloader.dataset == dict(
        type='DeepLabCutFramesDataset', ann_file='project', subset=(58, None), skeleton='mouse4',
        pipeline=cfg.test_pipeline)


@pytest.mark.parametrize('labels', [
    dict(type='CocoDataset', ann_file='a.json', metainfo=dict(from_file='meta.py')),
    dict(type='H36MDataset', data_root='data/h36m')])
def test_a_dataset_that_knows_its_own_is_given_no_skeleton(tmp_path, labels):
    cfg = read(tmp_path, labels=labels)
    assert cfg.test_dataloader.dataset == dict(labels, pipeline=cfg.test_pipeline)


def test_a_dataset_of_a_module_that_is_still_to_be_imported_is_given_the_skeleton(tmp_path):
    cfg = read(tmp_path, labels=dict(type='MyOwnFrames', root='stills'))
    assert cfg.test_dataloader.dataset.skeleton == 'mouse4'
    assert cfg.dataset_type == 'MyOwnFrames'


def test_padding_of_labelled_boxes(tmp_path):
    cfg = read(tmp_path, labels=dict(type='H36MDataset', data_root='data/h36m'), padding=1.3)
    boxed, = (step for step in cfg.test_dataloader.dataset.pipeline
              if step.type == 'GetBBoxCenterScale')
    assert boxed.padding == 1.3


@pytest.mark.parametrize('background', [None, dict(source='mask', fill=127)])
def test_options_of_pairs_take_the_place_of_the_base_s(tmp_path, background):
    cfg = read(tmp_path, pairs=dict(gap=(2, 9), background=background))
    for pairs in (cfg.train_dataloader.dataset, cfg.val_dataloader.dataset):
        assert pairs.background == background and tuple(pairs.gap) == (2, 9)


@pytest.mark.parametrize('labels', [None, 'labels.npz'])
def test_options_of_the_prior_hold_wherever_it_is_read(tmp_path, labels):
    cfg = read(tmp_path, prior=dict(allow_missing=True), labels=labels)
    evaluators = [cfg.val_evaluator] if labels is None else [
        cfg.val_evaluator, cfg.val_cfg.pairs_evaluator]
    pairs = cfg.val_dataloader if labels is None else cfg.val_cfg.pairs_dataloader
    priors = [cfg.train_cfg.prior_dataloader.dataset, cfg.train_dataloader.dataset.prior,
              pairs.dataset.prior, *(evaluator.prior for evaluator in evaluators)]
    assert all(prior.allow_missing is True for prior in priors)
    assert 'jitter' in priors[0]


def test_an_option_that_is_training_s_alone_is_refused(tmp_path):
    with pytest.raises(ValueError, match="'jitter' is none of.*allow_missing"):
        read(tmp_path, prior=dict(jitter=dict(flip=0.5)))
