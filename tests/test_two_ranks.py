"""Two gloo ranks with batch b are one process with batch 2b, to rounding; and ranks that die."""
import re
import time

import pytest
import torch

from tiny_ranks import CASES, LAST, case_config, run_ranks, train_cases
from tiny_run import BATCH, ROOT, assert_identical, load, tiny_config, train


def numbers(state, where='state') -> dict[str, torch.Tensor]:
    """The floating tensors of a nested state, by their place in it."""
    if isinstance(state, dict):
        pairs = state.items()
    elif isinstance(state, (list, tuple)):
        pairs = enumerate(state)
    else:
        is_number = isinstance(state, torch.Tensor) and state.is_floating_point()
        return {where: state} if is_number else {}
    return {place: tensor for key, value in pairs
            for place, tensor in numbers(value, f'{where}.{key}').items()}


def largest_difference(first, second) -> tuple[float, str]:
    """The largest |a - b| / max(1, |a|) of two states, and where."""
    first, second = numbers(first), numbers(second)
    assert list(first) == list(second) and len(first) > 100
    worst = (0.0, 'nowhere')
    for place, a in first.items():
        b = second[place]
        assert a.dtype == b.dtype and a.shape == b.shape, place
        worst = max(worst, (float(((a - b).abs() / a.abs().clamp(min=1)).max()), place))
    return worst


@pytest.fixture(scope='module')
def two_ranks(tmp_path_factory):
    """What two ranks end with, by case: (folder of the run, state of each rank)."""
    folder = tmp_path_factory.mktemp('two_ranks')
    train_cases(folder, CASES)
    return {name: (folder / name, [load(folder / name / f'rank_{rank}.pth') for rank in (0, 1)])
            for name in CASES}


@pytest.mark.parametrize('name', CASES)
def test_two_ranks_of_b_are_one_process_of_two_b(tmp_path, two_ranks, name):
    """Both stages, in float64; weights, their averages and running statistics.

    A step of Adam moves a weight by up to 5e-4.
    """
    folder, (first, second) = two_ranks[name]
    assert_identical(first, second)
    cfg = case_config(tmp_path, name, 2 * BATCH)
    train(cfg)
    alone, together = (load(place / f'iter_{LAST}.pth') for place in (tmp_path, folder))
    difference, where = largest_difference(
        *({part: saved[part] for part in ('state_dict', 'ema_state_dict')}
          for saved in (alone, together)))
    if name == 'batch_statistics':
        # BatchNorm over b images is another network than BatchNorm over 2b.
        assert difference > 1e-4
    else:
        assert difference < 1e-10, where


def died(folder, how, *options):
    """Seconds from the death of rank 1 to the end of the job; what the job printed."""
    cfg = tiny_config(folder / 'run', 0, 1000)
    cfg.custom_imports.imports = ['ikp_mm', 'tiny_ranks']
    cfg.custom_hooks.append(dict(type='DieHook', how=how))
    cfg.dump(folder / 'a run.py')
    done = run_ranks(ROOT / 'tools/dist_train.sh', folder / 'a run.py', 2, *options)
    assert done.returncode == 1 and (folder / 'run/died_at').exists(), done.stdout[-3000:]
    seconds = time.time() - float((folder / 'run/died_at').read_text())
    print(f'{how}: the job ended after {seconds:.1f} s')  # docs/speed.md
    return seconds, done.stdout


def test_a_rank_that_raises_takes_the_job_down_with_its_message(tmp_path):
    seconds, printed = died(tmp_path, 'raise')
    assert 'ValueError: clip_000017.mp4 holds no frame' in printed
    assert re.search(r'rank\s*: 1 ', printed) and seconds < 60


@pytest.mark.slow
def test_a_rank_that_is_killed_takes_the_job_down(tmp_path):
    seconds, printed = died(tmp_path, 'kill')
    assert 'SIGKILL' in printed and seconds < 60


@pytest.mark.slow
def test_a_rank_that_hangs_is_ended_by_the_timeout(tmp_path):
    seconds, printed = died(tmp_path, 'hang', '--cfg-options', 'env_cfg.dist_cfg.timeout=10')
    assert 'Timed out waiting' in printed and 9 < seconds < 60
