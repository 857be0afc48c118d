import builtins
import os
import subprocess
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from ikp_mm.inference import build_detector, read_checkpoint
from ikp_mm.inference.held_config import held_config
from ikp_mm.literals import plain_config
from tiny_checkpoint import save_tiny, tiny_config

ROOT = Path(__file__).resolve().parents[2]


def held(config=None, as_data=True):
    config = config or tiny_config()
    meta = dict(config_data=plain_config(config)) if as_data else dict(cfg=config.pretty_text)
    return held_config(meta, Path('m.pth'))


@pytest.mark.parametrize('as_data', [True, False])
def test_what_inference_reads_comes_back(as_data):
    config = tiny_config()
    found = held(config, as_data)
    assert found.model.to_dict() == config.model.to_dict()
    assert found.test_dataloader.to_dict() == config.test_dataloader.to_dict()
    size = found.test_dataloader.dataset.pipeline[2]['input_size']
    assert size == (16, 16) and isinstance(size, tuple)


@pytest.mark.parametrize('path', sorted((ROOT / 'configs').glob('*.py')), ids=lambda path: path.stem)
def test_shipped_configurations_pass(path):
    config = Config.fromfile(path, format_python_code=False)
    assert held(config).model.to_dict() == config.model.to_dict()


def test_what_only_trains_is_left_out():
    config = tiny_config()
    config.custom_imports = dict(imports=['mine'])
    config.custom_hooks = [dict(type='MyHook')]
    config.train_dataloader = dict(sampler=dict(type='Mine'), dataset=dict(
        type='Mine', background=dict(source='given'), mask=('target', )))
    found = held(config)
    assert found.train_dataloader.to_dict() == dict(
        dataset=dict(background=dict(source='given'), mask=('target', )))
    assert 'custom_hooks' not in found and found.custom_imports.imports == ['ikp_mm']


@pytest.mark.parametrize('text', [
    '__import__("os").system("touch {ran}")', 'import os\nos.system("touch {ran}")',
    'model = dict(type=open("{ran}", "w"))', 'model = getattr(object, "mro")'])
def test_python_in_the_text_is_refused_and_not_run(tmp_path, text):
    path = save_tiny(tmp_path / 'evil.pth')
    content = torch.load(path, weights_only=True)
    content['meta']['cfg'] += '\n' + text.format(ran=tmp_path / 'ran')
    torch.save(content, path)
    with pytest.raises(ValueError, match=r'configuration in .*evil.pth is refused.*--config'):
        read_checkpoint(path)
    assert not (tmp_path / 'ran').exists()
    # Of the file, nothing but the weights is used when a configuration is given.
    assert build_detector(read_checkpoint(path, tiny_config())).skeleton.num_joints == 4


def with_changes(part, **changes):
    config = tiny_config()
    target = config
    for key in part.split('.'):
        target = target[int(key)] if key.isdigit() else target[key]
    target.update(changes)
    return config


@pytest.mark.parametrize('as_data', [True, False])
@pytest.mark.parametrize(('part', 'changes', 'message'), [
    ('model.head', dict(type='os.system', command='x'), r"model.head.type is 'os.system'"),
    ('model.backbone', dict(type='subprocess.Popen', args='x', shell=True), 'subprocess.Popen'),
    ('model', dict(type='builtins.getattr'), 'builtins.getattr'),
    ('model', dict(neck=dict(type='antigravity')), "model.neck.type is 'antigravity'"),
    ('model.head', dict(type='mmpose.os.system'), 'mmpose.os.system'),
    ('model.head', dict(_scope_='evil'), "model.head._scope_ is 'evil'"),
    ('test_dataloader.dataset.pipeline.0', dict(type='os.remove', path='x'),
     r'test_dataloader.dataset.pipeline\[0\].type'),
    ('test_dataloader.dataset', dict(metainfo=dict(from_file='evil.py')), "from_file is 'evil.py'"),
    ('test_dataloader.dataset', dict(ann_file='evil.PKL'), "ann_file is 'evil.PKL', a file that"),
    ('model', dict(metainfo=[dict(a=dict(type='os.system'))]), r'model.metainfo\[0\].a.type')])
def test_what_would_be_called_imported_or_run_is_refused(part, changes, message, as_data,
                                                         monkeypatch):
    def never(*arguments, **options):
        raise AssertionError('was run')
    monkeypatch.setattr(os, 'system', never)
    monkeypatch.setattr(os, 'remove', never)
    monkeypatch.setattr(subprocess, 'Popen', never)
    with pytest.raises(ValueError, match=f'm.pth is refused: .*{message}.*--config') as caught:
        held(with_changes(part, **changes), as_data)
    assert '\n' not in str(caught.value)


def test_a_loss_that_is_not_registered_is_left_out():
    config = with_changes('model', loss_of_old=dict(type='os.system', command='x'),
                          loss_gan=dict(type='GANLoss'))
    model = held(config, True).model
    assert 'loss_of_old' not in model and model.loss_gan.type == 'GANLoss'


def test_the_skeleton_file_of_a_held_configuration_is_not_run(tmp_path):
    (tmp_path / 'evil.py').write_text(f'open({str(tmp_path / "ran")!r}, "w")\ndataset_info = {{}}\n')
    path = save_tiny(tmp_path / 'evil.pth')
    content = torch.load(path, weights_only=True)
    config = tiny_config(head=dict(tiny_config().model.head, skeleton=str(tmp_path / 'evil.py')))
    content['meta'] = dict(content['meta'], config_data=plain_config(config))
    torch.save(content, path)
    with pytest.raises(ValueError, match='evil.py, line 1'):
        build_detector(read_checkpoint(path))
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize(('meta', 'message'), [
    ({}, 'm.pth holds no configuration'), (dict(cfg=''), 'holds no configuration'),
    (dict(cfg=[1]), 'holds no configuration'), (dict(config_data=[1]), "has no 'model'"),
    (dict(config_data=dict(model=1)), "has no 'model'"), (dict(cfg='a = 1'), "has no 'model'"),
    (dict(config_data=dict(model=dict(), default_scope='evil')), "default_scope='evil'")])
def test_no_configuration(meta, message):
    with pytest.raises(ValueError, match=f'{message}.*--config'):
        held_config(meta, Path('m.pth'))


def test_nested_without_end():
    model = {}
    for _ in range(5000):
        model = dict(a=model)
    with pytest.raises(ValueError, match='nested without end'):
        held_config(dict(config_data=dict(model=model)), Path('m.pth'))


def test_plain_config_names_what_is_not_plain():
    assert plain_config(Config(dict(a=dict(b=(1, [2.5, None]))))) == dict(a=dict(b=(1, [2.5, None])))
    with pytest.raises(TypeError, match=r'config.a\[1\].b is no plain value: <built-in function len'):
        plain_config(Config(dict(a=[1, dict(b=builtins.len)])))
