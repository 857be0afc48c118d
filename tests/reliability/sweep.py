"""Random input (Hypothesis): what is read is finite and of the right shape, or one line says why not."""
from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench import Bench, fault
from ikp_mm.command_line import USER_ERRORS
from ikp_mm.io.formats.boxes import read_box_file
from ikp_mm.io.formats.coco import read_coco
from ikp_mm.io.formats.deeplabcut import read_deeplabcut
from ikp_mm.literals import read_assignments
from ikp_mm.priors import PosePriorDataset
from ikp_mm.skeletons import get_skeleton

EXAMPLES = 300
# The inputs of the sweep at hand that were taken.
ACCEPTED: list[Callable] = []
NUMBERS = st.floats(width=32) | st.sampled_from([0.0, -1.0, 0.5, 1e30])
NAMES = st.text(max_size=6) | st.sampled_from(['left_ear', 'right_ear', 'nose', 'tail', 'L_ear'])
JSON = st.recursive(st.none() | st.booleans() | st.integers(-3, 2**40) | NUMBERS | st.text(max_size=4),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        st.sampled_from(['id', 'image_id', 'bbox', 'keypoints', 'file_name', 'name',
                                         'category_id', 'x']), inner, max_size=4), max_leaves=12)


def result_or_line(read: Callable, *says: str):
    """What ``read()`` gives, counted in ``ACCEPTED``; None where a user's error says why in words.

    Raises:
        AssertionError: another error, or one that does not name what was read.
    """
    try:
        result = read()
    except USER_ERRORS as error:
        message = str(error)
        assert message.strip(), f'{type(error).__name__} without a word'
        for text in says:
            assert text in message, f'{type(error).__name__} does not name {text}: {message[:200]}'
        return None
    ACCEPTED.append(read)
    return result


def swept(check: Callable[[], None]) -> None:
    """Run a sweep; AssertionError too where no input was ever taken."""
    ACCEPTED.clear()
    check()
    print(f'    {len(ACCEPTED)} inputs were taken')
    assert len(ACCEPTED) > EXAMPLES / 10, 'nearly all was refused: nothing was looked at'


def sweep(*strategies):
    """``given`` with the settings of all sweeps."""
    def decorate(function):
        return settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
                        suppress_health_check=list(HealthCheck))(given(*strategies)(function))
    return decorate


@st.composite
def mostly(draw, usual, odd):
    """Of ``usual`` in three cases of four."""
    return draw(usual if draw(st.integers(0, 3)) else odd)


@st.composite
def pose_arrays(draw) -> np.ndarray:
    """Mostly (N, 4, 2) fractions, at times of another shape, type or size, with odd numbers."""
    shape = draw(mostly(st.sampled_from([(3, 4, 2), (1, 4, 2)]),
                        st.sampled_from([(2, 4, 3), (2, 3, 2), (0, 4, 2), (4, 2), ()])))
    count = int(np.prod(shape))
    numbers = draw(st.sampled_from([st.floats(0, 1, width=32), NUMBERS]))
    values = np.array(draw(st.lists(numbers, min_size=count, max_size=count)), np.float64)
    return values.reshape(shape).astype(draw(mostly(st.sampled_from(['f8', 'f4']),
                                                    st.sampled_from(['i4', 'c8']))))


@fault(f'Random poses, {EXAMPLES}')
def poses(bench: Bench, number: int):
    path = bench.folder / 'random.npz'

    @sweep(pose_arrays())
    def check(array):
        with np.errstate(all='ignore'):
            np.savez(path, keypoints=array)
        prior = result_or_line(lambda: PosePriorDataset(
            poses=str(path), skeleton='mouse4', frame='image', seed=0), 'random.npz')
        for draw in range(0 if prior is None else 3):
            item = prior[draw]
            assert item['keypoints'].shape == (4, 2) and item['visible'].shape == (4,)
            assert np.isfinite(np.asarray(item['keypoints'])).all()

    swept(check)


@fault(f'Random skeletons, {EXAMPLES}')
def skeletons(bench: Bench, number: int):
    odd = st.fixed_dictionaries(
        dict(name=st.just('beast'), joints=st.lists(NAMES, max_size=5),
             edges=st.lists(st.lists(NAMES, max_size=3), max_size=4)),
        optional=dict(swaps=JSON, parts=JSON, heading=JSON, colors=JSON, other=JSON))
    joint = st.sampled_from(['left_ear', 'right_ear', 'nose', 'tail', 'L_paw', 'R_paw'])
    usual = st.fixed_dictionaries(
        dict(name=st.just('beast'), joints=st.permutations(
            ['left_ear', 'right_ear', 'nose', 'tail', 'L_paw', 'R_paw']),
            edges=st.lists(st.tuples(joint, joint), max_size=2)),
        optional=dict(heading=st.tuples(joint, joint), swaps=st.dictionaries(joint, joint, max_size=1)))

    @sweep(mostly(usual, odd))
    def check(spec):
        skeleton = result_or_line(lambda: get_skeleton(spec), 'beast')
        if skeleton is not None:
            swap = list(skeleton.swap_indices)
            assert sorted(swap) == list(range(skeleton.num_joints))
            assert [swap[index] for index in swap] == list(range(skeleton.num_joints))

    swept(check)


def table(rows: list[list]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


@fault(f'Random box files, {EXAMPLES}')
def boxes(bench: Bench, number: int):
    path = bench.folder / 'random_boxes.csv'
    cell = st.sampled_from(['a', '', '0', '1', '2', 'x', '-1', '1.5', 'nan', 'inf', '1e400'])
    usual = st.tuples(st.sampled_from('ab'), st.integers(0, 3), *[st.integers(-2, 9)] * 4)
    rows = st.lists(mostly(usual, st.lists(cell, min_size=4, max_size=7)), max_size=4)

    @sweep(rows, mostly(st.just(True), st.just(False)))
    def check(rows, header):
        head = [['source', 'frame', 'x0', 'y0', 'x1', 'y1']] if header else []
        path.write_text(table(head + [list(row) for row in rows]), encoding='utf-8')
        found = result_or_line(lambda: read_box_file(path), 'random_boxes.csv')
        for source in [] if found is None else found.sources:
            array = result_or_line(lambda: found.boxes(source, 3), 'random_boxes.csv')
            if array is not None:
                assert array.shape == (3, 4) and not np.isinf(array).any()

    swept(check)


@fault(f'Random DeepLabCut tables, {EXAMPLES}')
def tables(bench: Bench, number: int):
    path = bench.folder / 'CollectedData_me.csv'
    number = st.floats(0, 99).map(str) | st.just('')
    odd = st.sampled_from(['x', 'nan', 'inf', '-3', '1e400'])

    @st.composite
    def contents(draw):
        parts = draw(mostly(st.just(['nose', 'tail']), st.lists(
            st.sampled_from(['nose', 'tail', '']), min_size=1, max_size=3)))
        width = draw(mostly(st.just(2 * len(parts)), st.integers(0, 7)))
        cell = draw(mostly(st.just(number), st.just(number | odd)))
        rows = draw(st.lists(st.lists(cell, min_size=width, max_size=width), min_size=1, max_size=3))
        return parts, rows, draw(mostly(st.just(3), st.integers(0, 3)))

    @sweep(contents())
    def check(content):
        parts, rows, lines = content
        head = [['scorer', *['me'] * (2 * len(parts))],
                ['bodyparts', *[part for part in parts for _ in 'xy']],
                ['coords', *['x', 'y'] * len(parts)]][:lines]
        body = [[f'labeled-data/v/img{index:03d}.png', *row] for index, row in enumerate(rows)]
        path.write_text(table(head + body), encoding='utf-8')
        found = result_or_line(lambda: read_deeplabcut(path), path.name)
        if found is not None:
            assert found.keypoints.shape == (len(found.frames), len(found.joints), 2)
            assert not np.isinf(found.keypoints).any()

    swept(check)


@fault(f'Random COCO json, {EXAMPLES}')
def coco(bench: Bench, number: int):
    path = bench.folder / 'random.json'
    point = st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 2))
    usual = dict(
        images=st.just([dict(id=index, file_name=f'{index}.png') for index in range(3)]),
        annotations=st.lists(st.fixed_dictionaries(dict(
            image_id=st.integers(0, 3), category_id=st.just(1), bbox=st.just([0, 0, 2, 2]),
            keypoints=st.tuples(point, point).map(lambda points: [*points[0], *points[1]]))),
            min_size=1, max_size=3),
        categories=st.just([dict(id=1, name='a', keypoints=['a', 'b'])]))
    odd = dict(
        images=st.lists(st.fixed_dictionaries({}, optional=dict(
            id=st.integers(0, 2) | JSON, file_name=st.just('a.png') | JSON)), max_size=3) | JSON,
        annotations=st.lists(st.fixed_dictionaries({}, optional=dict(
            image_id=st.integers(0, 2) | JSON, bbox=st.just([0, 0, 2, 2]) | JSON,
            keypoints=st.lists(NUMBERS, min_size=6, max_size=6) | JSON,
            category_id=st.just(1) | JSON)), max_size=3) | JSON,
        categories=st.lists(st.fixed_dictionaries({}, optional=dict(
            id=st.just(1) | JSON, keypoints=st.just(['a', 'b']) | JSON)), max_size=2) | JSON)

    @sweep(st.fixed_dictionaries({key: mostly(usual[key], odd[key]) for key in usual}))
    def check(content):
        path.write_text(json.dumps(content))
        found = result_or_line(lambda: read_coco(path), 'random.json')
        if found is not None:
            assert found.keypoints.ndim == 3 and found.keypoints.shape[2] == 2
            assert not np.isinf(found.keypoints).any()

    swept(check)


def assignments(values: dict) -> str:
    """The text that gives names these values."""
    return ''.join(f'{name} = {value!r}\n' for name, value in values.items())


@fault(f'Random configuration text, {EXAMPLES}')
def configurations(bench: Bench, number: int):
    pieces = st.sampled_from(['a', '=', '(', ')', '[', ']', '{', '}', 'dict(', 'lambda:', '1', "'x'",
                              ',', '\n', '*', '**', ':', '__import__("os")', '_base_', 'None', ' '])

    value = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=3),
                         lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                             st.text(max_size=2), inner, max_size=3), max_leaves=8)
    usual = st.dictionaries(st.sampled_from('abc'), value, max_size=3)

    @sweep(mostly(usual.map(assignments), st.lists(pieces, max_size=12).map(''.join)))
    def check(text):
        result_or_line(lambda: read_assignments(text, 'own.py'), 'own.py')

    swept(check)
