"""The configuration that a checkpoint holds, as data: a checkpoint may come from anyone.

A configuration names what is to be built. MMEngine takes any dotted name, ``os.system`` too, for
something to call; files named by it may be Python or pickles. So of a held configuration nothing
is run to read it, and nothing is kept that names more than what is registered here.
"""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import mmengine.registry
import mmpose.registry
from mmengine.config import Config
from mmengine.registry import Registry

from ikp_mm.literals import read_assignments
from ikp_mm.priors.pose_sources import POSE_SOURCES

# What inference, export and publishing read of a configuration besides the model; the rest trains.
USED = ('codec', 'data_mode', 'dataset_type', 'env_cfg', 'vis_backends', 'visualizer',
        'log_processor', 'log_level', 'test_dataloader', 'test_evaluator', 'test_cfg')
# What editing reads of the pairs that were trained on: how a look without a figure was made.
USED_OF_PAIRS = ('background', 'mask')
# Descriptions of joints, in which "type" is a part of the body.
DESCRIPTIONS = ('keypoint_info', 'skeleton_info')
# Files that are run when they are read.
RUN_WHEN_READ = ('.pkl', '.pickle', '.yaml', '.yml')
REMEDY = 'give the configuration file it was trained with (--config)'


def held_config(meta: Mapping, path: Path) -> Config:
    """The configuration in a checkpoint's ``meta``, what only trains left out.

    Args:
        meta: ``config_data``, as ``PlainCheckpointHook`` writes it, or ``cfg``, MMEngine's text.
        path: of the checkpoint, named in errors.

    Raises:
        ValueError: there is none; the text holds more than plain values; it names something to
            build, other than a loss, that is not registered, or a file that would be run.
    """
    if meta.get('config_data'):
        values = meta['config_data']
    elif isinstance(meta.get('cfg'), str) and meta['cfg']:
        try:
            values = read_assignments(meta['cfg'], "meta['cfg']")
        except ValueError as error:
            raise ValueError(f'the configuration in {path} is refused, since it would have to be '
                             f'run to be read: {REMEDY}. {error}') from error
    else:
        raise ValueError(f'{path} holds no configuration: {REMEDY}')
    if not isinstance(values, dict) or not isinstance(values.get('model'), dict):
        raise ValueError(f"the configuration in {path} is none: it has no 'model': {REMEDY}")
    scope = values.get('default_scope', 'mmpose')
    if scope != 'mmpose':
        raise ValueError(f'the configuration in {path} has default_scope={scope!r}, not '
                         f"'mmpose': {REMEDY}")
    kept = {key: values[key] for key in USED if values.get(key) is not None}
    # A loss that is not registered, such as an older version's, is not needed to find keypoints.
    kept['model'] = {key: item for key, item in values['model'].items() if not (
        key.startswith('loss_') and isinstance(item, Mapping)
        and not _is_known(item.get('type'), '.model'))}
    loader = values.get('train_dataloader')
    pairs = loader.get('dataset') if isinstance(loader, dict) else None
    if isinstance(pairs, dict):
        kept['train_dataloader'] = dict(
            dataset={key: pairs[key] for key in USED_OF_PAIRS if key in pairs})
    try:
        doubtful = next(_doubtful(kept, ''), None)
    except RecursionError as error:
        raise ValueError(f'the configuration in {path} is refused: it is nested without end: '
                         f'{REMEDY}') from error
    if doubtful is not None:
        place, reason = doubtful
        raise ValueError(f'the configuration in {path} is refused: {place[1:]} {reason}. Nothing '
                         f'was run. If you trust it, {REMEDY}')
    return Config(dict(kept, default_scope='mmpose',
                       custom_imports=dict(imports=['ikp_mm'], allow_failed_imports=False)))


def _doubtful(value, place: str) -> Iterator[tuple[str, str]]:
    """Places of a configuration that name what is not registered, or what would be run."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            here = f'{place}.{key}'
            if key == 'type' and not _is_known(item, place):
                yield here, f'is {item!r}, which is nothing that is registered here'
            elif key in ('_scope_', 'from_file'):
                yield here, f'is {item!r}, which would be imported'
            elif key not in DESCRIPTIONS:
                yield from _doubtful(item, here)
    elif isinstance(value, str):
        if value.lower().endswith(RUN_WHEN_READ):
            yield place, f'is {value!r}, a file that would be run to be read'
    elif isinstance(value, Sequence):
        for number, item in enumerate(value):
            yield from _doubtful(item, f'{place}[{number}]')


def _is_known(name, place: str) -> bool:
    """Whether a name stands in a registry of MMEngine or MMPose, or is that of a pose source."""
    if not isinstance(name, str):
        return False
    if place.endswith('.poses'):
        return name in POSE_SOURCES
    roots = [root for package in (mmengine.registry, mmpose.registry)
             for root in vars(package).values() if isinstance(root, Registry)]
    registries = [registry for root in roots for registry in (root, *root.children.values())]
    if _stands_in(name, registries):
        return True
    for registry in registries:  # some register when they are first asked
        registry.import_from_location()
    return _stands_in(name, registries)


def _stands_in(name: str, registries: Sequence[Registry]) -> bool:
    return any(name.removeprefix(f'{registry.scope}.') in registry.module_dict
               or name in registry.module_dict for registry in registries)
