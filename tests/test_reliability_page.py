"""docs/reliability.md holds a row of every fault, and says why of what was lost."""
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_the_page_has_a_row_of_every_fault(monkeypatch):
    pytest.importorskip('hypothesis')
    monkeypatch.syspath_prepend(str(ROOT / 'tests/reliability'))
    import faults  # noqa: F401  registers
    import hostile  # noqa: F401
    import load  # noqa: F401
    import sweep  # noqa: F401
    from bench import FAULTS

    page = (ROOT / 'docs/reliability.md').read_text(encoding='utf-8')
    rows = re.findall(r'^\| (.+?) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$', page, re.MULTILINE)
    assert {name: int(tries) for name, tries, *_ in rows} == {
        fault.name: fault.tries for fault in FAULTS}
    explained = page.partition('## What was lost')[2]
    for name, tries, survived, lost, _ in rows:
        assert int(survived) + int(lost) == int(tries)
        assert lost == '0' or f'*{name}*' in explained
