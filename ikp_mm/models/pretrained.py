"""Whether the files that ``init_cfg`` names really hold the weights.

MMEngine loads them leniently: a file of which not one key fits is a warning in the log, and the
training goes on with random weights.
"""
from __future__ import annotations

import copy
from pathlib import Path

from mmengine.model import PretrainedInit
from mmengine.runner.checkpoint import CheckpointLoader
from torch import nn

NAMED = 5  # keys that a message lists


def _pretrained(module: nn.Module) -> list[dict]:
    """The ``Pretrained`` entries of a module's own ``init_cfg``."""
    found = getattr(module, 'init_cfg', None) or []
    entries = [found] if isinstance(found, dict) else found
    return [entry for entry in entries if entry['type'] in ('Pretrained', PretrainedInit)]


def _state_dict(entry: dict, where: str) -> dict:
    """The weights of the file under the names that the module gives them, as MMEngine has it."""
    path = str(entry['checkpoint'])
    if '://' not in path and not Path(path).expanduser().is_file():
        raise FileNotFoundError(f'{where}: there is no file {path}')
    checkpoint = CheckpointLoader.load_checkpoint(path, map_location='cpu', logger=None)
    if not isinstance(checkpoint, dict):
        raise ValueError(f'{where}: {path} holds a {type(checkpoint).__name__}, not a checkpoint')
    state = checkpoint.get('state_dict', checkpoint)
    prefix = entry.get('prefix')
    if prefix is None:
        return {key.removeprefix('module.'): value for key, value in state.items()}
    prefix = prefix if prefix.endswith('.') else f'{prefix}.'
    return {key[len(prefix):]: value for key, value in state.items() if key.startswith(prefix)}


def check_pretrained(model: nn.Module) -> None:
    """Refuse ``init_cfg=dict(type='Pretrained', ...)`` that would leave weights random.

    For the model and every module in it whose ``init_cfg`` is of that type: the file exists, and
    holds, under ``prefix`` if one is given, every weight and buffer of the module in its shape
    (after the module's own load hooks, which may resize position embeddings); BatchNorm's
    ``num_batches_tracked`` may be absent, as in old files. What the file holds beyond that, a
    classifier's ``fc`` say, is let be. The module itself is not touched.

    Raises:
        FileNotFoundError: no such file (an address with ``://`` is left to MMEngine's loaders).
        ValueError: the file lacks keys, which are named, or shapes differ.
    """
    for name, module in model.named_modules():
        where = f'model.{name}.init_cfg' if name else 'model.init_cfg'
        for entry in _pretrained(module):
            state = _state_dict(entry, where)
            own = {key for key in module.state_dict() if not key.endswith('num_batches_tracked')}
            under = f' under prefix {entry["prefix"]!r}' if entry.get('prefix') else ''
            try:
                result = copy.deepcopy(module).load_state_dict(state, strict=False)
            except RuntimeError as error:  # shapes that differ, even when not strict
                raise ValueError(f'{where}: {entry["checkpoint"]}{under} does not fit the '
                                 f'{type(module).__name__}: {error}') from error
            missing = [key for key in result.missing_keys if key in own]
            if missing:
                listed = ', '.join(missing[:NAMED]) + (', ...' if len(missing) > NAMED else '')
                hint = (': give the right prefix, such as "backbone."'
                        if len(missing) == len(own) else '')
                raise ValueError(
                    f'{where}: {entry["checkpoint"]}{under} lacks {len(missing)} of the '
                    f'{len(own)} weights of the {type(module).__name__}: {listed}{hint}')
