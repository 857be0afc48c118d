"""A user's error is one line on stderr and exit status 1, whichever the tool."""
import ast
import os
import pathlib
import runpy
import subprocess
import sys

import pytest
import torch

from tiny_checkpoint import save_tiny
from tiny_run import ROOT, tiny_config

TOOLS = sorted((ROOT / 'tools').glob('*.py'))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Files of each kind of trouble, and nothing else in reach."""
    tiny_config(tmp_path / 'w').dump(tmp_path / 'tiny.py')
    (tmp_path / 'faulty.py').write_text('model = dict(type=Undefined)')
    (tmp_path / 'broken.json').write_text('{"a": ')
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'full').mkdir()
    (tmp_path / 'full/mine.txt').write_text('mine')
    (tmp_path / 'text.mp4').write_text('no video')
    torch.save(dict(state_dict={}, meta=dict(a=pathlib.Path('x'))), tmp_path / 'evil.pth')
    good = save_tiny(tmp_path / 'good.pth').read_bytes()
    (tmp_path / 'cut.pth').write_bytes(good[:len(good) // 2])
    monkeypatch.chdir(tmp_path)
    return tmp_path


CASES = [
    ('train.py absent.py', 'absent.py does not exist'),
    ('train.py faulty.py', "faulty.py cannot be read: NameError: name 'Undefined'"),
    ('train.py tiny.py --cfg-options codec.sigma=2', 'changes nothing'),
    ('train.py tiny.py --cfg-options max_iters=2', 'max_iters is read by nobody'),
    ('train.py tiny.py --work-dir w --cfg-options train_cfg.pretain_iters=1', 'pretain_iters'),
    ('train.py tiny.py --work-dir w --cfg-options model.head.type=Hed', 'Hed is not in the'),
    ('train.py tiny.py --work-dir w --resume evil.pth', 'evil.pth is refused'),
    ('test.py tiny.py cut.pth --work-dir w', 'cut.pth cannot be read as a checkpoint'),
    ('test.py tiny.py evil.pth --work-dir w', 'evil.pth is refused: it holds pathlib.PosixPath'),
    ('test.py tiny.py w/last_checkpoint --work-dir w', 'w/last_checkpoint does not exist'),
    ('demo.py evil.pth text.mp4', 'evil.pth is refused'),
    ('demo.py good.pth absent.mp4', 'absent.mp4'),
    ('demo.py good.pth text.mp4 --device cuda:99', "device 'cuda:99'"),
    ('demo.py good.pth text.mp4 --device gpu', "device 'gpu'"),
    ('demo.py good.pth text.mp4 --config faulty.py', 'faulty.py cannot be read'),
    ('pseudo_label.py cut.pth text.mp4 --out o', 'cut.pth cannot be read'),
    ('pseudo_label.py good.pth absent.mp4 --out o', 'absent.mp4'),
    ('edit_pose.py evil.pth a.png', 'evil.pth is refused'),
    ('edit_pose.py good.pth absent.png', 'absent.png'),
    ('export.py cut.pth', 'cut.pth cannot be read'),
    ('export.py absent.pth', 'absent.pth does not exist'),
    ('publish_model.py good.pth --name n --train-command c --result broken.json', 'JSONDecodeError'),
    ('publish_model.py evil.pth --name n --train-command c --result absent.json', 'absent.json'),
    ('report.py empty', 'last_checkpoint is missing'),
    ('browse_dataset.py absent.py', 'absent.py does not exist'),
    ('make_synthetic.py people --out full', 'is not empty'),
    ('prepare_videos.py absent.mp4 --crop whole --out o', 'absent.mp4'),
]


@pytest.mark.parametrize(('command', 'message'), CASES, ids=[command for command, _ in CASES])
def test_one_line(folder, monkeypatch, command, message):
    tool, *arguments = command.split()
    monkeypatch.setattr(sys, 'argv', [tool, *arguments])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / 'tools' / tool), run_name='__main__')
    assert isinstance(ended.value.code, str) and message in ended.value.code
    assert '\n' not in ended.value.code


def test_stderr_is_that_line_and_debug_the_traceback(folder):
    def run(*options):
        environment = dict(os.environ, PYTHONPATH=str(ROOT), OMP_NUM_THREADS='1')
        return subprocess.run(
            [sys.executable, str(ROOT / 'tools/demo.py'), 'evil.pth', 'text.mp4', *options],
            env=environment, capture_output=True, text=True, timeout=120, check=False)
    done = run()
    assert done.returncode == 1 and done.stdout == ''
    assert done.stderr == ('ValueError: evil.pth is refused: it holds pathlib.PosixPath, not weights '
                           'and plain values alone, and would have to be run to be read\n')
    assert 'Traceback' in run('--debug').stderr


def test_every_tool_runs_so_and_imports_the_package_first():
    """The package sets OMP_WAIT_POLICY, which OpenMP reads when torch loads it."""
    for path in TOOLS:
        source = path.read_text(encoding='utf-8')
        assert source.endswith("if __name__ == '__main__':\n    run_tool(main, parse_args())\n"), path
        assert 'tool_parser(__doc__)' in source, path
        modules = [node.names[0].name if isinstance(node, ast.Import) else node.module
                   for node in ast.parse(source).body
                   if isinstance(node, (ast.Import, ast.ImportFrom))]
        others = [name for name in modules if name.split('.')[0] not in sys.stdlib_module_names]
        assert others[0] == 'ikp_mm', path


@pytest.mark.parametrize(('own', 'expected'), [({}, 'PASSIVE'),
                                               (dict(OMP_WAIT_POLICY='ACTIVE'), 'ACTIVE')])
def test_waiting_threads_let_others_work_unless_the_user_says_otherwise(own, expected):
    environment = {key: value for key, value in os.environ.items() if key != 'OMP_WAIT_POLICY'}
    environment.update(own, PYTHONPATH=str(ROOT), OMP_DISPLAY_ENV='true')
    done = subprocess.run([sys.executable, str(ROOT / 'tools/train.py'), '--help'],
                          env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert f"OMP_WAIT_POLICY = '{expected}'" in done.stderr  # what OpenMP itself says
