import pytest
import torch
from mmengine.logging import MessageHub
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmpose.registry import OPTIM_WRAPPER_CONSTRUCTORS
from torch import nn

ADAM = dict(type='Adam', lr=0.1, betas=(0.5, 0.999))


class Parts(nn.Module):

    def __init__(self):
        super().__init__()
        self.backbone, self.generator, self.head = nn.Linear(1, 2), nn.Linear(2, 1), nn.Linear(1, 1)
        self.frozen_head = nn.Linear(1, 1).requires_grad_(False)


def construct(entries, model=None, paramwise_cfg=None):
    constructor = OPTIM_WRAPPER_CONSTRUCTORS.build(dict(
        type='NamedOptimWrapperConstructor', optim_wrapper_cfg=entries,
        paramwise_cfg=paramwise_cfg))
    return constructor(Parts() if model is None else model)


def entries(**changes):
    return dict(translator=dict(modules=['backbone', 'generator'], optimizer=ADAM),
                head=dict(dict(modules=['head'], optimizer=dict(type='SGD', lr=1.0)), **changes))


def test_each_optimizer_gets_its_modules():
    model = Parts()
    wrappers = construct(entries(), model)
    assert isinstance(wrappers, OptimWrapperDict)
    assert list(wrappers.keys()) == ['translator', 'head']
    owned = {name: [id(p) for group in wrapper.optimizer.param_groups for p in group['params']]
             for name, wrapper in wrappers.items()}
    assert owned == {
        'translator': [id(p) for part in (model.backbone, model.generator)
                       for p in part.parameters()],
        'head': [id(p) for p in model.head.parameters()]}
    assert isinstance(wrappers['translator'].optimizer, torch.optim.Adam)
    assert wrappers['translator'].optimizer.param_groups[0]['betas'] == (0.5, 0.999)
    assert isinstance(wrappers['head'].optimizer, torch.optim.SGD)
    assert type(wrappers['head']).__name__ == 'AllReduceOptimWrapper'


def test_a_wrapped_model_is_unwrapped():
    wrapped = nn.Module()
    wrapped.module = Parts()
    wrappers = construct(entries(), wrapped)
    assert wrappers['head'].optimizer.param_groups[0]['params'][0] is wrapped.module.head.weight


def test_an_entry_names_its_wrapper_and_keeps_the_config():
    config = entries(type='OptimWrapper', accumulative_counts=2)
    wrappers = construct(config)
    assert type(wrappers['head']) is OptimWrapper
    assert wrappers['head']._accumulative_counts == 2
    assert config == entries(type='OptimWrapper', accumulative_counts=2)


def test_each_clip_logs_its_own_norm():
    clip = dict(clip_grad=dict(max_norm=1.0))
    model = Parts()
    MessageHub.get_instance('each_clip_logs_its_own_norm')  # a new one becomes the current one
    config = entries(**clip)
    config['translator'].update(clip)
    wrappers = construct(config, model)
    # d/db sum(w x + b) over one sample of x = 0: gradient 1 in each bias, 0 in each weight.
    zero = torch.zeros(1, 1)
    wrappers['translator'].update_params(model.backbone(zero).sum() + 0 * model.generator(
        torch.zeros(1, 2)).sum())
    wrappers['head'].update_params(5 * model.head(zero).sum())
    hub = wrappers['head'].message_hub
    assert hub.get_scalar('train/translator.grad_norm').current() == pytest.approx(2**0.5)
    assert hub.get_scalar('train/head.grad_norm').current() == pytest.approx(5.0)
    assert 'train/grad_norm' not in hub.log_scalars


def test_clips_each_on_its_own():
    model = Parts()
    before = model.head.bias.item()
    wrappers = construct(entries(clip_grad=dict(max_norm=0.5)), model)
    wrappers['head'].update_params(8 * model.head(torch.zeros(1, 1)).sum())
    assert model.head.bias.item() == pytest.approx(before - 0.5, abs=1e-5)


@pytest.mark.parametrize(('changes', 'message'), [
    (dict(modules=[]), 'optim_wrapper.head must name the modules'),
    (dict(modules=['hat']), 'optim_wrapper.head: the model has no module "hat"'),
    (dict(modules=['head', 'generator']),
     '"generator" is in optim_wrapper.translator and optim_wrapper.head'),
])
def test_bad_entries_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        construct(entries(**changes))


def test_a_module_that_nobody_trains_is_named():
    left = entries()
    del left['translator']
    with pytest.raises(ValueError, match=r"trains the modules \['backbone', 'generator'\]"):
        construct(left)


def test_frozen_parameters_are_in_no_optimizer():
    model = Parts()
    model.backbone.weight.requires_grad_(False)
    config = entries()
    config['translator']['optimizer'] = dict(type='SGD', lr=1.0, weight_decay=0.5)
    wrappers = construct(config, model)
    owned = wrappers['translator'].optimizer.param_groups[0]['params']
    assert [id(p) for p in owned] == [id(p) for p in (
        model.backbone.bias, model.generator.weight, model.generator.bias)]
    model.head.requires_grad_(False)
    with pytest.raises(ValueError, match=r"optim_wrapper.head: nothing in \['head'\] is trainable"):
        construct(config, model)


def test_a_parameter_under_two_names_is_refused():
    model = Parts()
    model.generator = nn.Sequential(model.backbone)
    with pytest.raises(ValueError, match='"generator" and "backbone" share a parameter'):
        construct(entries(), model)


def test_unknown_options_are_refused():
    with pytest.raises(ValueError, match='paramwise_cfg'):
        construct(entries(), paramwise_cfg=dict(norm_decay_mult=0))
    with pytest.raises(TypeError, match='clip_gard'):
        construct(entries(clip_gard=dict(max_norm=1.0)))
