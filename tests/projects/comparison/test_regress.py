"""A linear map from a network's points to labels, fitted on n images apart from the test set."""
import argparse
import json

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS
from tiny_points import BACKBONE, HEAD

from projects.comparison.linear_map import RIDGES
from projects.comparison.regress import (labelled_choice, format_regression, labelled_counts,
                                         load_model, regress_checkpoint, ridge_choice)
from tiny_run import run_tool, tiny_config, train

COMMAND = '../projects/comparison/regress.py'  # from tools/
PREPROCESSOR = dict(type='PoseDataPreprocessor', mean=[127.5] * 3, std=[127.5] * 3)
PIPELINE = [
    dict(type='LoadImage'), dict(type='GetBBoxCenterScale', padding=1.0),
    dict(type='AreaTopdownAffine', input_size=(16, 16)),
    dict(type='PackPoseInputs', meta_keys=('img_id', 'input_size', 'input_center', 'input_scale',
                                           'flip_indices', 'group'))]


def loader(split, clips):
    return dict(batch_size=4, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
                dataset=dict(type='SyntheticPeopleDataset', split=split, num_clips=clips,
                             frames_per_clip=4, image_size=64, pipeline=PIPELINE))


def config(**options):
    """A stock estimator of two unnamed points; 12 images to fit on, 8 to test on."""
    return Config({**dict(
        default_scope='mmpose',
        model=dict(type='TopdownPoseEstimator', data_preprocessor=PREPROCESSOR,
                   backbone=BACKBONE, head=HEAD, test_cfg=dict(flip_test=False)),
        regression_dataloader=loader('train', 3), test_dataloader=loader('test', 2),
        test_evaluator=[
            dict(type='KeypointDistanceMetric', unit='pixels', modes=('direct', ),
                 out_file='not_written.json'),
            dict(type='KeypointDistanceMetric', unit='keypoint_distance',
                 norm_joints=('thorax', 'root'), prefix='torso'),
            dict(type='PCKAccuracy')]), **options})


@pytest.fixture
def checkpoint(tmp_path):
    model = MODELS.build(config().model)
    path = tmp_path / 'points.pth'
    torch.save(dict(state_dict=model.state_dict(), meta={}), path)
    return str(path)


def test_labelled_choice_by_hand():
    assert labelled_choice(10, 4).tolist() == [0, 2, 5, 7]
    assert labelled_choice(3, 3).tolist() == [0, 1, 2]
    assert labelled_choice(7, 1).tolist() == [0]
    for num in (0, 8):
        with pytest.raises(ValueError, match=f'{num} labelled images.*has 7'):
            labelled_choice(7, num)


def test_labelled_counts():
    assert labelled_counts(['50', '500', 'all']) == [50, 500, 'all']
    for bad in (['-1'], ['0'], ['half'], ['1.5']):
        with pytest.raises(ValueError, match=f"got '{bad[0]}'"):
            labelled_counts(bad)
    with pytest.raises(ValueError, match='twice'):
        labelled_counts(['5', '5'])


def test_rows_state_n_unit_and_whether_the_map_is_determined(checkpoint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = regress_checkpoint(config(), checkpoint, [2, 'all'])
    assert [row['n'] for row in result['rows']] == [2, 12]
    # Two images cannot determine 5 unknowns, twelve can.
    assert [row['determined'] for row in result['rows']] == [False, True]
    assert (result['num_points'], result['num_unknowns']) == (2, 5)
    assert (result['num_fit_images'], result['num_test_images']) == (12, 8)
    for row in result['rows']:
        assert row['unit'] == 'pixels of the original frame' and row['per_group'].keys() == {'all'}
        assert row['error'] == pytest.approx(row['per_group']['all'])
    assert result['also']['torso'][0]['unit'] == 'percent of the distance between two joints'
    assert result['norm_joints'] is None
    assert json.loads(json.dumps(result)) == result
    # The test's metric is left as it is: its file is not written.
    assert not (tmp_path / 'not_written.json').exists()
    table = format_regression(result)
    assert 'regressed on n labelled images out of 12, 8 test images; 2 points, 5 unknowns' in table
    two, everything = table.splitlines()[-2:]
    assert two.split()[:2] == ['2', f'{result["rows"][0]["error"]:.2f}']
    assert two.endswith('not determined: the map of least norm')
    assert everything.split() == ['12', f'{result["rows"][1]["error"]:.2f}',
                                  f'{result["also"]["torso"][1]["error"]:.2f}']


def true_keypoints(dataloader):
    """The labels of a data loader, (N, 17, 2)."""
    dataset = DATASETS.build(dict(dataloader['dataset'], pipeline=[]))
    return np.concatenate([dataset.get_data_info(i)['keypoints'] for i in range(len(dataset))])


class Oracle(torch.nn.Module):
    """Finds the truth, turned upside down and shrunk, as a network that reads images would."""

    def __init__(self, truth):
        super().__init__()
        self.truth = truth

    def test_step(self, data):
        for sample in data['data_samples']:
            keypoints = 0.5 * (64 - sample.gt_instances.keypoints[0]) + 5
            sample.pred_instances = sample.gt_instances.clone()
            sample.pred_instances.keypoints = keypoints[None, :self.truth]
        return data['data_samples']


@pytest.mark.parametrize('known, exact', [(17, True), (3, False)])
def test_a_linear_map_of_the_truth_is_undone(monkeypatch, known, exact):
    monkeypatch.setattr('projects.comparison.regress.load_model', lambda cfg, path: Oracle(known))
    cfg = config(regression_dataloader=loader('train', 10))
    row, = regress_checkpoint(cfg, 'oracle.pth', ['all'])['rows']
    assert (row['error'] < 1e-2) == exact


def test_ridge_shrinks_towards_the_mean_label(monkeypatch):
    monkeypatch.setattr('projects.comparison.regress.load_model', lambda cfg, path: Oracle(3))
    plain, shrunk = (regress_checkpoint(config(), 'oracle.pth', ['all'], ridge)['rows'][0]['error']
                     for ridge in (0., 1e6))
    fit, test = (true_keypoints(loader(*which)) for which in (('train', 3), ('test', 2)))
    constant = np.linalg.norm(test - fit.mean(axis=0), axis=-1).mean()
    assert shrunk == pytest.approx(constant, rel=1e-3)
    assert plain != pytest.approx(shrunk, rel=1e-2)


def test_cross_validated_ridge_corrects_named_points(monkeypatch):
    monkeypatch.setattr('projects.comparison.regress.load_model', lambda cfg, path: Oracle(17))
    cfg = config(regression_dataloader=loader('train', 10))
    plain, chosen = (regress_checkpoint(cfg, 'oracle.pth', [12, 'all'], ridge)
                     for ridge in (0., 'cv'))
    assert chosen['ridge'] == 'cv' and chosen['rows'][1]['ridge'] == RIDGES[0]
    assert all(row['determined'] for row in chosen['rows'])
    # With 12 images for 35 unknowns.
    assert not plain['rows'][0]['determined']
    assert f'ridge {chosen["rows"][0]["ridge"]:g}' in format_regression(chosen)


def test_points_of_a_metric_without_names_are_not_corrected(monkeypatch):
    monkeypatch.setattr('projects.comparison.regress.load_model', lambda cfg, path: Oracle(17))
    asked = []
    monkeypatch.setattr('projects.comparison.regress.choose_ridge',
                        lambda points, truth, visible, clips, named: asked.append(named) or 1e-3)
    cfg = config()
    regress_checkpoint(cfg, 'oracle.pth', ['all'], 'cv')
    cfg.test_evaluator[0] = dict(type='RegressedDistanceMetric', n_regress=2)
    regress_checkpoint(cfg, 'oracle.pth', ['all'], 'cv')
    assert asked == [True, False]


def test_refusals(checkpoint, tmp_path):
    with pytest.raises(ValueError, match='13 labelled images were asked for.*has 12'):
        regress_checkpoint(config(), checkpoint, [13])
    with pytest.raises(KeyError, match='no regression_dataloader.*projects/comparison/README.md'):
        regress_checkpoint(config(regression_dataloader=None), checkpoint, [5])
    with pytest.raises(ValueError, match='no KeypointDistanceMetric'):
        regress_checkpoint(config(test_evaluator=dict(type='PCKAccuracy')), checkpoint, [5])
    with pytest.raises(FileNotFoundError, match='absent.pth'):
        load_model(config(), str(tmp_path / 'absent.pth'))
    other = config()
    other.model.head.num_points = 3
    with pytest.raises(ValueError, match='points.pth .*of another shape: head.heatmaps.weight'):
        load_model(other, checkpoint)
    other = config()
    other.model.backbone.feature_size = 4
    with pytest.raises(ValueError, match='points.pth .*missing: backbone.stages.2'):
        load_model(other, checkpoint)


# ------------------------------------------------------------------ the command

@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A configuration file and a checkpoint of it; 16 labelled frames to fit on."""
    init_default_scope('mmpose')
    folder = tmp_path_factory.mktemp('regress')
    cfg = tiny_config(folder / 'work', 1, 2, validate=True)
    cfg.regression_dataloader = dict(cfg.test_dataloader, dataset=dict(
        cfg.test_dataloader.dataset, split='train', num_clips=8))
    train(cfg)
    cfg.dump(folder / 'tiny.py')
    return folder / 'tiny.py', folder / 'work/last_checkpoint'


def test_command_prints_a_table_and_writes_json(trained, tmp_path, monkeypatch, capsys):
    out = tmp_path / 'regressed.json'
    run_tool(monkeypatch, COMMAND, *trained, '--labelled', '5', 'all', '--out', out)
    result = json.loads(out.read_text())
    assert [row['n'] for row in result['rows']] == [5, 16]
    assert result['config'] == str(trained[0])
    assert result['checkpoint'].endswith('iter_2.pth')
    assert (result['num_points'], result['num_unknowns'], result['ridge']) == (17, 35, 0)
    said = capsys.readouterr().out
    assert 'percent of the image side' in said
    for row in result['rows']:
        assert f'{row["n"]:>10}{row["error"]:>9.2f}' in said


def test_ridge_and_options(trained, tmp_path, monkeypatch):
    errors = []
    for ridge in ('0', '0.1'):
        out = tmp_path / f'{ridge}.json'
        run_tool(monkeypatch, COMMAND, *trained, '--labelled', 'all', '--ridge', ridge,
                 '--out', out, options=['regression_dataloader.dataset.num_clips=3'])
        result = json.loads(out.read_text())
        assert result['num_fit_images'] == 6 and result['ridge'] == float(ridge)
        errors.append(result['rows'][0]['error'])
    assert errors[0] != errors[1]


@pytest.mark.parametrize('arguments, message', [
    (['--labelled', '17'], '17 labelled images were asked for, but regression_dataloader has 16'),
    (['--labelled', 'many'], "got 'many'"),
])
def test_command_refuses(trained, monkeypatch, arguments, message):
    with pytest.raises(SystemExit, match=message):
        run_tool(monkeypatch, COMMAND, *trained, *arguments)


def test_ridge_choice():
    assert ridge_choice('cv') == 'cv' and ridge_choice('0.1') == 0.1
    with pytest.raises(argparse.ArgumentTypeError, match="a number or cv, got 'cross'"):
        ridge_choice('cross')
