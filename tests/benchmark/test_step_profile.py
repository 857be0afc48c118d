"""Where a step's time goes: hand-made records, slow layers, and the step of a tiny model."""
import time
from collections import Counter
from types import SimpleNamespace

import pytest
import torch
from mmengine.optim import OptimWrapper, OptimWrapperDict
from torch import nn

import tiny_model
from ikp_mm.benchmark.operator_groups import ELEMENTWISE, group_of
from ikp_mm.benchmark.step_profile import (BACKWARD, CLIPPING, OTHER, PART, REST, STEP, STORED,
                                           UPDATE, profile_step, ranges_around, split_by_operator,
                                           split_by_part, table_profile)


def record(name, begin, end, parent=None, number=-1, own=None):
    return SimpleNamespace(
        name=name, time_range=SimpleNamespace(start=begin, end=end), cpu_parent=parent, thread=1,
        fwd_thread=1, sequence_nr=number, own=end - begin if own is None else own)


def by_hand():
    """Phi, eta in it, a loss; their backward; a clip; an update. 100 us, 5 of them Python."""
    step = record(STEP, 0, 100, own=5)
    phi = record(PART + 'Phi', 0, 30, step, own=2)
    wrapper = record('aten::conv2d', 0, 9, phi, number=0, own=1)
    maker = record('aten::convolution', 1, 9, wrapper, number=0)
    eta = record(PART + 'eta', 10, 30, phi, own=0)
    # No gradient: shares number 1 with the maker after it.
    plain = record('aten::rand', 10, 17, eta, number=1)
    inner = record('aten::mul', 17, 30, eta, number=1)
    # Begun in eta with the number that the loss, begun later, is to have.
    wide = record('aten::view', 29, 30, inner, number=2, own=0)
    loss = record('aten::sum', 30, 34, step, number=2)
    backward = [record(f'{BACKWARD}: SumBackward0', 35, 41, step, 2, own=1),
                record(f'{BACKWARD}: MulBackward0', 41, 50, step, 1),
                record(f'{BACKWARD}: ConvolutionBackward0', 50, 70, step, 0),
                record(f'{BACKWARD}: torch::autograd::AccumulateGrad', 70, 74, step, -1)]
    in_sum = record('aten::expand', 36, 41, backward[0])
    clip = record('aten::linalg_vector_norm', 75, 80, step)
    update = record('Optimizer.step#Adam.step', 80, 95, step, own=3)
    adam = record('aten::_fused_adam_', 82, 94, update)
    after = record('aten::detach', 96, 97, step)
    return [step, phi, wrapper, maker, eta, plain, inner, wide, loss, *backward, in_sum, clip,
            update, adam, after]


def test_parts_by_hand():
    assert split_by_part(by_hand(), lambda event: event.own) == Counter({
        ('Phi', 'forward'): 2 + 1 + 8, ('eta', 'forward'): 7 + 13, (OTHER, 'forward'): 4 + 1,
        (OTHER, 'backward'): 1 + 5, ('eta', 'backward'): 9, ('Phi', 'backward'): 20,
        (STORED, 'backward'): 4, (CLIPPING, ''): 5, (UPDATE, ''): 3 + 12})


def test_operators_by_hand():
    assert split_by_operator(by_hand(), lambda event: event.own) == Counter({
        'aten::conv2d': 1, 'aten::convolution': 8, 'aten::rand': 7, 'aten::mul': 13,
        'aten::view': 0, 'aten::sum': 4, 'aten::expand': 5, 'aten::linalg_vector_norm': 5,
        'aten::_fused_adam_': 12, 'aten::detach': 1})


class Sleeps(torch.autograd.Function):
    """The identity, with seconds that its passes take at least."""

    @staticmethod
    def forward(ctx, x, ahead, back):
        ctx.back = back
        time.sleep(ahead)
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        time.sleep(ctx.back)
        return gradient, None, None


class Slow(nn.Module):
    def __init__(self, ahead, back):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))
        self.seconds = ahead, back

    def forward(self, x):
        return Sleeps.apply(x * self.weight, *self.seconds)


def rows_of(result):
    return {(row['part'], row['direction']): row['seconds'] for row in result['parts']}


def test_time_counts_for_the_module_that_takes_it():
    """Sleeps are lower bounds; as shares sum to one, they hold only if nothing is misplaced."""
    first, second = Slow(0.03, 0.05), Slow(0.01, 0.02)
    optimizer = torch.optim.SGD([*first.parameters(), *second.parameters()], lr=0.1)

    def step():
        optimizer.zero_grad()
        second(first(torch.ones(3))).sum().backward()
        optimizer.step()

    result = profile_step(step, dict(first=first, second=second))
    rows = rows_of(result)
    assert rows['first', 'forward'] >= 0.03 and rows['first', 'backward'] >= 0.05
    assert rows['second', 'forward'] >= 0.01 and rows['second', 'backward'] >= 0.02
    assert 0 < rows[UPDATE, ''] < result['seconds'] - 0.11
    assert sum(rows.values()) == pytest.approx(result['seconds'])
    assert result['seconds_unprofiled'] >= 0.11


def profile_tiny_gan():
    model = tiny_model.build(channels_last=True)
    batch = tiny_model.batch('gan')
    optim_wrapper = OptimWrapperDict(**{
        name: OptimWrapper(wrapper.optimizer, clip_grad=dict(max_norm=1.0))
        for name, wrapper in tiny_model.optimizers(model).items()})
    parts = dict(Phi=model.backbone, eta=model.head.encoder, beta=model.head.renderer,
                 Psi=model.generator, D=model.discriminator, loss=model.loss_reconstruction)
    return profile_step(lambda: model.train_step(batch, optim_wrapper), parts, repeats=1), model


def test_tables_of_a_real_step_sum_to_all_of_it():
    result, model = profile_tiny_gan()
    for table in (result['parts'], result['operators']):
        assert sum(row['share'] for row in table) == pytest.approx(1)
        assert sum(row['seconds'] for row in table) == pytest.approx(result['seconds'])
        assert all(row['seconds'] >= 0 for row in table)
        assert table[-1].get('part', table[-1].get('group')) == REST
    rows = rows_of(result)
    for part in ('Phi', 'eta', 'beta', 'Psi', 'D', 'loss'):
        assert rows[part, 'forward'] > 0 and rows[part, 'backward'] > 0, part
    assert rows[CLIPPING, ''] > 0 and rows[UPDATE, ''] > 0 and rows[STORED, 'backward'] > 0
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_table_gives_every_part_and_group():
    result, _ = profile_tiny_gan()
    lines = table_profile(result).splitlines()
    assert [line.split(' | ')[0][2:] for line in lines[4:15]] == [
        'Phi', 'eta', 'beta', 'Psi', 'D', 'loss', OTHER, STORED, CLIPPING, UPDATE, REST]
    both = [float(line.split(' | ')[3].strip(' |')) for line in lines[4:15]]
    assert sum(both) == pytest.approx(100, abs=0.6)  # eleven figures of one decimal
    groups = [line.split(' | ')[0][2:] for line in lines[18:]]
    assert 'convolutions, backward' in groups and groups[-1] == REST


def test_module_that_is_not_called():
    with pytest.raises(ValueError, match=r"none of the modules \['idle'\]"):
        profile_step(lambda: None, dict(idle=nn.Linear(1, 1)))


def test_ranges_end_where_a_module_fails():
    layer = nn.Linear(2, 1)
    with ranges_around(dict(layer=layer)):
        with pytest.raises(RuntimeError):
            layer(torch.zeros(1, 3))
        with torch.profiler.profile() as profiler:
            torch.zeros(1)
    assert not layer._forward_hooks and not layer._forward_pre_hooks
    assert not any(event.name.startswith(PART) for event in profiler.events())


@pytest.mark.parametrize('operator, group', [
    ('aten::convolution_backward', 'convolutions, backward'),
    ('aten::mkldnn_convolution', 'convolutions, forward'),
    ('aten::native_batch_norm_backward', 'batch and instance norm'),
    ('aten::upsample_bilinear2d', 'upsampling'),
    ('aten::copy_', 'copies and layout'),
    ('aten::_fused_adam_', 'optimizer arithmetic'),
    ('aten::threshold_backward', 'activations'),
    ('aten::linalg_vector_norm', 'reductions'),
    ('aten::max_pool2d_with_indices', 'pooling'),
    ('aten::mul', ELEMENTWISE), ('aten::tanh', 'activations'), ('aten::add_', ELEMENTWISE),
    ('aten::as_strided', 'views'), ('aten::avg_pool2d_backward', 'pooling')])
def test_groups(operator, group):
    assert group_of(operator) == group
