"""A skeleton: joint names, the edges between them, and which joints change places in a mirror.

Everything else (indices, flip permutation, colours, MMPose's meta dictionary) is derived.
"""
from __future__ import annotations

import re
from typing import Mapping, Sequence

import numpy as np

from ikp_mm.skeletons.parts import Part, derive_parts

# RGB: green, orange, and blue where a joint's name states no side.
SIDE_COLORS = {'left': (0, 255, 0), 'right': (255, 128, 0), None: (51, 153, 255)}

# 'left_hip', 'leftear', 'hip_left', 'LeftHip', 'earLeft' name a side; 'upright', 'cleft' do not.
_SIDE_WORD = re.compile(r'(?<![A-Za-z])(?:left|right|LEFT|RIGHT)|(?<![A-Z])(?:Left|Right)')

# What may name a side besides, if the mirrored name is a joint too: words anywhere in a name, and
# of single letters capitals anywhere ('LEar', 'earL', 'FLpaw') and l, r that begin a word
# ('paw_l', 'lhip').
_SIDES = (('left', 'right'), ('lft', 'rgt'), ('lt', 'rt'), ('links', 'rechts'),
          ('linkes', 'rechtes'), ('linker', 'rechter'), ('linke', 'rechte'), ('gauche', 'droite'),
          ('izquierda', 'derecha'), ('izquierdo', 'derecho'), ('izq', 'der'),
          ('sinistra', 'destra'), ('sinistro', 'destro'), ('左', '右'), ('l', 'r'))
_OTHER_SIDE = {one: other for pair in _SIDES for one, other in (pair, pair[::-1])}
_MAY_BE_SIDE = [re.compile(word, re.IGNORECASE) for word in _OTHER_SIDE if word not in 'lr']
_MAY_BE_SIDE.append(re.compile(r'[LR]|(?<![A-Za-z])[lr]'))

_REAR = re.compile(r'tail', re.IGNORECASE)
_FRONT = re.compile(r'snout|nose|head|beak', re.IGNORECASE)


def _mirrored(joint: str, side: re.Match) -> str:
    """The name with the other side in the place of ``side``, in the same letter case."""
    word, other = side.group(), _OTHER_SIDE[side.group().lower()]
    other = other.upper() if word.isupper() and len(word) > 1 or word in 'LR' else (
        other.capitalize() if word[0].isupper() else other)
    return joint[:side.start()] + other + joint[side.end():]


def mirrored_name(joint: str) -> str | None:
    """The name of a joint's mirror image, or None when the name states no side.

    A side is one of the words left / right (any of lower, UPPER or Capitalised case) that begins a
    word of the name: 'left_hip' -> 'right_hip', 'leftear' -> 'rightear', 'earLeft' -> 'earRight'.
    """
    match = _SIDE_WORD.search(joint)
    return None if match is None else _mirrored(joint, match)


def mirror_partners(joints: Sequence[str]) -> dict[str, str]:
    """Joint -> its mirror image, of those whose names differ in the side alone.

    Names that state no side by ``mirrored_name`` are partners if each has just the other among the
    joints: 'L_ear', 'earL', 'lear', 'ear.L', 'FLpaw', 'ear_links', '左耳'. A letter may mean
    something else ('L5'), so it is a side only if the mirrored name is a joint too.

    Raises:
        ValueError: a name states a side and there is no such partner.
    """
    partners, likely = {}, {}
    for joint in joints:
        mirror = mirrored_name(joint)
        if mirror is None:
            found = {_mirrored(joint, side) for pattern in _MAY_BE_SIDE
                     for side in pattern.finditer(joint)} & set(joints)
            if len(found) == 1:
                likely[joint] = found.pop()
        elif mirror in joints:
            partners[joint] = mirror
        else:
            raise ValueError(f"joint '{joint}' names a side but there is no '{mirror}'; add it, "
                             'or state swaps={...} yourself')
    return {**partners, **{joint: mirror for joint, mirror in likely.items()
                           if likely.get(mirror) == joint}}


def _side(joint: str, partner: str) -> str | None:
    """'left' or 'right' as a joint's name says it, if its partner's name agrees."""
    named = _SIDE_WORD.search(joint)
    sides = [named] if named else [side for pattern in _MAY_BE_SIDE
                                   for side in pattern.finditer(joint)
                                   if _mirrored(joint, side) == partner]
    if not sides:
        return None
    return 'left' if sides[0].group().lower() in {left for left, _ in _SIDES} else 'right'


class Skeleton:
    """Topology of K named joints and E edges; not to be changed.

    Args:
        name: name of the topology, MMPose's ``dataset_name``.
        joints: K distinct joint names; their order is the keypoint order everywhere.
        edges: E pairs of joint names. May be empty (landmarks without lines), and need not touch
            every joint: a joint without an edge is not rendered, and is still scored.
        swaps: joint name -> name of its mirror image. One direction is enough, joints not named
            swap with nothing. None derives the swaps from left/right, or l/r, in the names.
        colors: joint name -> (R, G, B). Joints not named get green (left), orange (right) or blue.
        parts: what the body is made of where figures are painted (:class:`Part`, or dicts of its
            arguments). None derives them from the edges (:func:`derive_parts`).
        heading: (rear, front), two joints between which the body points forwards. None derives it
            where one joint is called a tail and one a snout, nose, head or beak.

    Attributes:
        name (str), joints (tuple[str]), num_joints (int),
        edges (tuple[tuple[int, int]]): joint indices,
        heading (tuple[int, int] | None): joint indices (rear, front); None: not known,
        swap_indices (list[int]): ``flipped[k] = original[swap_indices[k]]``; an involution,
        joints_without_edge (tuple[str]),
        colors (np.ndarray (K, 3) uint8), link_colors (np.ndarray (E, 3) uint8): RGB, read-only.

    Raises:
        ValueError: no joint, a repeated name, an unknown joint in an edge, swap, colour or part,
            an edge from a joint to itself or given twice, a swap that is no involution, a
            left/right name without its counterpart while ``swaps`` is None.
    """

    def __init__(self, name: str, joints: Sequence[str], edges: Sequence[tuple[str, str]],
                 swaps: Mapping[str, str] | None = None,
                 colors: Mapping[str, Sequence[int]] | None = None,
                 parts: Sequence[Part | Mapping] | None = None,
                 heading: tuple[str, str] | None = None) -> None:
        self.name, self.joints = str(name), tuple(joints)
        self.num_joints = len(self.joints)
        self._index = self._index_joints()
        self.edges = self._index_edges(edges)
        self._swap_indices = self._index_swaps(swaps)
        self.colors = self._color_joints(colors)
        # An edge from the trunk to a limb takes the limb's colour, so that sides can be told.
        swap = self._swap_indices
        limbs = [i if swap[j] == j and swap[i] != i else j for i, j in self.edges]
        self.link_colors = self.colors[np.array(limbs, dtype=int)]
        for shared in (self.colors, self.link_colors):
            shared.setflags(write=False)
        self._parts = None if parts is None else self._read_parts(parts)
        self.heading = self._find_heading() if heading is None else tuple(
            self.index(joint) for joint in heading)

    def parts(self, oval_trunk: bool = False) -> tuple[Part, ...]:
        """The parts stated, else derived ones (``oval_trunk``: :func:`derive_parts`)."""
        if self._parts is not None:
            return self._parts
        return derive_parts(self.joints, self.edges, self._swap_indices, oval_trunk)

    @property
    def swap_indices(self) -> list[int]:
        return list(self._swap_indices)

    @property
    def joints_without_edge(self) -> tuple[str, ...]:
        touched = {index for edge in self.edges for index in edge}
        return tuple(joint for i, joint in enumerate(self.joints) if i not in touched)

    def index(self, joint: str) -> int:
        """Index of a joint by name; ValueError with the known names when there is none."""
        if joint not in self._index:
            raise ValueError(f"skeleton '{self.name}' has no joint '{joint}'; "
                             f'its joints are {list(self.joints)}')
        return self._index[joint]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Skeleton):
            return NotImplemented
        return self.to_metainfo() == other.to_metainfo()

    def __hash__(self) -> int:
        return hash((self.name, self.joints, self.edges))

    def __repr__(self) -> str:
        return f"Skeleton('{self.name}', {self.num_joints} joints, {len(self.edges)} edges)"

    def to_metainfo(self) -> dict:
        """MMPose's raw meta dictionary, as ``parse_pose_metainfo`` reads it."""
        keypoint_info = {
            i: dict(name=joint, id=i, color=self.colors[i].tolist(), type='',
                    swap='' if mirror == i else self.joints[mirror])
            for i, (joint, mirror) in enumerate(zip(self.joints, self._swap_indices))}
        skeleton_info = {
            e: dict(link=(self.joints[i], self.joints[j]), id=e, color=color.tolist())
            for e, ((i, j), color) in enumerate(zip(self.edges, self.link_colors))}
        return dict(dataset_name=self.name, keypoint_info=keypoint_info,
                    skeleton_info=skeleton_info, joint_weights=[1.0] * self.num_joints, sigmas=[])

    @classmethod
    def from_metainfo(cls, metainfo: Mapping) -> 'Skeleton':
        """Read MMPose's raw meta dictionary (``dataset_info`` of its meta files).

        Every keypoint states its own swap there ('' for none), so nothing is derived from names.
        Link colours are not kept: they follow from the joint colours.
        """
        for key in ('dataset_name', 'keypoint_info', 'skeleton_info'):
            if key not in metainfo:
                raise ValueError(f"MMPose meta dictionary lacks the key '{key}'; it has "
                                 f'{sorted(metainfo)}')
        keypoints, links = metainfo['keypoint_info'], metainfo['skeleton_info']
        if sorted(keypoints) != list(range(len(keypoints))):
            raise ValueError(f"meta '{metainfo['dataset_name']}': keypoint_info must be numbered "
                             f'0..{len(keypoints) - 1}, it has the keys {sorted(keypoints)}')
        ordered = [keypoints[i] for i in range(len(keypoints))]
        swaps = {k['name']: k.get('swap', '') or k['name'] for k in ordered}
        colors = {k['name']: k['color'] for k in ordered if 'color' in k}
        return cls(metainfo['dataset_name'], [k['name'] for k in ordered],
                   [tuple(links[i]['link']) for i in sorted(links)], swaps, colors)

    @classmethod
    def from_parsed_metainfo(cls, meta: Mapping) -> 'Skeleton':
        """Read a meta dictionary as MMPose has parsed it, without its colours."""
        names = [meta['keypoint_id2name'][k] for k in range(meta['num_keypoints'])]
        return cls(meta['dataset_name'], names,
                   [(names[i], names[j]) for i, j in meta['skeleton_links']],
                   {names[k]: names[other] for k, other in enumerate(meta['flip_indices'])})

    def _error(self, message: str) -> ValueError:
        return ValueError(f"skeleton '{self.name}': {message}")

    def _check_known(self, what: str, *joints: str) -> None:
        for joint in joints:
            if joint not in self._index:
                raise self._error(f"{what} names the unknown joint '{joint}'")

    def _index_joints(self) -> dict[str, int]:
        if not self.joints:
            raise ValueError(f"skeleton '{self.name}' has no joints")
        index: dict[str, int] = {}
        for i, joint in enumerate(self.joints):
            if not isinstance(joint, str) or not joint:
                raise self._error(f'joint {i} must be a name, got {joint!r}')
            if joint in index:
                raise self._error(f"joint '{joint}' is named twice (places {index[joint]} "
                                  f'and {i})')
            index[joint] = i
        return index

    def _index_edges(self, edges: Sequence[tuple[str, str]]) -> tuple[tuple[int, int], ...]:
        indexed: list[tuple[int, int]] = []
        for edge in edges:
            if isinstance(edge, str) or len(edge) != 2:
                raise self._error(f'an edge is a pair of joint names, got {edge!r}')
            self._check_known(f'edge {tuple(edge)}', *edge)
            i, j = (self._index[joint] for joint in edge)
            if i == j:
                raise self._error(f"edge {tuple(edge)} joins '{edge[0]}' to itself")
            if (i, j) in indexed or (j, i) in indexed:
                raise self._error(f'edge {tuple(edge)} is given twice')
            indexed.append((i, j))
        return tuple(indexed)

    def _index_swaps(self, swaps: Mapping[str, str] | None) -> tuple[int, ...]:
        try:
            mapping = mirror_partners(self.joints) if swaps is None else dict(swaps)
        except ValueError as error:
            raise self._error(str(error)) from None
        for joint, mirror in list(mapping.items()):
            self._check_known(f"swap '{joint}' -> '{mirror}'", joint, mirror)
            back = mapping.setdefault(mirror, joint)
            if back != joint:
                raise self._error(f"swaps are no involution: '{joint}' -> '{mirror}' but "
                                  f"'{mirror}' -> '{back}'")
        return tuple(self._index[mapping.get(joint, joint)] for joint in self.joints)

    def _color_joints(self, colors: Mapping[str, Sequence[int]] | None) -> np.ndarray:
        sides = (_side(joint, self.joints[mirror])
                 for joint, mirror in zip(self.joints, self._swap_indices))
        table = np.array([SIDE_COLORS[side] for side in sides], np.uint8)
        for joint, color in (colors or {}).items():
            self._check_known('a colour', joint)
            if (isinstance(color, str) or len(color) != 3
                    or not all(0 <= int(c) <= 255 for c in color)):
                raise self._error(f"colour of '{joint}' must be three numbers in 0..255 "
                                  f'(R, G, B), got {color!r}')
            table[self._index[joint]] = [int(c) for c in color]
        return table

    def _read_parts(self, parts: Sequence[Part | Mapping]) -> tuple[Part, ...]:
        read = tuple(part if isinstance(part, Part) else Part(**part) for part in parts)
        for part in read:
            self._check_known(f'part {part.kind} {part.joints}', *part.joints,
                              *([part.anchor] if part.anchor else []))
        return read

    def _find_heading(self) -> tuple[int, int] | None:
        rear, front = ([k for k, name in enumerate(self.joints)
                        if word.search(name) and self._swap_indices[k] == k]
                       for word in (_REAR, _FRONT))
        return (rear[0], front[0]) if len(rear) == 1 and front else None
