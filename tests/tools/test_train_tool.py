"""tools/train.py: the host's flags. (--resume: tests/test_exact_resume.py; as a process of its own:
test_test_tool.py; --launcher: tests/engine/test_wrappers.py.)"""
from pathlib import Path

import cv2
import pytest
import torch
from mmengine.config import Config

from tiny_run import BATCH, ROOT, load, run_tool, tiny_config


@pytest.fixture
def config(tmp_path):
    """A configuration file that validates once, at its end."""
    path = tmp_path / 'own' / 'tiny.py'
    path.parent.mkdir()
    tiny_config(tmp_path / 'unused', 1, 2, validate=True,
                default_hooks__checkpoint__interval=2).dump(path)
    return path


def test_work_dir_show_dir_and_options(config, tmp_path, monkeypatch):
    work, shown = tmp_path / 'work', tmp_path / 'shown'
    run_tool(monkeypatch, 'train.py', config, '--work-dir', work, '--show-dir', shown,
             options=['train_cfg.max_iters=3', 'train_cfg.val_interval=3',
                      'train_cfg.prior_dataloader.batch_size=4'])
    assert {path.name for path in work.iterdir() if path.is_file()} == {
        'tiny.py', 'iter_2.pth', 'iter_3.pth', 'best_label_free_score_iter_3.pth',
        'last_checkpoint', 'sessions.txt', '.lock'}
    assert (work / 'last_checkpoint').read_text() == str(work / 'iter_3.pth')
    # The options as they were resolved lie beside the run.
    saved = Config.fromfile(work / 'tiny.py')
    assert saved.train_cfg.max_iters == 3 and saved.train_cfg.prior_dataloader.batch_size == 4
    assert [path.name for path in shown.iterdir()] == ['iter_000003.png']
    assert cv2.imread(str(shown / 'iter_000003.png')) is not None
    assert not (tmp_path / 'unused').exists()


def test_no_validate(config, tmp_path, monkeypatch):
    run_tool(monkeypatch, 'train.py', config, '--work-dir', tmp_path, '--no-validate')
    scalars = load(tmp_path / 'iter_2.pth')['message_hub']['log_scalars']
    assert not any(name.startswith('val/') for name in scalars)
    assert not list(tmp_path.glob('best_*')) and not list(tmp_path.glob('*/sheets'))


def test_amp_on_a_cpu_says_what_it_needs(config, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    with pytest.raises(SystemExit, match='--amp needs a GPU'):
        run_tool(monkeypatch, 'train.py', config, '--work-dir', tmp_path / 'work', '--amp')
    assert not (tmp_path / 'work').exists()


def test_pretrained_weights_of_a_host_s_model_are_all_there(tmp_path, monkeypatch):
    torch.save(dict(state_dict={'backbone.stem': torch.zeros(1)}), tmp_path / 'other.pth')
    start = 'model.backbone.init_cfg'
    with pytest.raises(SystemExit, match='lacks .* weights of the SkeletonUNet'):
        run_tool(monkeypatch, 'train.py',
                 ROOT / 'projects/comparison/configs/supervised_synthetic_people.py', '--work-dir',
                 tmp_path / 'work', options=[
                     f'{start}.type=Pretrained', f'{start}.prefix=backbone.',
                     f'{start}.checkpoint={tmp_path / "other.pth"}'])
    assert not list((tmp_path / 'work').rglob('*.pth'))


def test_auto_scale_lr(config, tmp_path, monkeypatch):
    """Rates are those of batch 16; the tiny batch is 2."""
    rates = {}
    for name, flags in (('plain', []), ('scaled', ['--auto-scale-lr'])):
        run_tool(monkeypatch, 'train.py', config, '--work-dir', tmp_path / name, '--no-validate',
                 *flags)
        optimizers = load(tmp_path / name / 'iter_2.pth')['optimizer']
        rates[name] = [optimizers[key]['param_groups'][0]['lr'] for key in sorted(optimizers)]
    assert len(rates['plain']) == 3
    assert rates['scaled'] == pytest.approx([rate * BATCH / 16 for rate in rates['plain']])


def test_resume_without_a_checkpoint_starts(config, tmp_path, monkeypatch):
    run_tool(monkeypatch, 'train.py', config, '--work-dir', tmp_path / 'new', '--no-validate',
             '--resume')
    assert load(tmp_path / 'new/iter_2.pth')['meta']['iter'] == 2


def test_show_dir_without_a_sheet_hook_is_refused(config, tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match='--show-dir: the config has no PredictionSheetHook'):
        run_tool(monkeypatch, 'train.py', config, '--work-dir', tmp_path, '--show-dir',
                 tmp_path / 'shown', options=['custom_hooks=[]'])


def test_bfloat16_trains_on_a_cpu(config, tmp_path, monkeypatch):
    run_tool(monkeypatch, 'train.py', config, '--work-dir', tmp_path, '--no-validate', '--amp',
             '--amp-dtype', 'bfloat16')
    saved = Config.fromfile(tmp_path / Path(config).name)
    assert saved.optim_wrapper.translator.type == 'AllReduceBFloat16OptimWrapper'
    assert all(torch.isfinite(value).all()
               for value in load(tmp_path / 'iter_2.pth')['state_dict'].values())


def test_amp_dtype_alone_is_refused(config, tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        run_tool(monkeypatch, 'train.py', config, '--amp-dtype', 'bfloat16')
    assert '--amp-dtype goes with --amp' in capsys.readouterr().err
