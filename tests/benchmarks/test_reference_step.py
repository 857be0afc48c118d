import copy

import pytest
import torch
from mmengine.optim import OptimWrapper, OptimWrapperDict
from tiny_model import batch, build

from benchmarks.reference_step import ReferenceStep

RATES = dict(translator=1e-3, discriminator=2e-3, head=5e-4)
# In double precision, three Adam steps of 1e-3 apart; where a gradient is near Adam's epsilon a
# thousandth of a step may be rounding.
TOLERANCE = dict(rtol=1e-6, atol=1e-6)


def in_double(data):
    """A batch with its floating point tensors in double precision."""
    if isinstance(data, dict):
        return {key: in_double(value) for key, value in data.items()}
    return data.double() if torch.is_tensor(data) and data.is_floating_point() else data


def optimizers(model):
    modules = dict(translator=['backbone', 'generator'], discriminator=['discriminator'],
                   head=['head'])
    return OptimWrapperDict(**{
        name: OptimWrapper(
            torch.optim.Adam([p for part in parts for p in getattr(model, part).parameters()],
                             lr=RATES[name], betas=(0.5, 0.999)),
            clip_grad=dict(max_norm=1.0))
        for name, parts in modules.items()})


@pytest.mark.parametrize('layout', ['contiguous', 'channels-last'])
@pytest.mark.parametrize('falloff', ['exponential', 'gaussian'])
def test_our_steps_give_the_weights_of_the_reference_steps(falloff, layout):
    ours = build(pool_size=4, channels_last=layout == 'channels-last').double()
    ours.head.renderer.falloff = falloff
    for name in ('mean', 'std'):  # whole numbers, which double() leaves alone
        setattr(ours.data_preprocessor, name, getattr(ours.data_preprocessor, name).double())
    theirs = copy.deepcopy(ours)
    wrapper, reference = optimizers(ours), ReferenceStep(theirs, optimizers(theirs))
    for iteration in range(3):
        data = in_double(batch('gan'))
        for step in (lambda: ours.train_step(data, wrapper), lambda: reference(data)):
            torch.manual_seed(iteration)  # the pools draw alike
            step()
    theirs_state = theirs.state_dict()
    for name, value in ours.state_dict().items():
        if name == 'head_is_frozen' or name.startswith('frozen_head'):
            continue  # what the reference step leaves to the caller
        torch.testing.assert_close(value, theirs_state[name], **TOLERANCE,
                                   msg=lambda text: f'{name}: {text}')
    assert len(ours.pool.images) == len(reference.pool.images) == 4
    for a, b in zip(ours.pool.images, reference.pool.images):
        torch.testing.assert_close(a, b, **TOLERANCE)


def test_it_steps_all_four_networks():
    model = build()
    before = copy.deepcopy(model.state_dict())
    ReferenceStep(model, optimizers(model))(batch('gan'))
    moved = {name.split('.')[0] for name, value in model.state_dict().items()
             if not torch.equal(value, before[name])}
    assert moved == {'backbone', 'generator', 'discriminator', 'head', 'loss_reconstruction'}
