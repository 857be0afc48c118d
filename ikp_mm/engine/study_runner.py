"""Runs the rows of a study through the command-line tools, so that any of them may be interrupted.

A row's folder is named by its configuration and its code. Whatever lies in it was thus made by this
very job: training goes on from its last checkpoint, and a test that is there is not made again.
"""
from __future__ import annotations

import datetime
import json
import math
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Optional

import torch
from mmengine.config import Config

from ikp_mm.io.atomic import whole_file

from .file_backend import AtomicLocalBackend
from .study import Study, StudyRow, config_hash, read_result, resolve, result_path, row_state
from .study_provenance import CodeVersion, code_version, machine

LOG_TAIL = 15


def launch(command: Sequence[str], log: Path, root: Path) -> int:
    """Run a command in ``root``; its output is appended to ``log``.

    The child ends with this process: an interruption from outside is handed on.

    Returns:
        its exit status.
    """
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(
        [str(root), *filter(None, [os.environ.get('PYTHONPATH')])]))
    with open(log, 'ab') as output:
        process = subprocess.Popen(list(command), cwd=root, env=environment, stdout=output,
                                   stderr=subprocess.STDOUT)
        try:
            return process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()


class RowFailed(RuntimeError):
    """A tool of a row ended with an error."""


class StudyRunner:
    """Runs what is missing of a study.

    Args:
        study: what to run.
        root: of the repository: configs, tools and data are looked up from there.
        work_root: folders of the rows, ``<work_root>/<study>/<row>/<config>_<code>``.
        stage_one_cache: folder in which rows share eta (``KeypointGANTrainLoop``); it changes no
            number, so it is no part of a row's configuration.
        start: runs a command: (command, log file, root) -> exit status.
        say: takes progress lines.
    """

    def __init__(self, study: Study, root: Path, work_root: Path, stage_one_cache: Path,
                 start: Callable[[Sequence[str], Path, Path], int] = launch,
                 say: Callable[[str], None] = print) -> None:
        self.study, self.root = study, root
        self.work_root = work_root / study.name
        self.stage_one_cache = stage_one_cache
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
            cfg = resolve(row, self.root)
            digest, code = config_hash(cfg), code_version(self.root)
            state = row_state(read_result(self.study, row), row, digest, code)
            if not force and (state == 'done' or (keep_stale and state == 'stale')):
                self._tell(f'{state}, kept')
                continue
            try:
                self._run_row(row, cfg, digest, code, force)
            except RowFailed as error:
                failed.append(row.name)
                self._tell(f'FAILED: {error}')
        return failed

    def _tell(self, text: str) -> None:
        elapsed = datetime.timedelta(seconds=round(time.perf_counter() - self._began))
        self.say(f'{elapsed}  {self._place}: {text}')

    # ------------------------------------------------------------------ one row

    def _run_row(self, row: StudyRow, cfg: Config, digest: str, code: CodeVersion,
                 force: bool) -> None:
        folder = self.work_root / row.name / f'{digest[:12]}_{code.folder}'
        if force and folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / 'config.py'
        if not config.is_file():
            self._dump(cfg, config)
        iterations = cfg.train_cfg.max_iters
        checkpoint = self._checkpoint(folder)
        done = 0 if checkpoint is None else checkpoint['meta']['iter']
        if done < iterations:
            self._tool(folder, 'train', f'{done} of {iterations} iterations done',
                       [str(config), '--work-dir', str(folder), '--resume'])
            checkpoint = self._checkpoint(folder)
        if checkpoint is None or checkpoint['meta']['iter'] < iterations:
            raise RowFailed(f'training ended without a checkpoint of iteration {iterations} in '
                            f'{folder}')
        metrics = distance = {}
        if row.test:
            raw = self._evaluate(folder, 'test', config, ['--work-dir', str(folder)])
            # json knows no NaN.
            metrics = {name: value if math.isfinite(value) else None
                       for name, value in raw.items()}
            distance = _read_distance(folder)
        regression = self._regress(folder, config, row)
        # Edited meanwhile, the tools did not all run the code that the row would name.
        if code_version(self.root) != code:
            code = CodeVersion(code.commit, 'edited while the row ran')
        self._write(row, digest, code, dict(
            iterations=checkpoint['meta']['iter'], **_cost(checkpoint, folder), metrics=metrics,
            distance=distance, regress=regression))
        self._tell(f'done: {result_path(self.study, row)}')

    def _dump(self, cfg: Config, path: Path) -> None:
        cfg = Config(cfg.to_dict(), format_python_code=False)
        # With painted figures stage one trains Phi too, which the cache does not keep.
        if (cfg.train_cfg.get('type') == 'KeypointGANTrainLoop'
                and cfg.get('model', {}).get('figures') is None):
            cfg.train_cfg.stage_one_cache = str(self.stage_one_cache)
        with whole_file(path) as part:
            cfg.dump(part)

    @staticmethod
    def _checkpoint(folder: Path) -> Optional[dict]:
        pointer = folder / 'last_checkpoint'
        if not pointer.is_file():
            return None
        return torch.load(pointer.read_text().strip(), map_location='cpu', weights_only=True)

    def _evaluate(self, folder: Path, tool: str, config: Path, options: list[str]) -> dict:
        """The json that ``tools/<tool>.py --out`` writes, made unless it is there."""
        out = folder / f'{tool}.json'
        if not out.is_file():
            with whole_file(out) as part:
                self._tool(folder, tool, '', [str(config), str(folder / 'last_checkpoint'),
                                              '--out', str(part), *options])
        return json.loads(out.read_text(encoding='utf-8'))

    def _regress(self, folder: Path, config: Path, row: StudyRow) -> dict:
        if row.regress is None:
            return {}
        content = self._evaluate(folder, 'regress', config,
                                 ['--labelled', *map(str, row.regress)])
        # Paths of this machine say nothing on another.
        return {key: value for key, value in content.items()
                if key not in ('checkpoint', 'config')}

    def _tool(self, folder: Path, tool: str, remark: str, arguments: list[str]) -> None:
        log = folder / f'{tool}.log'
        self._tell(f'{tool}{f" ({remark})" if remark else ""}, log {log}')
        wall, cpu, status = time.perf_counter(), _cpu_seconds(), None
        try:
            status = self.start([sys.executable, str(self.root / f'tools/{tool}.py'), *arguments],
                                log, self.root)
        finally:
            line = dict(tool=tool, status=status, wall_seconds=time.perf_counter() - wall,
                        cpu_seconds=_cpu_seconds() - cpu)
            with open(folder / 'sessions.jsonl', 'a', encoding='utf-8') as file:
                file.write(json.dumps(line) + '\n')
        if status:
            lines = log.read_text(errors='replace').splitlines() if log.is_file() else []
            raise RowFailed('\n'.join([f'tools/{tool}.py ended with status {status}; the end of '
                                       f'{log}:', *lines[-LOG_TAIL:]]))

    def _write(self, row: StudyRow, digest: str, code: CodeVersion, figures: dict) -> None:
        content = dict(
            study=self.study.name, row=row.name, label=row.label, group=row.group,
            config=row.config, config_hash=digest, seed=row.seed, supervised=row.supervised,
            test=row.test, labelled=list(row.regress or ()), commit=code.commit, dirty=code.dirty,
            uncommitted=code.uncommitted, machine=machine(),
            date=datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%d'), **figures)
        text = json.dumps(content, indent=1, allow_nan=False) + '\n'
        AtomicLocalBackend().put(text.encode(), result_path(self.study, row))


def _cpu_seconds() -> float:
    """Of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _read_distance(folder: Path) -> dict:
    """Unit and rows of ``KeypointDistanceMetric``, without its tables per joint."""
    path = folder / 'keypoint_distance.json'
    if not path.is_file():
        raise RowFailed(f'{path} is missing: the test set needs a KeypointDistanceMetric')
    content = json.loads(path.read_text(encoding='utf-8'))
    return {key: content[key] for key in
            ('unit', 'norm_joints', 'num_images', 'n_regress', 'results', 'per_group')
            if key in content}


def _cost(checkpoint: dict, folder: Path) -> dict:
    """What a row cost.

    ``minutes``: the iterations of training and the waiting for their data, over all sessions, each
    counted once; validations, tests and starts are not in it. A stage one that came from the cache
    counts as it took when it was trained. ``wall_minutes`` and ``cpu_minutes``: of all processes of
    the row, whatever they did, iterations that an interruption lost included.
    """
    hub = checkpoint['message_hub']
    seconds = float(hub['log_scalars']['train/time']['values'].sum())
    cached = float(hub['runtime_info'].get('cached_stage_one_seconds', 0.0))
    sessions = [json.loads(line) for line in
                (folder / 'sessions.jsonl').read_text(encoding='utf-8').splitlines()]
    return dict(
        minutes=round((seconds + cached) / 60, 2), cached_minutes=round(cached / 60, 2),
        wall_minutes=round(sum(one['wall_seconds'] for one in sessions) / 60, 2),
        cpu_minutes=round(sum(one['cpu_seconds'] for one in sessions) / 60, 2))
