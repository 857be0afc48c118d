"""Long runs, large inputs, many processes, a busy machine."""
from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np

from bench import Bench, fault
from ikp_mm.priors import PosePriorDataset
from runs import ITERS, ROOT, at_point, end, output, start
from tiny_checkpoint import save_tiny
from tiny_videos import moving_square, write_video

ITERATIONS, WARM_UP = 20_000, 4_000
SLOPE = 1024  # bytes an iteration
FRAMES, FEW_FRAMES = 20_000, 2_000
PAGE = os.sysconf('SC_PAGE_SIZE')


def state_of_process() -> tuple[int, int, int]:
    """Resident bytes, open files and threads of this process."""
    resident = int(Path('/proc/self/statm').read_text().split()[1]) * PAGE
    return resident, len(os.listdir('/proc/self/fd')), len(os.listdir('/proc/self/task'))


@fault(f'{ITERATIONS} iterations: memory, open files and threads stay')
def long_run(bench: Bench, number: int):
    work_dir = bench.work_dir('long', number)
    log = bench.folder / 'long.jsonl'

    def note(runner):
        if (runner.iter + 1) % 100 == 0:
            with log.open('a') as file:
                file.write(json.dumps((runner.iter + 1, *state_of_process())) + '\n')

    process = start(
        bench.config, work_dir, f'train_cfg.max_iters={ITERATIONS}', 'train_cfg.pretrain_iters=500',
        f'train_cfg.val_interval={ITERATIONS // 4}',
        f'default_hooks.checkpoint.interval={ITERATIONS // 8}',
        'default_hooks.logger.interval=25', plant=at_point('after_train_iter', note, number=None))
    assert end(process, limit=1500) == 0, output(work_dir)[-400:]
    steps, resident, files, threads = np.array(
        [json.loads(line) for line in log.read_text().splitlines()], float).T
    late = steps >= WARM_UP
    slope = np.polyfit(steps[late], resident[late], 1)[0]
    print(f'    {slope:.0f} bytes an iteration, {resident[-1] / 2**20:.0f} MiB at the end')
    assert slope < SLOPE, f'{slope:.0f} bytes an iteration'
    for name, counts in (('open files', files), ('threads', threads)):
        assert counts[late].max() <= counts[late][0], f'{name}: {counts[late]}'


def peak_of_demo(bench: Bench, model: Path, video: Path) -> float:
    """MiB that ``tools/demo.py`` takes at most."""
    measured = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c',
         'import resource, runpy, sys; sys.argv = sys.argv[1:]\n'
         'runpy.run_path(sys.argv[0], run_name="__main__")\n'
         'print("PEAK", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)',
         str(ROOT / 'tools/demo.py'), str(model), str(video), '--no-scores',
         '--out', str(bench.folder / f'demo_{video.stem}')],
        capture_output=True, text=True, timeout=1500)
    assert measured.returncode == 0, measured.stderr[-400:]
    return int(measured.stdout.rsplit('PEAK', 1)[1]) / 1024


@fault(f'The demo on a video of {FRAMES} frames takes no more memory than on {FEW_FRAMES}')
def long_video(bench: Bench, number: int):
    model = save_tiny(bench.folder / 'tiny_model.pth')
    frames = moving_square(50)
    peaks = []
    for count in (FEW_FRAMES, FRAMES):
        video = write_video(bench.folder / f'{count}.avi', frames * (count // len(frames)))
        peaks.append(peak_of_demo(bench, model, video))
    print(f'    {peaks[0]:.0f} MiB, {peaks[1]:.0f} MiB')
    # As of a training's iterations, below 1 KiB a frame: the videos' own indexes and the heap.
    more = peaks[1] - peaks[0]
    assert more < (FRAMES - FEW_FRAMES) / 1024, f'{more:.0f} MiB more'


@fault('A million poses as prior')
def many_poses(bench: Bench, number: int):
    path = bench.folder / 'million.npz'
    few = np.load(bench.folder / 'poses.npz')['keypoints'].astype(np.float32)
    np.savez(path, keypoints=np.resize(few, (1_000_000, *few.shape[1:])))
    before, (resident, *_) = time.monotonic(), state_of_process()
    prior = PosePriorDataset(poses=str(path), skeleton='h36m17', frame='image', seed=0)
    for draw in range(1000):
        prior[draw]
    seconds, more = time.monotonic() - before, state_of_process()[0] - resident
    print(f'    {seconds:.1f} s, {more / 2**20:.0f} MiB')
    assert len(prior) == 1_000_000 and seconds < 60 and more < 2**31


@fault('A clip of 100,000 frames')
def many_frames(bench: Bench, number: int):
    clip = bench.folder / 'many' / 'clip'
    clip.mkdir(parents=True)
    source = bench.folder / 'clips/0'
    pictures = sorted(source.iterdir())
    for t in range(100_000):
        os.link(pictures[t % len(pictures)], clip / f'{t:06d}.png')
    work_dir = bench.work_dir('many frames', number)
    before = time.monotonic()
    status = end(start(bench.config, work_dir,
                       f'train_dataloader.dataset.clips.root={clip.parent}',
                       f'val_cfg.pairs_dataloader.dataset.clips.root={clip.parent}'), limit=300)
    print(f'    {time.monotonic() - before:.1f} s, {bench.seconds:.1f} s on 18 frames')
    assert status == 0, output(work_dir)[-400:]


@fault('Ten processes share one exported model')
def shared_model(bench: Bench, number: int):
    model = bench.folder / f'undisturbed/iter_{ITERS}.pth'
    exported = bench.folder / 'exported'
    done = subprocess.run([sys.executable, '-W', 'ignore', str(ROOT / 'tools/export.py'), str(model),
                           '--out', str(exported)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-400:]
    picture = bench.folder / 'square.png'
    cv2.imwrite(str(picture), moving_square(1)[0])
    onnx, = exported.glob('*.onnx')
    processes = [subprocess.Popen(
        [sys.executable, '-W', 'ignore', str(ROOT / 'tools/demo.py'), str(onnx), str(picture),
         '--out', str(bench.folder / f'shared_{index}')],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for index in range(10)]
    for process in processes:
        errors = process.communicate(timeout=300)[1]
        assert process.returncode == 0, errors[-400:]
    found = {json.dumps(json.loads(path.read_text())['frames'])
             for path in bench.folder.glob('shared_*/*/predictions.json')}
    assert len(found) == 1, 'the ten results differ'


@fault('A step beside a process that takes one core')
def busy_machine(bench: Bench, number: int):
    def seconds(name: str) -> float:
        work_dir = bench.work_dir(name, number)
        assert end(start(bench.config, work_dir, 'train_cfg.max_iters=300',
                         'train_cfg.val_interval=300',
                         'default_hooks.checkpoint.interval=300')) == 0
        lines = [line for line in output(work_dir).splitlines() if 'Iter(train)' in line]
        times = [float(line.split(' time: ')[1].split()[0]) for line in lines[100:]]
        return float(np.median(times))

    alone = seconds('alone')
    other = subprocess.Popen([sys.executable, '-c', 'while True: pass'])
    try:
        beside = seconds('beside')
    finally:
        other.kill()
        other.wait()
    print(f'    {beside / alone:.2f} times')
    assert beside < 2.5 * alone, f'{beside / alone:.2f} times slower'
