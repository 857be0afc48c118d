"""Pages say nothing that is still to be filled in, and point to what is there."""
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md')),
         *sorted((ROOT / 'projects').glob('*/README.md'))]


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_nothing_is_left_open_and_links_lead_somewhere(page):
    text = page.read_text(encoding='utf-8')
    assert not re.findall(r'<<\w+>>', text)
    targets = re.findall(r'\]\(([^)#\s]+)', text)
    missing = [target for target in targets
               if not target.startswith(('http://', 'https://'))
               and not (page.parent / target).exists()]
    assert not missing
