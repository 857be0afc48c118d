"""Configurations of the detector alone."""
import pytest
from mmengine.config import Config
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from ikp_mm.deploy.stock_config import (box_padding, input_size, mmdeploy_config, pipeline_of,
                                        skeleton_spec, stock_config)
from ikp_mm.skeletons import Skeleton, get_skeleton
from tiny_export import people_config, people_detector

H36M17 = get_skeleton('h36m17')
CUSTOM = Skeleton('fly', ['head', 'wing_l', 'wing_r'], [('head', 'wing_l'), ('head', 'wing_r')],
                  swaps={'wing_l': 'wing_r'})


def without(config, key):
    return Config({name: value for name, value in config.to_dict().items() if name != key})


def test_a_keypoint_gan_becomes_mmposes_own_type():
    config = stock_config(people_config(), H36M17)
    assert config.model.type == 'TopdownPoseEstimator'
    assert config.model.data_preprocessor.type == 'PoseDataPreprocessor'
    assert set(config.model) == {'type', 'backbone', 'head', 'data_preprocessor', 'test_cfg'}
    assert config.model.test_cfg.flip_test is False
    assert config.model.head.skeleton == 'h36m17'
    assert config.test_dataloader.dataset.type == 'SyntheticPeopleDataset'
    assert 'TopdownPoseEstimator' in config.pretty_text and 'KeypointGAN' not in config.pretty_text


def test_the_codec_comes_from_the_head_where_the_top_level_has_none():
    config = without(people_config(), 'codec')
    assert stock_config(config, H36M17).codec == dict(type='RegressionLabel', input_size=(16, 16))


def test_a_skeleton_that_the_package_does_not_know_is_written_out():
    assert skeleton_spec(H36M17) == 'h36m17'
    spec = skeleton_spec(CUSTOM)
    assert spec['edges'] == [['head', 'wing_l'], ['head', 'wing_r']]
    assert spec['swaps'] == dict(head='head', wing_l='wing_r', wing_r='wing_l')
    assert get_skeleton(spec) == CUSTOM


def test_a_known_name_with_other_joints_is_written_out():
    assert skeleton_spec(Skeleton('mouse4', ['a', 'b'], [('a', 'b')]))['joints'] == ['a', 'b']


def test_refuses_models_that_mmpose_could_not_run():
    config = people_config()
    config.model.type = 'IMM'
    with pytest.raises(ValueError, match="type 'IMM'"):
        stock_config(config, H36M17)
    config = people_config()
    config.model.data_preprocessor.type = 'BatchedPreprocessor'
    with pytest.raises(ValueError, match='must be a PoseDataPreprocessor.*BatchedPreprocessor'):
        stock_config(config, H36M17)


def test_refuses_a_configuration_without_a_top_down_pipeline():
    config = without(people_config(), 'test_dataloader')
    with pytest.raises(ValueError, match='must have one TopdownAffine or AreaTopdownAffine'):
        pipeline_of(config)
    config.test_dataloader = dict(dataset=dict(pipeline=[
        dict(type='AreaTopdownAffine', input_size=(8, 8)), dict(type='PackPoseInputs')]))
    with pytest.raises(ValueError, match="lacks .'GetBBoxCenterScale'"):
        pipeline_of(config)


def test_reads_how_images_are_prepared():
    config = people_config()
    assert input_size(config) == (16, 16) and box_padding(config) == 1.0


def test_padding_that_is_not_stated_is_mmposes_default():
    assert box_padding(Config(dict(test_dataloader=dict(dataset=dict(pipeline=[
        dict(type='GetBBoxCenterScale'), dict(type='TopdownAffine', input_size=(8, 8)),
        dict(type='PackPoseInputs')]))))) == 1.25


def test_mmdeploy_finds_the_joints_in_the_dataset(tmp_path):
    config = mmdeploy_config(people_detector(tmp_path))
    dataset = config.test_dataloader.dataset
    parsed = parse_pose_metainfo(dataset.metainfo.to_dict())
    assert [parsed['keypoint_id2name'][k] for k in range(17)] == list(H36M17.joints)
    assert [step.type for step in dataset.pipeline] == [
        'LoadImage', 'GetBBoxCenterScale', 'TopdownAffine', 'PackPoseInputs']
