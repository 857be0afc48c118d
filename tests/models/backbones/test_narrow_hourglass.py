import torch
from mmpose.models.backbones import HourglassNet

from ikp_mm.models import NarrowHourglassNet


def build():
    return NarrowHourglassNet(downsample_times=2, num_stacks=2, stage_channels=(4, 6, 8),
                              stage_blocks=(1, 1, 1), feat_channel=5)


def test_halves_the_image_once_and_gives_one_output_a_stack():
    outputs = build()(torch.randn(2, 3, 32, 32))
    assert [tuple(output.shape) for output in outputs] == [(2, 5, 16, 16)] * 2


def test_all_but_the_stem_is_mmposes():
    ours, theirs = build(), HourglassNet(2, 2, (4, 6, 8), (1, 1, 1), 5)
    def layout(model):
        return {name: tuple(p.shape) for name, p in model.named_parameters()
                if not name.startswith('stem')}
    assert layout(ours) == layout(theirs)
    assert ours.stem[0].conv.out_channels == 4 and theirs.stem[0].conv.out_channels == 128


def test_gradients_reach_every_weight():
    model = build()
    sum(output.square().sum() for output in model(torch.randn(2, 3, 16, 16))).backward()
    assert all(p.grad is not None for p in model.parameters())
