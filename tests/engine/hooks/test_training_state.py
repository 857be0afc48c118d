import io
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import CheckpointHook
from mmengine.logging import HistoryBuffer, MessageHub

from ikp_mm.engine.hooks import training_state
from ikp_mm.engine.hooks.training_state import (PlainCheckpointHook, TrainingStateHook, deal_pools,
                                                flatten_hub, plain, rebuild_hub)
from ikp_mm.literals import read_assignments
from ikp_mm.models.image_pool import ImagePool

from tiny_run import assert_identical, load, tiny_config, train


def test_plain_values():
    tensor = torch.ones(2)
    made = plain({'array': np.array([[1, 2]]), 'number': np.float32(0.5), 'tuple': (1, (2, None)),
                  'nested': {3: [np.int64(4), True]}, 'set': {'a'}, 'tensor': tensor})
    assert made.pop('tensor') is tensor
    assert made == {'array': [[1, 2]], 'number': 0.5, 'tuple': [1, [2, None]],
                    'nested': {3: [4, True]}, 'set': ['a']}
    assert type(made['number']) is float and type(made['nested'][3][0]) is int


def test_what_has_no_plain_form_is_named():
    with pytest.raises(TypeError, match="cannot put a ImagePool into a checkpoint"):
        plain(dict(deep=[ImagePool()]))


def test_the_message_hub_survives_a_safe_load():
    hub = MessageHub.get_instance('survives_a_safe_load')
    for value in (1.0, 2.0, 4.0):
        hub.update_scalar('train/loss', value)
    hub.update_info('best_score', np.float64(0.5))
    file = io.BytesIO()
    torch.save(flatten_hub(hub.state_dict()), file)
    file.seek(0)
    other = MessageHub.get_instance('another_hub')
    other.load_state_dict(rebuild_hub(torch.load(file, weights_only=True)))
    buffer = other.get_scalar('train/loss')
    assert isinstance(buffer, HistoryBuffer)
    assert (buffer.current(), buffer.mean(2), buffer.max_length) == (4.0, 3.0, 1000000)
    assert other.get_info('best_score') == 0.5
    other.update_scalar('train/loss', 8.0)
    assert buffer.data[0].tolist() == [1.0, 2.0, 4.0, 8.0]


class Ranks:
    """Two ranks, seen from rank 1; gathers are counted."""

    def __init__(self, monkeypatch):
        self.gathered = 0
        monkeypatch.setattr(training_state, 'get_world_size', lambda: 2)
        monkeypatch.setattr(training_state, 'get_rank', lambda: 1)
        monkeypatch.setattr(training_state, 'all_gather_object', self.gather)

    def gather(self, state):
        self.gathered += 1
        return [{'images': torch.zeros(1, 1)}, state]


def stub_runner(pool, iteration=0, **options):
    model = torch.nn.Linear(1, 1)
    model.pool = pool
    checkpoints = CheckpointHook(by_epoch=False, **options)
    return SimpleNamespace(model=model, hooks=[checkpoints], iter=iteration, max_iters=7,
                           _max_iters=7, _resume=True, train_loop=StubLoop(),
                           train_dataloader=SimpleNamespace(dataset=None), logger=Warnings())


class Warnings(list):
    warning = list.append


class StubLoop:
    """Four prior poses and eight pairs an iteration."""

    def __init__(self):
        self.continued = None

    def global_batch(self):
        return dict(prior=4, pairs=8)

    def draws_before(self, iteration):
        return dict(prior=4 * iteration, pairs=8 * iteration)

    def continue_draws(self, iteration, drawn):
        self.continued = iteration, drawn


def checkpoint():
    return dict(message_hub=dict(log_scalars={}, runtime_info={}, resumed_keys={}),
                meta=dict(iter=3), optimizer={}, state_dict={})


def saved_by(*pools, global_batch=dict(prior=4, pairs=8)):
    """A checkpoint after 12 prior poses and 24 pairs; the pools hold one number an image."""
    return dict(checkpoint(), image_pools=[
        {'images': torch.tensor(pool).view(-1, 1)} if pool else {} for pool in pools],
        draws=dict(consumed=dict(prior=12, pairs=24), global_batch=global_batch))


def test_pools_are_gathered_only_when_a_checkpoint_is_due(monkeypatch):
    ranks = Ranks(monkeypatch)
    hook = TrainingStateHook()
    due = []
    for iteration in range(7):
        before = ranks.gathered
        hook.after_train_iter(stub_runner(ImagePool(), iteration, interval=3), iteration)
        due.append(ranks.gathered - before)
    # Checkpoints after the 3rd and 6th iteration and at the end, after the 7th.
    assert due == [0, 0, 1, 0, 0, 1, 1]
    hook.before_val_epoch(stub_runner(ImagePool(), 1, interval=3))
    assert ranks.gathered == 4


def test_each_rank_gets_its_own_pool_back(monkeypatch):
    ranks = Ranks(monkeypatch)
    hook, pool = TrainingStateHook(), ImagePool(4)
    pool.query(torch.arange(2.0).view(2, 1))
    runner = stub_runner(pool, 2, interval=3)
    hook.after_train_iter(runner, 2)
    saved = checkpoint()
    # Rank 0 alone saves: no collective may run now.
    hook.before_save_checkpoint(runner, saved)
    assert ranks.gathered == 1 and len(saved['image_pools']) == 2
    assert saved['draws'] == dict(consumed=dict(prior=12, pairs=24),
                                  global_batch=dict(prior=4, pairs=8))
    restored = ImagePool(4)
    resumed = stub_runner(restored, interval=3)
    hook.after_load_checkpoint(resumed, saved)
    assert resumed.train_loop.continued == (3, dict(prior=12, pairs=24)) and not resumed.logger
    assert [image.tolist() for image in restored.images] == [[0.0], [1.0]]
    assert_identical(restored.state_dict(), pool.state_dict())


@pytest.mark.parametrize(('key', 'reason'), [
    ('image_pools', 'saved without TrainingStateHook'), ('optimizer', 'best checkpoint'),
    ('draws', 'an older version')])
def test_a_resume_needs_the_state(key, reason):
    saved = saved_by([])
    del saved[key]
    hook = TrainingStateHook()
    with pytest.raises(KeyError, match=f'no "{key}"; .*{reason}.*load_from'):
        hook.after_load_checkpoint(stub_runner(ImagePool(), interval=3), saved)
    # Loading without resuming asks for nothing.
    loading = stub_runner(ImagePool(), interval=3)
    loading._resume = False
    hook.after_load_checkpoint(loading, saved)


def pool_numbers(pool):
    return [float(image) for image in pool.images]


def test_pools_are_dealt_out_in_turn():
    def dealt(*pools, num_ranks, size):
        shares, dropped = deal_pools(saved_by(*pools)['image_pools'], num_ranks, size)
        return [[float(image) for image in share.get('images', [])] for share in shares], dropped

    assert dealt([1., 2.], [3., 4.], num_ranks=1, size=3) == ([[1, 2, 3]], 1)
    assert dealt([1., 2., 3.], num_ranks=2, size=3) == ([[1, 3], [2]], 0)
    assert dealt([], [5.], num_ranks=2, size=3) == ([[5], []], 0)
    assert dealt([], num_ranks=2, size=3) == ([[], []], 0)


def test_another_world_size_is_refused_unless_asked(monkeypatch):
    Ranks(monkeypatch)
    saved = saved_by([1., 2.], [3., 4.], [5., 6.], global_batch=dict(prior=6, pairs=8))
    runner = stub_runner(ImagePool(2), interval=3)
    with pytest.raises(RuntimeError, match='saved by 3 ranks and this run has 2: .*'
                       r'default_hooks\.training_state\.allow_other_world_size=True'):
        TrainingStateHook().after_load_checkpoint(runner, saved)
    TrainingStateHook(allow_other_world_size=True).after_load_checkpoint(runner, saved)
    # Rank 1 is dealt 2, 4 and 6; rank 0 is dealt 1, 3 and 5: one too many each.
    assert pool_numbers(runner.model.pool) == [2, 4]
    assert runner.train_loop.continued == (3, dict(prior=12, pairs=24))
    ranks, batch = runner.logger
    assert '2 ranks go on from 3' in ranks and '2 images dropped' in ranks
    assert "{'prior': 4, 'pairs': 8}" in batch and "before {'prior': 6, 'pairs': 8}" in batch


def test_the_best_checkpoint_cannot_be_resumed(tmp_path):
    train(tiny_config(tmp_path, 0, 2, validate=True))
    best = next(tmp_path.glob('best_*.pth'))
    assert 'optimizer' not in load(best)
    with pytest.raises(KeyError, match='no "optimizer"; the best checkpoint is for testing'):
        train(tiny_config(tmp_path / 'resumed', 0, 4, validate=True, resume=True,
                          load_from=str(best)))


def test_checkpoints_hold_plain_values_and_tensors_alone(tmp_path):
    train(tiny_config(tmp_path, 1, 2, validate=True))

    def kinds(value):
        if isinstance(value, dict):
            return set().union(*(kinds(v) for v in value.values()), *(kinds(k) for k in value))
        if isinstance(value, (list, tuple)):
            return set().union(*(kinds(v) for v in value))
        return {type(value)}

    saved = torch.load(tmp_path / 'iter_2.pth', weights_only=False)
    assert kinds(saved) <= {torch.Tensor, str, int, float, bool, type(None)}
    # The frozen feature network of the perceptual loss is a constant.
    assert not any('features' in key for key in saved['state_dict'])


def test_checkpoints_hold_the_configuration_as_data(tmp_path):
    cfg = tiny_config(tmp_path, pretrain_iters=1, max_iters=1)
    train(cfg)
    meta = load(tmp_path / 'iter_1.pth')['meta']
    assert meta['config_data']['model'] == cfg.model.to_dict()
    # Tuples stay tuples; what was saved as text says the same.
    assert isinstance(meta['config_data']['train_dataloader']['dataset']['gap'], tuple)
    assert read_assignments(meta['cfg'], 'text')['model'] == meta['config_data']['model']


def test_a_configuration_that_is_no_data_is_named_and_left_out(tmp_path):
    hook, runner = PlainCheckpointHook(), SimpleNamespace(
        cfg=Config(dict(model=dict(type=ImagePool))), logger=Warnings(), work_dir=tmp_path,
        log_dir=tmp_path / 'now')
    hook.before_train(runner)
    assert 'config.model.type is no plain value' in runner.logger[0] and '--config' in runner.logger[0]
    checkpoint = dict(meta={}, message_hub=MessageHub.get_instance('no_data').state_dict())
    hook.before_save_checkpoint(runner, checkpoint)
    assert checkpoint['meta'] == {}
