"""What a body is made of, so that poses can be painted as figures.

A :class:`Part` names joints, a shape and ranges; :class:`ikp_mm.models.drawers.FigureDrawer`
chooses the rest at random. A topology states its parts or has them derived from its edges.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Sequence

# Fewest and most joints of a part of each kind; None: any number.
KINDS = dict(limb=(2, 2), oval=(2, 2), region=(3, None), line=(2, None), disc=(1, None),
             tail=(2, 2))
# Widths of derived parts, fractions of the figure's size (the longer side of the pose's box).
LIMB_WIDTH = (0.03, 0.2)
LINE_WIDTH = (0.008, 0.03)
# Legs, wings and the like of an animal whose trunk is an oval.
LEG_WIDTH = (0.01, 0.08)
# Width over length of a trunk painted as one oval.
TRUNK_WIDTH = (0.3, 0.75)
TAIL_WIDTH = (0.015, 0.06)
TAIL_LENGTH = (0.3, 1.2)
# Closed loops of up to so many edges within a body are its trunk (a head on two shoulders: 3).
LONGEST_TRUNK_LOOP = 5
FILL_CHANCE = 0.7
_TAIL_START = re.compile(r'tail[\W_]*(?:base|root|start)?[\W_]*0*$', re.IGNORECASE)
_EAR = re.compile(r'(?<![A-Za-z])(?:[Ll]eft|[Rr]ight|[LRlr][\W_]+)?[\W_]*[Ee]ar(?![a-z])'
                  r'|(?<![A-Za-z])[LR]Ear(?![a-z])|(?<=[a-z])Ear(?![a-z])')


@dataclass(frozen=True)
class Part:
    """One painted part of a figure.

    Attributes:
        kind: ``'limb'`` a straight limb from joint to joint, its two ends of different widths;
            ``'oval'`` an egg from joint to joint, tapered either way; ``'region'`` the filled
            polygon of its joints; ``'line'`` a poly-line; ``'disc'`` a disc on the mean of its
            joints; ``'tail'`` a bent tail that leaves the first joint, away from the second.
        joints: names.
        width: (low, high) of the full width, fractions of the figure's size; of an oval,
            fractions of its length; of a region, how much it is rounded.
        tone: (low, high) of its brightness over the figure's main colour; None: a colour of its
            own, or the main one, or its mirror partner's.
        opacity: (low, high).
        layer: parts of a higher layer are painted over those of a lower one; within a layer the
            order is random.
        chance: how often it is painted at all.
        soft: borders are blurred by up to so many pixels.
        length: of a tail, fractions of the figure's size.
        raised: of a region: so many of its last joints are lifted away from ``anchor``...
        anchor: ... by ``rise`` times the distance between it and their mean.
        rise: (low, high).
    """

    kind: str
    joints: tuple[str, ...]
    width: tuple[float, float] = LIMB_WIDTH
    tone: tuple[float, float] | None = None
    opacity: tuple[float, float] = (1.0, 1.0)
    layer: int = 0
    chance: float = 1.0
    soft: float = 0.0
    length: tuple[float, float] = TAIL_LENGTH
    raised: int = 0
    anchor: str | None = None
    rise: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f'a part is one of {tuple(KINDS)}, got {self.kind!r}')
        least, most = KINDS[self.kind]
        if not least <= len(self.joints) <= (most or len(self.joints)):
            raise ValueError(f'a part of kind {self.kind!r} takes {least} '
                             f'{"" if most else "or more "}joints, got {self.joints}')
        for name in ('width', 'opacity', 'length'):
            low, high = getattr(self, name)
            if not 0 <= low <= high:
                raise ValueError(f'part {self.joints}: {name} is (low, high) with '
                                 f'0 <= low <= high, got {(low, high)}')


def _neighbours(edges: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
    neighbours: dict[int, list[int]] = {}
    for i, j in edges:
        neighbours.setdefault(i, []).append(j)
        neighbours.setdefault(j, []).append(i)
    return neighbours


def components(edges: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Joints of each connected component, in the order of their first joints."""
    groups: list[set[int]] = []
    for edge in edges:
        joined = [group for group in groups if group & set(edge)]
        groups = [group for group in groups if group not in joined] + [set(edge).union(*joined)]
    return sorted(sorted(group) for group in groups)


def ordered_loop(edges: Sequence[tuple[int, int]]) -> list[int] | None:
    """Joints of edges that form one closed loop, in its order; None when they do not."""
    neighbours = _neighbours(edges)
    if len(edges) < 3 or any(len(near) != 2 for near in neighbours.values()):
        return None
    loop, previous = [edges[0][0]], None
    while True:
        step = [j for j in neighbours[loop[-1]] if j != previous][0]
        previous = loop[-1]
        if step == loop[0]:
            return loop if len(loop) == len(neighbours) else None
        loop.append(step)


def short_loops(edges: Sequence[tuple[int, int]], longest: int) -> list[list[int]]:
    """One shortest closed loop through each edge that lies on one of at most ``longest`` edges."""
    neighbours = _neighbours(edges)
    loops: dict[frozenset[int], list[int]] = {}
    for start, goal in edges:
        paths = [[start]]
        while paths and len(paths[0]) < longest:
            paths = [[*path, joint] for path in paths for joint in sorted(neighbours[path[-1]])
                     if joint not in path and not (len(path) == 1 and joint == goal)]
            closed = [path for path in paths if path[-1] == goal]
            if closed:
                loops.setdefault(frozenset(closed[0]), closed[0])
                break
    return list(loops.values())


def derive_parts(joints: Sequence[str], edges: Sequence[tuple[int, int]],
                 swap_indices: Sequence[int], oval_trunk: bool = False) -> tuple[Part, ...]:
    """Parts of a topology that states none.

    Several connected components (a face): each is a line, a closed one a region. One component (a
    body): each edge is a limb, short closed loops are filled in most figures, and joints called
    'tail base' or 'ear' get a tail and discs.

    Args:
        joints, edges, swap_indices: as of ``Skeleton``.
        oval_trunk: the joints on the middle line (their own partners) lie on an oval, as in
            animals seen from above; the limbs of mirror pairs are thin and lie below it. Without
            a mirror pair no middle line is known, and there is no oval.
    """
    groups = components(edges)
    if len(groups) > 1:
        return tuple(part for group in groups for part in _line_parts(
            joints, [edge for edge in edges if edge[0] in group]))
    paired = [swap_indices[k] != k for k in range(len(joints))]
    oval_trunk = oval_trunk and any(paired)
    parts = [Part('limb', (joints[i], joints[j]),
                  width=LEG_WIDTH if oval_trunk and (paired[i] or paired[j]) else LIMB_WIDTH)
             for i, j in edges]
    parts += [Part('region', tuple(joints[k] for k in loop), width=(0.02, 0.1), chance=FILL_CHANCE)
              for loop in short_loops(edges, LONGEST_TRUNK_LOOP)]
    middle = [k for k in range(len(joints)) if not paired[k]]
    if oval_trunk and len(middle) >= 2:
        # The ends of the middle line in the order given; a trunk leaves out what lies past a tail.
        tails = [k for k, name in enumerate(joints) if _TAIL_START.search(name)]
        start, end = middle[0], tails[0] if len(tails) == 1 else middle[-1]
        if start != end:
            parts.append(Part('oval', (joints[start], joints[end]), width=TRUNK_WIDTH, layer=1,
                              chance=0.9))
            if len(tails) == 1:
                parts.append(Part('tail', (joints[end], joints[start]), width=TAIL_WIDTH,
                                  chance=0.7))
    parts += [Part('disc', (name, ), width=(0.06, 0.2), layer=2, chance=0.7)
              for name in joints if _EAR.search(name)]
    return tuple(parts)


def _line_parts(joints: Sequence[str], edges: Sequence[tuple[int, int]]) -> list[Part]:
    loop = ordered_loop(edges)
    if loop is None:
        return [Part('line', (joints[i], joints[j]), width=LINE_WIDTH, layer=1) for i, j in edges]
    names = tuple(joints[k] for k in loop)
    return [Part('region', names, width=LINE_WIDTH, layer=1, chance=FILL_CHANCE),
            Part('line', (*names, names[0]), width=LINE_WIDTH, layer=1, tone=(0.2, 0.8))]
