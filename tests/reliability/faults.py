"""What happens to a run of days, each as a function that raises where the run is lost."""
from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ikp_mm.clips import FolderClips
from ikp_mm.clips.packed import DATABASE

from bench import Bench, ends_as_undisturbed, fault, refused
from runs import (ITERS, ROOT, SIDE, assert_same_end, at_point, die_in_hook, die_while_writing,
                  end, finish, output, signalled_in_hook, start)
from tiny_packed import number_of_pages, pack, wipe_page
from tiny_videos import write_uneven_video, write_video

ORIENTATION = 0x0112  # EXIF's tag


# ------------------------------------------------------------------ killed

@fault('SIGKILL at a random moment', tries=8)
def sigkill(bench, number):
    work_dir = bench.work_dir('sigkill', number)
    moment = random.Random(number).uniform(0.15, 0.85) * bench.seconds
    while True:
        process = start(bench.config, work_dir)
        time.sleep(moment)
        os.kill(process, signal.SIGKILL)
        if end(process) == -signal.SIGKILL:
            break
        shutil.rmtree(work_dir)  # it had ended before
        moment /= 2
    ends_as_undisturbed(bench, work_dir)


# Where a signal comes: the point of the run, and its number.
MOMENTS = (('before_train_iter', 1), ('before_train_iter', 5), ('after_val_iter', 1),
           ('before_val', 3), ('before_save_checkpoint', 3))


def stopped(bench: Bench, number: int, sent: int) -> None:
    name = signal.Signals(sent).name
    work_dir = bench.work_dir(name, number)
    status = end(start(bench.config, work_dir, plant=signalled_in_hook(*MOMENTS[number], sent)))
    assert status == 128 + sent, f'status {status}'
    assert f'{name}: saved ' in output(work_dir) and '--resume' in output(work_dir)
    ends_as_undisturbed(bench, work_dir)


@fault('SIGTERM in training, validation and while saving', tries=len(MOMENTS))
def sigterm(bench, number):
    stopped(bench, number, signal.SIGTERM)


@fault('Ctrl-C (SIGINT) in training, validation and while saving', tries=len(MOMENTS))
def sigint(bench, number):
    stopped(bench, number, signal.SIGINT)


@fault('SIGTERM, Ctrl-C to the whole group of processes, loader workers among them', tries=2)
def group(bench, number):
    sent = (signal.SIGTERM, signal.SIGINT)[number]
    work_dir = bench.work_dir('group', number)
    workers = ['train_cfg.prior_dataloader.num_workers=1', 'train_dataloader.num_workers=1']

    def plant():
        os.setpgid(0, 0)
        signalled_in_hook('before_train_iter', 4, sent, to_group=True)()

    status = end(start(bench.config, work_dir, *workers, plant=plant))
    assert status == 128 + sent, f'status {status}: {output(work_dir)[-300:]}'
    finish(bench.config, work_dir, *workers)
    assert_same_end(work_dir, bench.undisturbed)


def killed_by(bench: Bench, name: str, number: int, plant) -> None:
    work_dir = bench.work_dir(name, number)
    status = end(start(bench.config, work_dir, plant=plant))
    assert status == -signal.SIGKILL, f'the planted death did not come: status {status}'
    ends_as_undisturbed(bench, work_dir)


@fault('SIGKILL with half a checkpoint written', tries=4)
def half_written(bench, number):
    killed_by(bench, 'half', number, die_while_writing(2 * number + 1))


@fault('SIGKILL inside a validation', tries=4)
def in_validation(bench, number):
    killed_by(bench, 'validation', number, die_in_hook('after_val_iter', number + 1))


@fault('SIGKILL between a checkpoint and its validation', tries=4)
def before_validation(bench, number):
    killed_by(bench, 'between', number, die_in_hook('before_val', number + 1))


@fault('A fresh process killed by SIGKILL, SIGTERM, SIGINT', tries=3)
def fresh_process(bench, number):
    sent = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)[number]
    work_dir = bench.work_dir('fresh', number)
    command = [sys.executable, '-W', 'ignore', str(ROOT / 'tools/train.py'), str(bench.config),
               '--work-dir', str(work_dir)]
    work_dir.mkdir()
    with open(work_dir / 'output.txt', 'w', encoding='utf-8') as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        while not list(work_dir.glob('iter_*.pth')) and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(sent)
        status = process.wait(timeout=120)
        assert status == (-sent if sent == signal.SIGKILL else 128 + sent), f'status {status}'
        subprocess.run([*command, '--resume'], stdout=log, stderr=log, check=True, timeout=300)
    assert_same_end(work_dir, bench.undisturbed)


# ------------------------------------------------------------------ storage

@fault('Disk full while a checkpoint is written (file size limit)')
def disk_full(bench, number):
    work_dir = bench.work_dir('full', number)
    end(start(bench.config, work_dir, plant=die_in_hook('before_val', 1)))  # iter_2.pth is there
    size = (work_dir / 'iter_2.pth').stat().st_size

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

    refused(bench, work_dir, 'File too large', resume=True, plant=limit)
    ends_as_undisturbed(bench, work_dir)


@fault('Work directory that may not be written')
def read_only(bench, number):
    work_dir = bench.work_dir('read only', number)
    inside = work_dir / 'inside'
    inside.mkdir(parents=True)
    inside.chmod(0o555)

    def as_nobody():  # whom a mode binds, as it does not bind root
        if os.getuid() == 0:
            os.setuid(65534)

    process = start(bench.config, work_dir, plant=as_nobody, into=inside)
    status, printed = end(process), output(work_dir)
    assert status == 1 and 'Traceback' not in printed and str(inside) in printed, printed[-400:]
    assert not list(inside.iterdir())


def spoil(path: Path, how: str) -> None:
    """Cut a file to a half, empty it, or flip 16 bits in its middle."""
    content = bytearray(path.read_bytes())
    if how == 'cut':
        del content[len(content) // 2:]
    elif how == 'emptied':
        content.clear()
    else:
        for place in range(len(content) // 2, len(content) // 2 + 16):
            content[place] ^= 0x40
    path.write_bytes(content)


@fault('Last checkpoint cut, emptied, or with flipped bits', tries=3)
def spoilt_checkpoint(bench, number):
    how = ('cut', 'emptied', 'flipped')[number]
    work_dir = bench.work_dir(how, number)
    end(start(bench.config, work_dir, plant=die_in_hook('before_val', 3)))
    assert sorted(path.name for path in work_dir.glob('iter_*')) == ['iter_4.pth', 'iter_6.pth']
    spoil(work_dir / 'iter_6.pth', how)
    ends_as_undisturbed(bench, work_dir)
    assert 'iter_6.pth cannot be read' in output(work_dir), 'it is not said which one is spoilt'


@fault('last_checkpoint emptied by a crash')
def empty_pointer(bench, number):
    work_dir = bench.work_dir('pointer', number)
    end(start(bench.config, work_dir, plant=die_in_hook('before_val', 2)))
    (work_dir / 'last_checkpoint').write_text('')
    ends_as_undisturbed(bench, work_dir)


@fault('Work directory moved before the resume')
def moved(bench, number):
    work_dir, elsewhere = bench.work_dir('moved', number), bench.work_dir('elsewhere', number)
    end(start(bench.config, work_dir, plant=die_in_hook('before_val', 2)))
    shutil.move(work_dir, elsewhere)
    ends_as_undisturbed(bench, elsewhere)


@fault('A clock that jumps a day, forwards or back', tries=2)
def clock(bench, number):
    work_dir = bench.work_dir('clock', number)

    def jump():
        real, begun = time.time, time.monotonic()
        by = 86400 * (1 if number else -1)
        time.time = lambda: real() + (by if time.monotonic() - begun > bench.seconds / 2 else 0)

    assert end(start(bench.config, work_dir, plant=jump)) == 0, output(work_dir)[-400:]
    assert_same_end(work_dir, bench.undisturbed)


@fault('A clock put back an hour before the resume')
def clock_put_back(bench, number):
    work_dir = bench.work_dir('put back', number)
    assert end(start(bench.config, work_dir, plant=die_in_hook('before_val', 2))) < 0

    def put_back():
        real = time.time
        time.time = lambda: real() - 3600

    assert end(start(bench.config, work_dir, resume=True, plant=put_back)) == 0
    assert_same_end(work_dir, bench.undisturbed)


@fault('Two runs started in one work directory')
def two_runs(bench, number):
    work_dir = bench.work_dir('two', number)
    first = start(bench.config, work_dir)
    before = time.monotonic()
    while not (work_dir / '.lock').exists() or not (work_dir / '.lock').read_text():
        assert time.monotonic() - before < 60, 'the first run takes no lock'
        time.sleep(0.01)
    second = start(bench.config, work_dir)
    assert end(second) == 1 and f'in use by process {first}' in output(work_dir)
    assert end(first) == 0
    assert_same_end(work_dir, bench.undisturbed)


# ------------------------------------------------------------------ data

def clip_options(*settings: str) -> list[str]:
    """Options that give settings of clips to training and validation."""
    return [f'{entry}.dataset.clips.{setting}' for setting in settings
            for entry in ('train_dataloader', 'val_cfg.pairs_dataloader')]


def with_clips(bench: Bench, work_dir: Path, change: Callable[[Path], None]) -> list[str]:
    """Options of a run on a copy of the clips that ``change`` has changed."""
    clips = work_dir / 'clips'
    shutil.copytree(bench.folder / 'clips', clips)
    change(clips)
    return clip_options(f'root={clips}')


def picture(path: Path) -> np.ndarray:
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


def grey(path):
    cv2.imwrite(str(path), picture(path)[..., 0])


def alpha(path):
    cv2.imwrite(str(path), cv2.cvtColor(picture(path), cv2.COLOR_BGR2BGRA))


def deep(path):
    cv2.imwrite(str(path), picture(path).astype(np.uint16) * 257)


def smaller(path):
    cv2.imwrite(str(path), picture(path)[::2, ::2])


def turned(path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # a quarter turn
    Image.fromarray(picture(path)[..., ::-1]).save(path.with_suffix('.jpg'), exif=exif)
    path.unlink()


def empty(path):
    path.write_bytes(b'')


def cut(path):
    spoil(path, 'cut')


DAMAGES = (empty, cut, grey, alpha, deep, turned, smaller)


@fault('A frame empty, cut, grey, with alpha, of 16 bits, turned by EXIF, of another size',
       tries=len(DAMAGES))
def damaged_frame(bench, number):
    damage = DAMAGES[number]
    work_dir = bench.work_dir(damage.__name__, number)
    work_dir.mkdir()
    options = with_clips(bench, work_dir, lambda clips: damage(clips / '1/0003.png'))
    process = start(bench.config, work_dir, *options)
    status, printed = end(process), output(work_dir)
    assert 'Traceback' not in printed, printed[-800:]
    if damage in (empty, cut, smaller):
        # Left out and counted, or refused by name.
        assert '0003.png' in printed, f'status {status}: the frame is not named'
    assert status == 0 or '0003.png' in printed.strip().splitlines()[-1], printed[-400:]


@fault('A frame removed, or replaced by a cut one, during the run', tries=2)
def replaced_during(bench, number):
    work_dir = bench.work_dir('replaced', number)
    work_dir.mkdir()
    options = with_clips(bench, work_dir, lambda clips: None)

    def damage(runner):
        for clip in (work_dir / 'clips').iterdir():
            (cut if number else Path.unlink)(clip / '0003.png')

    status = end(start(bench.config, work_dir, *options, plant=at_point('before_train', damage)))
    printed = output(work_dir)
    assert 'Traceback' not in printed, printed[-800:]
    assert '0003.png' in printed, f'status {status}: the frame is not named'


def videos(bench: Bench, work_dir: Path) -> list[str]:
    """Options of a run on two videos of 12 frames, one of them of an odd frame rate that varies."""
    folder = work_dir / 'videos'
    folder.mkdir(parents=True)
    frames = [picture(path) for path in sorted((bench.folder / 'clips').glob('*/*.png'))[:12]]
    write_video(folder / 'whole.avi', frames)
    write_uneven_video(folder / 'uneven.mp4', frames, [0, 1, 2, 9, 10, 30, 31, 33, 60, 61, 62, 63])
    return clip_options('_delete_=True', f'root={folder}', 'type=VideoClips')


@fault('Videos: of a rate that varies, cut short, cut or replaced by a shorter one during the run',
       tries=4)
def damaged_videos(bench, number):
    work_dir = bench.work_dir('videos', number)
    options = videos(bench, work_dir)
    film = work_dir / 'videos/whole.avi'

    def damage(runner=None):
        if number == 3:
            write_video(film, [picture(bench.folder / 'clips/0/0000.png')] * 3)
        else:
            cut(film)

    if number == 1:
        damage()
    plant = at_point('before_train', damage) if number > 1 else None
    status, printed = end(start(bench.config, work_dir, *options, plant=plant)), output(work_dir)
    assert 'Traceback' not in printed, printed[-800:]
    if number:
        assert 'whole.avi' in printed, f'status {status}: the video is not named'
    assert status == 0 or 'whole.avi' in printed.strip().splitlines()[-1], printed[-400:]


@fault('A packed set (LMDB) with damaged pages, or cut off', tries=2)
def damaged_pack(bench, number):
    work_dir = bench.work_dir('packed', number)
    folder = work_dir / 'set'
    pack(FolderClips(root=str(bench.folder / 'clips'), image_size=SIDE), folder, SIDE)
    if number:
        cut(folder / DATABASE)
    else:
        for page in range(6, number_of_pages(folder), 2):
            wipe_page(folder, page)
    refused(bench, work_dir, str(folder),
            options=clip_options('_delete_=True', 'type=PackedClips', f'path={folder}'))


@fault('A loader worker that is killed')
def dead_worker(bench, number):
    work_dir = bench.work_dir('worker', number)

    def plant():
        from torch.utils.data import get_worker_info

        from ikp_mm.priors import PosePriorDataset
        whole = PosePriorDataset.__getitem__

        def item(self, draw):
            if draw == 9 and get_worker_info() is not None:
                os.kill(os.getpid(), signal.SIGKILL)
            return whole(self, draw)

        PosePriorDataset.__getitem__ = item

    workers = ['train_cfg.prior_dataloader.num_workers=1', 'train_dataloader.num_workers=1']
    refused(bench, work_dir, 'worker', options=workers, plant=plant)
    finish(bench.config, work_dir, *workers)
    assert_same_end(work_dir, bench.undisturbed)


# ------------------------------------------------------------------ numbers

@fault('Learning rates at which losses become NaN')
def not_finite(bench, number):
    work_dir = bench.work_dir('nan', number)
    refused(bench, work_dir, 'nan', 'iteration', 'frames', options=[
        'optim_wrapper.translator.optimizer.lr=1e30',
        'optim_wrapper.translator.clip_grad.max_norm=1e30'])
    assert not (work_dir / f'iter_{ITERS}.pth').exists()
