"""Runs the rows of a study through the command-line tools; any of them may be interrupted.

A row's folder is named by its configuration and its code. Whatever lies in it was thus made by
this very job: training goes on from its last checkpoint, and a test that is there is not made
again.
"""
from __future__ import annotations

import datetime
import json
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from mmengine.config import Config

from benchmarks.timing import machine
from ikp_mm.io.atomic import atomic_file
from ikp_mm.io.checkpoint_file import latest_checkpoint, load_plain

from .study import Study, StudyRow, code_version, config_hash, read_result, resolve, row_state

LOG_TAIL = 15


def launch(command: Sequence[str], log: Path, root: Path) -> int:
    """Run a command in ``root``, its output appended to ``log``; it ends with this process.

    Returns:
        its exit status.
    """
    path = os.pathsep.join([str(root), *filter(None, [os.environ.get('PYTHONPATH')])])
    with open(log, 'ab') as output:
        return subprocess.run(list(command), cwd=root, env=dict(os.environ, PYTHONPATH=path),
                              stdout=output, stderr=subprocess.STDOUT, check=False).returncode


class RowFailed(RuntimeError):
    """A tool of a row ended with an error."""


class StudyRunner:
    """Runs what is missing of a study.

    Args:
        study: what to run.
        root: of the repository: configs, tools and data are looked up from there.
        work_root: folders of the rows, ``<work_root>/<study>/<row>/<config>_<code>``.
        start: runs a command: (command, log file, root) -> exit status.
        say: takes progress lines.
    """

    def __init__(self, study: Study, root: Path, work_root: Path,
                 start: Callable[[Sequence[str], Path, Path], int] = launch,
                 say: Callable[[str], None] = print) -> None:
        self.study, self.root, self.work_root = study, root, work_root / study.name
        self.start, self.say = start, say
        self._began = time.perf_counter()

    def run(self, rows: Sequence[StudyRow], keep_stale: bool = False, force: bool = False
            ) -> list[str]:
        """Run the rows that are not done, one after the other.

        Args:
            rows: of the study.
            keep_stale: leave rows alone whose json is of this configuration and other code.
            force: throw away what is there of the rows, checkpoints too, and run them all.

        Returns:
            names of the rows that failed; the others were not held up by them.
        """
        failed = []
        for number, row in enumerate(rows, start=1):
            self._place = f'[{number}/{len(rows)}] {row.name}'
            cfg, code = resolve(row, self.root), code_version(self.root)
            digest = config_hash(cfg)
            state = row_state(read_result(self.study, row), row, digest, code['code'])
            if not force and (state == 'done' or (keep_stale and state == 'stale')):
                self._tell(f'{state}, kept')
                continue
            folder = self.work_root / row.name / f"{digest[:12]}_{code['code'][:12]}"
            if force and folder.exists():
                shutil.rmtree(folder)
            try:
                figures = self._figures(row, cfg, folder)
            except RowFailed as error:
                failed.append(row.name)
                self._tell(f'FAILED: {error}')
                continue
            # Edited meanwhile, the tools did not all run the code that the row would name.
            if code_version(self.root) != code:
                code = dict(code, code='edited while the row ran', dirty=True)
            content = dict(
                study=self.study.name, row=row.name, label=row.label, group=row.group,
                config=row.config, config_hash=digest, seed=row.seed, supervised=row.supervised,
                labelled=list(row.regress), **code, machine=machine(),
                date=datetime.date.today().isoformat(), **figures)
            path = self.study.result_path(row)
            with atomic_file(path) as part:
                part.write_text(json.dumps(content, indent=1, allow_nan=False) + '\n')
            self._tell(f'done: {path}')
        return failed

    def _tell(self, text: str) -> None:
        elapsed = datetime.timedelta(seconds=round(time.perf_counter() - self._began))
        self.say(f'{elapsed}  {self._place}: {text}')

    def _figures(self, row: StudyRow, cfg: Config, folder: Path) -> dict:
        """Train, test and regress in ``folder`` what has not been; what the json says of it."""
        config, pointer = folder / 'config.py', folder / 'last_checkpoint'
        if not config.is_file():
            with atomic_file(config) as part:
                cfg.dump(part)
        iterations, done = cfg.train_cfg.max_iters, 0
        if pointer.is_file():
            done = load_plain(latest_checkpoint(pointer))['meta']['iter']
        if done < iterations:
            self._start(folder, 'tools/train.py', f' ({done} of {iterations} iterations done)',
                        [str(config), '--work-dir', str(folder), '--resume'])
        checkpoint = load_plain(latest_checkpoint(pointer)) if pointer.is_file() else None
        if checkpoint is None or checkpoint['meta']['iter'] < iterations:
            raise RowFailed(f'training ended without a checkpoint of iteration {iterations} in '
                            f'{folder}')
        metrics = self._evaluate(folder, 'tools/test.py', ['--work-dir', str(folder)])
        distance = folder / 'keypoint_distance.json'
        if not distance.is_file():
            raise RowFailed(f'{distance} is missing: the test set needs a KeypointDistanceMetric')
        distance = json.loads(distance.read_text(encoding='utf-8'))
        regression = {} if not row.regress else self._evaluate(
            folder, 'projects/comparison/regress.py', ['--labelled', *map(str, row.regress)])
        seconds = float(checkpoint['message_hub']['log_scalars']['train/time']['values'].sum())
        return dict(
            iterations=checkpoint['meta']['iter'], minutes=round(seconds / 60, 2),
            # json knows no NaN.
            metrics={name: value if math.isfinite(value) else None
                     for name, value in metrics.items()},
            # Without the tables per joint, and without paths, which say nothing elsewhere.
            distance={key: value for key, value in distance.items() if key != 'per_joint'},
            regress={key: value for key, value in regression.items()
                     if key not in ('checkpoint', 'config')})

    def _evaluate(self, folder: Path, tool: str, options: list[str]) -> dict:
        """The json that a tool writes with ``--out``, made unless it is there."""
        out = folder / f'{Path(tool).stem}.json'
        if not out.is_file():
            with atomic_file(out) as part:
                self._start(folder, tool, '', [
                    str(folder / 'config.py'), str(folder / 'last_checkpoint'), '--out', str(part),
                    *options])
        return json.loads(out.read_text(encoding='utf-8'))

    def _start(self, folder: Path, tool: str, remark: str, arguments: list[str]) -> None:
        log = folder / f'{Path(tool).stem}.log'
        self._tell(f'{Path(tool).stem}{remark}, log {log}')
        status = self.start([sys.executable, str(self.root / tool), *arguments], log, self.root)
        if status:
            lines = log.read_text(errors='replace').splitlines() if log.is_file() else []
            raise RowFailed('\n'.join([f'{tool} ended with status {status}; the end of {log}:',
                                       *lines[-LOG_TAIL:]]))
