"""What the launch scripts run: a stand-in for python and srun prints its arguments."""
import os
import shutil
import subprocess

import pytest

from tiny_run import ROOT

TOOLS = ROOT / 'tools'
STAND_IN = """#!/usr/bin/env bash
printf '%s\\n' "$@"
echo "OMP=${OMP_NUM_THREADS:-} PORT=${MASTER_PORT:-} PATH=$PYTHONPATH"
"""
# A blank, a star and a quote must arrive as they are.
ARGUMENTS = ['--work-dir', 'a b', '--cfg-options', "x='*'", 'y=[1,2]']


@pytest.fixture
def printed(tmp_path):
    """Run a script with stand-ins on PATH: its lines, the last one about the environment."""
    for name in ('python', 'srun'):
        (tmp_path / name).write_text(STAND_IN)
        (tmp_path / name).chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if key not in (
        'OMP_NUM_THREADS', 'MASTER_PORT', 'MASTER_ADDR', 'NNODES', 'NODE_RANK', 'PORT', 'GPUS',
        'PYTHON')}
    kept.update(PATH=f'{tmp_path}:{os.environ["PATH"]}', PYTHONPATH='before')

    def run(script, *arguments, code=0, **variables):
        done = subprocess.run([TOOLS / script, *arguments], env={**kept, **variables}, text=True,
                              cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == code, done.stderr
        return done.stderr if code else done.stdout.splitlines()
    return run


@pytest.mark.parametrize('script', ['dist_train.sh', 'dist_test.sh', 'slurm_train.sh',
                                    'torchrun.sh'])
def test_syntax(script):
    subprocess.run([shutil.which('bash'), '-n', TOOLS / script], check=True)


def test_one_machine(printed):
    *command, environment = printed('dist_train.sh', 'my config.py', '2', *ARGUMENTS)
    assert command == ['-m', 'torch.distributed.run', '--standalone', '--nproc_per_node=2',
                       str(TOOLS / 'train.py'), 'my config.py', '--launcher', 'pytorch',
                       *ARGUMENTS]
    threads = max(1, len(os.sched_getaffinity(0)) // 2)
    assert environment == f'OMP={threads} PORT= PATH={ROOT}:before'
    *command, environment = printed('dist_train.sh', 'c.py', '64', PORT='1234')
    assert command[2:5] == ['--nnodes=1', '--master_addr=127.0.0.1', '--master_port=1234']
    assert environment.startswith('OMP=1 ')
    assert printed('dist_train.sh', 'c.py', '2', OMP_NUM_THREADS='5')[-1].startswith('OMP=5 ')


def test_several_machines(printed):
    where = dict(NNODES='2', NODE_RANK='1', MASTER_ADDR='node7')
    command = printed('dist_train.sh', 'c.py', '8', **where)
    assert command[2:7] == ['--nnodes=2', '--node_rank=1', '--master_addr=node7',
                            '--master_port=29500', '--nproc_per_node=8']
    for missing in ('NODE_RANK', 'MASTER_ADDR'):
        some = {key: value for key, value in where.items() if key != missing}
        assert f'NNODES=2 needs {missing}' in printed('dist_train.sh', 'c.py', '8', code=1, **some)


def test_dist_test(printed):
    command = printed('dist_test.sh', 'c.py', 'work dirs/last_checkpoint', '2', '--out', 'm.json')
    assert command[4:-1] == [str(TOOLS / 'test.py'), 'c.py', 'work dirs/last_checkpoint',
                             '--launcher', 'pytorch', '--out', 'm.json']


def test_slurm(printed):
    *command, environment = printed('slurm_train.sh', 'gpu', 'my job', 'c.py', *ARGUMENTS)
    assert command == [
        '--partition=gpu', '--job-name=my job', '--gres=gpu:8', '--ntasks=8',
        '--ntasks-per-node=8', '--cpus-per-task=5', '--kill-on-bad-exit=1', 'python', '-u',
        str(TOOLS / 'train.py'), 'c.py', '--launcher', 'slurm', *ARGUMENTS]
    omp, port, path = environment.split()
    assert omp == 'OMP=1' and path == f'PATH={ROOT}:before'
    assert 20000 <= int(port.removeprefix('PORT=')) < 40000
    *command, environment = printed('slurm_train.sh', 'gpu', 'job', 'c.py', GPUS='4',
                                    CPUS_PER_TASK='3', SRUN_ARGS='--time=1:00 --mem=0',
                                    MASTER_PORT='29501')
    assert command[2:9] == ['--gres=gpu:4', '--ntasks=4', '--ntasks-per-node=4',
                            '--cpus-per-task=3', '--kill-on-bad-exit=1', '--time=1:00', '--mem=0']
    assert 'PORT=29501' in environment
    assert '--ntasks=64' in printed('slurm_train.sh', 'gpu', 'job', 'c.py', GPUS='64')


@pytest.mark.parametrize(('script', 'arguments', 'message'), [
    ('dist_train.sh', ['c.py'], 'usage: tools/dist_train.sh CONFIG GPUS'),
    ('dist_test.sh', ['c.py', 'w.pth'], 'usage: tools/dist_test.sh CONFIG CHECKPOINT GPUS'),
    ('slurm_train.sh', ['gpu', 'job'], 'usage: tools/slurm_train.sh PARTITION JOB_NAME CONFIG'),
    ('dist_train.sh', ['c.py', '--resume'], 'a positive number of processes, got "--resume"')])
def test_missing_arguments_are_named(printed, script, arguments, message):
    assert message in printed(script, *arguments, code=2)
