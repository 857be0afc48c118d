import os
import subprocess
import sys

import pytest
import torch
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmpose.registry import MODEL_WRAPPERS, OPTIM_WRAPPERS
from torch import nn

from ikp_mm.engine import wrappers
from ikp_mm.engine.wrappers import AllReduceOptimWrapper, BroadcastModelWrapper

from tiny_run import BATCH, ROOT, assert_identical, load, tiny_config, train, training_state


class Steps(nn.Module):
    """Records which step was called; a parameter, a persistent and a constant buffer."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))
        self.register_buffer('mean', torch.zeros(1))
        self.register_buffer('count', torch.zeros(1, dtype=torch.long))
        self.register_buffer('constant', torch.ones(1), persistent=False)

    def train_step(self, data, optim_wrapper):
        return 'train', data, optim_wrapper

    def val_step(self, data):
        return 'val', data

    def test_step(self, data):
        return 'test', data


def test_delegates_the_three_steps():
    wrapper = MODEL_WRAPPERS.build(dict(type='BroadcastModelWrapper', module=Steps()))
    assert wrapper.train_step(1, 2) == ('train', 1, 2)
    assert wrapper.val_step(3) == ('val', 3)
    assert wrapper.test_step(4) == ('test', 4)


def averaging(*parameters):
    return AllReduceOptimWrapper(torch.optim.SGD(parameters, lr=1.0))


@pytest.fixture
def ranks(monkeypatch):
    """Two ranks, seen from one: what is broadcast, and what is averaged, by address."""
    sent = dict(broadcast=[], mean=[])

    def record(tensors, op):
        assert op == 'mean'
        sent['mean'].append([tensor.data_ptr() for tensor in tensors])

    monkeypatch.setattr(wrappers, 'get_world_size', lambda: 2)
    monkeypatch.setattr(wrappers, 'broadcast', lambda t: sent['broadcast'].append(t.data_ptr()))
    monkeypatch.setattr(wrappers, 'all_reduce_params', record)
    return sent


def test_broadcasts_parameters_and_buffers_once_before_the_first_step(ranks):
    """Not when it wraps: a Runner initialises and loads weights later."""
    model = Steps()
    wrapper = BroadcastModelWrapper(model)
    assert ranks['broadcast'] == []
    for _ in range(2):
        wrapper.train_step(1, averaging(model.weight))
        assert ranks['broadcast'] == [
            model.weight.data_ptr(), model.mean.data_ptr(), model.count.data_ptr()]


def test_averages_the_running_statistics_after_a_step(ranks):
    """Otherwise only rank 0's would come back from a checkpoint."""
    model = Steps()
    optimizer = averaging(model.weight)
    assert BroadcastModelWrapper(model).train_step(1, optimizer) == ('train', 1, optimizer)
    assert ranks['mean'] == [[model.mean.data_ptr()]]


def test_ranks_that_would_drift_apart_are_refused(ranks):
    model = Steps()
    plain = OptimWrapper(torch.optim.SGD([model.weight], lr=1.0))
    with pytest.raises(TypeError, match='optim_wrapper is a OptimWrapper, which does not average'):
        BroadcastModelWrapper(model).train_step(1, plain)
    both = OptimWrapperDict(head=averaging(model.weight), other=plain)
    with pytest.raises(TypeError, match='other is a OptimWrapper'):
        BroadcastModelWrapper(model).train_step(1, both)


def test_gradients_are_averaged_in_one_go_before_they_are_clipped(monkeypatch):
    """Here (3, 4), the mean of all ranks (6, 8) of norm 10, clipped to norm 5 (3, 4).

    Clipping first would give (3, 4), then a mean of (6, 8).
    """
    reduced = []

    def double(tensors, op):
        assert op == 'mean'
        reduced.append([tensor.tolist() for tensor in tensors])
        for tensor in tensors:
            tensor.mul_(2)

    monkeypatch.setattr(wrappers, 'get_world_size', lambda: 2)
    monkeypatch.setattr(wrappers, 'all_reduce_params', double)
    weight, unused = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.ones(1))
    wrapper = OPTIM_WRAPPERS.build(dict(
        type='AllReduceOptimWrapper', optimizer=torch.optim.SGD([weight, unused], lr=1.0),
        clip_grad=dict(max_norm=5.0)))
    assert isinstance(wrapper, AllReduceOptimWrapper) and isinstance(wrapper, OptimWrapper)
    wrapper.update_params((weight * torch.tensor([3.0, 4.0])).sum())
    assert torch.allclose(weight, torch.tensor([-3.0, -4.0]), atol=1e-5)
    # A parameter without a gradient takes part in the collective, with zeros.
    assert reduced == [[[3.0, 4.0], [0.0]]] and unused.item() == 1.0


def test_one_rank_communicates_nothing(monkeypatch):
    monkeypatch.setattr(wrappers, 'all_reduce_params', None)
    weight, unused = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))
    wrapper = AllReduceOptimWrapper(torch.optim.SGD([weight, unused], lr=0.5))
    wrapper.update_params(3 * weight.sum())
    assert weight.item() == -0.5 and unused.grad is None


DUMP_HOOK = '''
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmpose.registry import HOOKS

from ikp_mm.clips import FramePairDataset

DRAWS = []
getitem = FramePairDataset.__getitem__


def recording(self, draw):
    if self.clips.split == 'train':
        DRAWS.append(int(draw))
    return getitem(self, draw)


FramePairDataset.__getitem__ = recording


@HOOKS.register_module()
class DumpRankHook(Hook):
    """What each rank ends with."""

    def after_train(self, runner):
        pool = runner.model.module.pool.state_dict()
        torch.save(dict(state=dict(runner.model.module.state_dict()), pool=pool, draws=DRAWS),
                   f'{runner.work_dir}/rank_{get_rank()}.pth')
'''


class TwoRanks:
    """Runs tools/train.py in two gloo processes."""

    def __init__(self, folder):
        self.folder = folder
        (folder / 'dump_rank_hook.py').write_text(DUMP_HOOK)
        cfg = tiny_config(folder, 2, 6, validate=True)
        cfg.custom_imports.imports = ['ikp_mm', 'dump_rank_hook']
        cfg.custom_hooks.append(dict(type='DumpRankHook'))
        cfg.log_level = 'INFO'
        cfg.dump(folder / 'tiny.py')

    def train(self, name, *arguments):
        environment = dict(os.environ, OMP_NUM_THREADS='1',
                           PYTHONPATH=os.pathsep.join([str(ROOT), str(self.folder)]))
        done = subprocess.run(
            [sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc_per_node=2',
             str(ROOT / 'tools/train.py'), str(self.folder / 'tiny.py'), '--launcher', 'pytorch',
             '--work-dir', str(self.folder / name), *arguments],
            env=environment, cwd=self.folder, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
        return [load(self.folder / name / f'rank_{rank}.pth') for rank in range(2)]


@pytest.mark.slow
def test_two_ranks_end_identical_and_resume_exactly(tmp_path):
    ranks = TwoRanks(tmp_path)
    whole = ranks.train('unbroken')
    assert_identical(whole[0]['state'], whole[1]['state'])
    # Each rank drew its own frames: rank r of 2 those of the same parity; four iterations.
    assert [end['draws'] for end in whole] == [list(range(rank, 4 * 2 * BATCH, 2))
                                               for rank in range(2)]
    assert not torch.equal(whole[0]['pool']['images'], whole[1]['pool']['images'])

    ranks.train('broken', '--cfg-options', 'train_cfg.max_iters=4')
    resumed = ranks.train('broken', '--resume')
    assert_identical(training_state(load(tmp_path / 'unbroken/iter_6.pth')),
                     training_state(load(tmp_path / 'broken/iter_6.pth')))
    for rank in range(2):
        for key in ('state', 'pool'):
            assert_identical(whole[rank][key], resumed[rank][key], f'rank {rank} {key}')
        assert resumed[rank]['draws'] == whole[rank]['draws'][2 * BATCH:]
    with pytest.raises(RuntimeError, match='saved by 2 ranks and this run has 1'):
        train(tiny_config(tmp_path / 'alone', 2, 6, resume=True,
                          load_from=str(tmp_path / 'broken/iter_4.pth')))
    # Asked for, one rank goes on with all the data, twice the batch: 4 prior, 2 pairs iterations
    # of 2 ranks are behind it, 2 of its own follow.
    alone = train(tiny_config(tmp_path / 'alone', 2, 6, resume=True,
                              load_from=str(tmp_path / 'broken/iter_4.pth'),
                              default_hooks__training_state__allow_other_world_size=True,
                              train_dataloader__batch_size=2 * BATCH))
    assert alone.train_loop.draws_before(6) == dict(
        prior=4 * 2 * BATCH + 2 * BATCH, pairs=2 * 2 * BATCH + 2 * 2 * BATCH)
    assert len(load(tmp_path / 'alone/iter_6.pth')['image_pools']) == 1
