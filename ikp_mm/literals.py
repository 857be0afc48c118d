"""Configurations as plain values: read from Python text without running it, or of a config."""
from __future__ import annotations

import ast

# A list may be repeated (``[1.0] * 68``, as MMPose's meta files write it), up to so many entries.
MOST_REPEATED = 10_000


def read_assignments(text: str, origin: str) -> dict:
    """The values of ``name = value`` statements.

    A value is a literal (number, text, None, True, False), a list, tuple, set or dictionary of
    values, ``dict(key=value, ...)``, ``dict({key: value})``, a sum of lists, or a list or
    tuple of literals times a whole number. Nothing is run.

    Args:
        text: Python source.
        origin: what the text is, named in errors.

    Returns:
        dict: name -> value, the last one of a name that is assigned twice.

    Raises:
        ValueError: the text holds anything else; the line is named.
    """
    try:
        values = {}
        for statement in ast.parse(text).body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue  # a text that stands there as a comment
            if not (isinstance(statement, ast.Assign) and len(statement.targets) == 1
                    and isinstance(statement.targets[0], ast.Name)):
                raise _NotPlain(statement, 'is no "name = value"')
            values[statement.targets[0].id] = _value(statement.value)
    except _NotPlain as error:
        raise ValueError(f'{origin}, {error}') from error
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise ValueError(f'{origin} is no Python text of plain values: {error}') from error
    return values


def plain_config(config) -> dict:
    """The values of an MMEngine ``Config`` in Python's own dictionaries, lists and tuples.

    Raises:
        TypeError: it holds a class, a function or the like; its place is named.
    """
    return _plain(config.to_dict(), 'config')


def _plain(value, place: str):
    if isinstance(value, dict):
        return {_plain(key, place): _plain(item, f'{place}.{key}') for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(item, f'{place}[{i}]') for i, item in enumerate(value))
    if value is None or type(value) in (str, bool, int, float):
        return value
    raise TypeError(f'{place} is no plain value: {value!r}')


class _NotPlain(Exception):
    """A place in the text that is no plain value."""

    def __init__(self, node: ast.AST, reason: str) -> None:
        source = ast.unparse(node)
        super().__init__(f'line {node.lineno}: {source[:60]}{"..." if source[60:] else ""} '
                         f'{reason}')


def _value(node: ast.expr):
    match node:
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.List(elts=elements):
            return [_value(element) for element in elements]
        case ast.Tuple(elts=elements):
            return tuple(_value(element) for element in elements)
        case ast.Set(elts=elements):
            return {_value(element) for element in elements}
        case ast.Dict(keys=keys, values=values) if None not in keys:
            return {_value(key): _value(value) for key, value in zip(keys, values)}
        case ast.Call(func=ast.Name(id='dict'), args=[] | [ast.Dict()], keywords=keywords) if all(
                keyword.arg is not None for keyword in keywords):
            first = _value(node.args[0]) if node.args else {}
            return {**first, **{keyword.arg: _value(keyword.value) for keyword in keywords}}
        case ast.BinOp(op=ast.Add(), left=ast.List() | ast.BinOp() as left,
                       right=ast.List() | ast.BinOp() as right):
            return [*_value(left), *_value(right)]
        case ast.BinOp(op=ast.Mult(), left=ast.List() | ast.Tuple() as repeated,
                       right=ast.Constant(value=int() as times)) if all(
                isinstance(element, ast.Constant) for element in repeated.elts):
            if times * len(repeated.elts) > MOST_REPEATED:
                raise _NotPlain(node, f'has more than {MOST_REPEATED} entries')
            return _value(repeated) * times
    raise _NotPlain(node, 'is no plain value')
