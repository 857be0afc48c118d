import pytest
import torch
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from ikp_mm.inference import build_detector, read_checkpoint
from ikp_mm.inference.checkpoints import detector_config
from ikp_mm.skeletons import MOUSE4, Skeleton
from tiny_checkpoint import save_tiny, tiny_config


def test_detector_has_the_weights_and_is_a_plain_mmpose_model(tmp_path):
    path = save_tiny(tmp_path / 'full.pth')
    detector = build_detector(read_checkpoint(path))
    assert type(detector.model).__name__ == 'TopdownPoseEstimator' and not detector.model.training
    saved = torch.load(path, weights_only=True)['state_dict']
    loaded = detector.model.state_dict()
    assert set(loaded) == {key for key in saved if key.startswith(('backbone.', 'head.'))}
    assert all(torch.equal(loaded[key], saved[key]) for key in loaded)


def test_half_precision_detector_only_checkpoint(tmp_path):
    config = tiny_config(**detector_config(tiny_config()))
    for key in ('generator', 'discriminator', 'loss_reconstruction'):
        config.model.pop(key)
    path = save_tiny(tmp_path / 'slim.pth', config)
    content = torch.load(path, weights_only=True)
    content['state_dict'] = {
        key: value.half() for key, value in content['state_dict'].items()}
    torch.save(content, path)
    loaded = build_detector(read_checkpoint(path)).model.state_dict()
    for key, value in loaded.items():
        assert value.dtype in (torch.float32, torch.int64)
        assert torch.equal(value, content['state_dict'][key].to(value.dtype)), key


def test_last_checkpoint_file_names_another(tmp_path):
    path = save_tiny(tmp_path / 'iter_5.pth')
    (tmp_path / 'last_checkpoint').write_text(str(path))
    assert read_checkpoint(tmp_path / 'last_checkpoint').path == path


def test_missing_superfluous_and_misshapen_weights_are_named(tmp_path):
    path = save_tiny(tmp_path / 'full.pth')
    content = torch.load(path, weights_only=True)
    state = content['state_dict']
    first = next(key for key in state if key.startswith('backbone.'))
    state['head.other'] = state.pop(first)
    last = [key for key in state if key.startswith('head.encoder')][0]
    state[last] = state[last][:1]
    torch.save(content, path)
    with pytest.raises(ValueError, match=f'missing: {first}; superfluous: head.other; of another '
                       f'shape: {last} .*in place of'):
        build_detector(read_checkpoint(path))


def test_checkpoint_of_another_skeleton_names_both(tmp_path):
    path = save_tiny(tmp_path / 'people.pth', tiny_config(head=dict(
        tiny_config().model.head, skeleton='penn13')), skeleton='penn13')
    mouse = read_checkpoint(path, tiny_config())
    with pytest.raises(ValueError, match=r"checkpoint is of Skeleton\('penn13', 13 joints.*"
                       r"configuration of Skeleton\('mouse4', 4 joints.*another shape: head"):
        build_detector(mouse)


def test_other_joints_of_the_same_number_are_refused(tmp_path):
    legs = dict(name='legs4', joints=['a', 'b', 'c', 'd'], edges=[('a', 'b')])
    path = save_tiny(tmp_path / 'mouse.pth')
    other = tiny_config(head=dict(tiny_config().model.head, skeleton=legs))
    with pytest.raises(ValueError, match="trained for Skeleton.'mouse4'.*snout.*but the "
                       "configuration is of Skeleton.'legs4'.*'a', 'b', 'c', 'd'"):
        build_detector(read_checkpoint(path, other))


def test_no_configuration_anywhere(tmp_path):
    path = save_tiny(tmp_path / 'bare.pth', with_config=False)
    with pytest.raises(ValueError, match=r"bare.pth holds no configuration: .*--config"):
        read_checkpoint(path)
    # With one it loads.
    assert build_detector(read_checkpoint(path, tiny_config())).skeleton == MOUSE4


def test_files_that_are_no_checkpoints(tmp_path):
    with pytest.raises(FileNotFoundError, match='none.pth does not exist'):
        read_checkpoint(tmp_path / 'none.pth')
    (tmp_path / 'text.pth').write_text('not a checkpoint')
    with pytest.raises(ValueError, match='text.pth cannot be read as a checkpoint'):
        read_checkpoint(tmp_path / 'text.pth')
    torch.save(dict(weights=1), tmp_path / 'other.pth')
    with pytest.raises(ValueError, match="other.pth is no checkpoint of MMEngine"):
        read_checkpoint(tmp_path / 'other.pth')


def test_configuration_without_a_test_pipeline(tmp_path):
    config = tiny_config()
    config.pop('test_dataloader')
    with pytest.raises(ValueError, match='has no test_dataloader.dataset.pipeline'):
        build_detector(read_checkpoint(save_tiny(tmp_path / 'full.pth'), config))


def test_skeleton_comes_back_from_mmposes_meta():
    back = Skeleton.from_parsed_metainfo(parse_pose_metainfo(MOUSE4.to_metainfo()))
    assert (back.name, back.joints, back.edges, back.swap_indices) == (
        MOUSE4.name, MOUSE4.joints, MOUSE4.edges, MOUSE4.swap_indices)


def test_stock_head_without_named_joints(tmp_path):
    path = save_tiny(tmp_path / 'full.pth', skeleton=None)
    config = tiny_config(
        type='TopdownPoseEstimator',
        head=dict(type='RegressionHead', in_channels=1, num_joints=4))
    for key in ('generator', 'discriminator', 'loss_reconstruction'):
        config.model.pop(key)
    with pytest.raises(ValueError, match='does not name the joints that RegressionHead finds'):
        build_detector(read_checkpoint(path, config))
