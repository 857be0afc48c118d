"""Skeleton topologies, one a file, and ``get_skeleton`` to read one from a config value."""
from __future__ import annotations

from pathlib import Path
from typing import Mapping

from ikp_mm.literals import read_assignments
from ikp_mm.skeletons.coco17 import COCO17
from ikp_mm.skeletons.face68 import FACE68
from ikp_mm.skeletons.h36m17 import H36M17
from ikp_mm.skeletons.h36m32 import H36M32
from ikp_mm.skeletons.lsp14 import LSP14
from ikp_mm.skeletons.mouse4 import MOUSE4
from ikp_mm.skeletons.parts import Part
from ikp_mm.skeletons.penn13 import PENN13
from ikp_mm.skeletons.skeleton import Skeleton, mirrored_name

SKELETONS = {skeleton.name: skeleton for skeleton in (
    COCO17, FACE68, H36M17, H36M32, LSP14, MOUSE4, PENN13)}

__all__ = ['COCO17', 'FACE68', 'H36M17', 'H36M32', 'LSP14', 'MOUSE4', 'PENN13', 'Part',
           'SKELETONS', 'Skeleton', 'get_skeleton', 'mirrored_name']


def get_skeleton(spec: str | Path | Mapping | Skeleton) -> Skeleton:
    """Read a skeleton from what a config may hold.

    Args:
        spec: a known name ('h36m17', 'mouse4', ...); a ``Skeleton``; a dictionary
            ``dict(name, joints, edges[, swaps, colors, parts, heading])``; MMPose's raw meta
            dictionary (it has ``keypoint_info``); or the path of a meta file of MMPose, which
            defines ``dataset_info`` by plain values; it is read, not run.

    Raises:
        ValueError: unknown name, unknown or missing key, or anything ``Skeleton`` refuses.
        FileNotFoundError: a path that is no file.
        TypeError: anything else.
    """
    if isinstance(spec, Skeleton):
        return spec
    if isinstance(spec, Path) or (isinstance(spec, str) and spec.endswith('.py')):
        return Skeleton.from_metainfo(_read_meta_file(Path(spec)))
    if isinstance(spec, str):
        if spec not in SKELETONS:
            raise ValueError(
                f"unknown skeleton '{spec}': known are {sorted(SKELETONS)}, or give a dict(name, "
                'joints, edges) or the path of an MMPose meta file (.py)')
        return SKELETONS[spec]
    if not isinstance(spec, Mapping):
        raise TypeError('a skeleton is a name, a path, a dictionary or a Skeleton, got '
                        f'{type(spec)}')
    if 'keypoint_info' in spec:
        return Skeleton.from_metainfo(spec)
    required, optional = {'name', 'joints', 'edges'}, {'swaps', 'colors', 'parts', 'heading'}
    missing, unknown = required - set(spec), set(spec) - required - optional
    if missing or unknown:
        raise ValueError(f"skeleton dictionary {spec.get('name', '')!r}: missing keys "
                         f'{sorted(missing)}, unknown keys {sorted(unknown)}; it takes name, '
                         'joints, edges and optionally swaps, colors, parts, heading')
    try:
        return Skeleton(**spec)
    except (TypeError, AttributeError, KeyError, IndexError, OverflowError) as error:
        raise ValueError(
            f'skeleton dictionary {str(spec["name"])!r}: {error}; joints are a list of names, edges '
            'a list of pairs of them, swaps and colors dictionaries by joint, parts a list of '
            'dictionaries, heading the names of a rear and a front joint') from error


def _read_meta_file(path: Path) -> dict:
    if not path.is_file():
        raise FileNotFoundError(f'skeleton meta file {path} does not exist')
    # Not run: a checkpoint's configuration may name the file.
    values = read_assignments(path.read_text(encoding='utf-8'), str(path))
    if not isinstance(values.get('dataset_info'), dict):
        raise ValueError(f"{path} defines no 'dataset_info' (MMPose's meta file format)")
    return values['dataset_info']
