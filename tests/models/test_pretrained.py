import pytest
import torch
from mmengine.model import BaseModule
from torch import nn

from ikp_mm.models.pretrained import check_pretrained
from tiny_model import TINY_GAN, build

RESNET = dict(type='ResNet', depth=18, stem_channels=4, base_channels=4, out_indices=(0, 1))
NECK = dict(type='SkeletonNeck', in_channels=(4, 8), map_size=4, skeleton_size=8, channels=4)


def with_file(path, **options):
    return build(neck=NECK, backbone=dict(
        RESNET, init_cfg=dict(type='Pretrained', checkpoint=str(path), **options)))


@pytest.fixture
def weights():
    """A state dict of the backbone in which nothing is at its default."""
    state = build(neck=NECK, backbone=RESNET).backbone.state_dict()
    return {key: torch.rand_like(value) if value.is_floating_point() else value + 7
            for key, value in state.items()}


def assert_loaded(model, weights):
    state = model.backbone.state_dict()
    assert state.keys() == weights.keys()
    for key, value in weights.items():
        assert torch.equal(state[key], value), key


@pytest.mark.parametrize(('prefix', 'written', 'wrapped'), [
    ('backbone.', 'backbone.', True), ('backbone', 'backbone.', False), (None, '', True),
    (None, '', False), (None, 'module.', True)])
def test_the_weights_are_those_of_the_file(tmp_path, weights, prefix, written, wrapped):
    state = {written + key: value for key, value in weights.items()}
    state['fc.weight'] = torch.zeros(2, 2)  # a classifier's, not ours: let be
    torch.save(dict(state_dict=state, meta={}) if wrapped else state, tmp_path / 'file.pth')
    options = {} if prefix is None else dict(prefix=prefix)
    model = with_file(tmp_path / 'file.pth', **options)
    model.init_weights()
    assert_loaded(model, weights)
    # The neck has no file: N(0, 0.02).
    assert 0 < model.neck.output.weight.std() < 0.03


def test_without_num_batches_tracked_as_in_old_files(tmp_path, weights):
    old = {key: value for key, value in weights.items() if 'num_batches' not in key}
    torch.save(old, tmp_path / 'file.pth')
    model = with_file(tmp_path / 'file.pth')
    model.init_weights()
    assert torch.equal(model.backbone.conv1.weight, weights['conv1.weight'])


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'model.backbone.init_cfg: there is no file .*no'):
        with_file(tmp_path / 'no.pth').init_weights()


def test_a_file_of_which_nothing_fits(tmp_path, weights):
    torch.save({f'backbone.{key}': value for key, value in weights.items()},
               tmp_path / 'whole.pth')
    own = sum('num_batches' not in key for key in weights)
    with pytest.raises(ValueError, match=f'model.backbone.init_cfg: .*whole.pth lacks {own} of the '
                       f'{own} weights of the ResNet: conv1.weight.*right prefix'):
        with_file(tmp_path / 'whole.pth').init_weights()
    with pytest.raises(ValueError, match="whole.pth under prefix 'teacher.' lacks"):
        with_file(tmp_path / 'whole.pth', prefix='teacher.').init_weights()


def test_what_is_missing_is_named(tmp_path, weights):
    del weights['layer1.0.conv2.weight'], weights['bn1.running_var']
    torch.save(weights, tmp_path / 'part.pth')
    with pytest.raises(ValueError, match='lacks 2 of the .*: bn1.running_var, '
                       'layer1.0.conv2.weight$'):
        with_file(tmp_path / 'part.pth').init_weights()


def test_another_width(tmp_path, weights):
    weights['conv1.weight'] = torch.zeros(8, 3, 7, 7)
    torch.save(weights, tmp_path / 'wide.pth')
    with pytest.raises(ValueError, match='wide.pth does not fit the ResNet(.|\n)*conv1.weight'):
        with_file(tmp_path / 'wide.pth').init_weights()


def test_not_a_checkpoint(tmp_path):
    torch.save([1, 2], tmp_path / 'list.pth')
    with pytest.raises(ValueError, match='list.pth holds a list'):
        with_file(tmp_path / 'list.pth').init_weights()


def test_heads_and_whole_models_are_checked_too(tmp_path):
    whole = build()
    torch.save(whole.state_dict(), tmp_path / 'whole.pth')
    again = build(init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'whole.pth')))
    again.init_weights()
    assert torch.equal(again.generator.output.weight, whole.generator.output.weight)
    entry = dict(type='Pretrained', checkpoint=str(tmp_path / 'whole.pth'), prefix='neck.')
    with pytest.raises(ValueError, match="model.head.init_cfg: .* under prefix 'neck.' lacks"):
        build(head=dict(TINY_GAN['head'], init_cfg=entry)).init_weights()


class Resized(BaseModule):
    """Fits a longer vector of a file to its own length, as vision transformers do."""

    def __init__(self, path):
        super().__init__(dict(type='Pretrained', checkpoint=str(path)))
        self.positions = nn.Parameter(torch.zeros(2))
        self._register_load_state_dict_pre_hook(self.fit)

    def fit(self, state, prefix, *args):
        state[f'{prefix}positions'] = state[f'{prefix}positions'][:len(self.positions)]


def test_load_hooks_have_their_say_and_the_module_is_not_touched(tmp_path):
    torch.save({'positions': torch.ones(5)}, tmp_path / 'long.pth')
    module = Resized(tmp_path / 'long.pth')
    generator = torch.get_rng_state()
    check_pretrained(module)
    assert module.positions.tolist() == [0, 0]
    assert torch.equal(generator, torch.get_rng_state())
    module.init_weights()
    assert module.positions.tolist() == [1, 1]
