"""Pages name what is there: links, files, commands and their options, and the figures of README."""
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = sorted((ROOT / 'docs').glob('*.md'))
PAGES = [ROOT / 'README.md', *DOCS, ROOT / 'projects/README.md',
         *sorted((ROOT / 'projects').glob('*/README.md'))]
# Folders whose files pages and messages name by path, from the root of the repository.
FOLDERS = ('benchmarks', 'configs', 'docs', 'ikp_mm', 'projects', 'requirements', 'tests', 'tools')
MOST_WORDS = 700

each_page = pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def text_of(page: Path) -> str:
    return page.read_text(encoding='utf-8')


def commands(text: str) -> list[str]:
    """Indented lines, those that end in a backslash joined with the next ones."""
    joined = re.sub(r' *\\\n +', ' ', text)
    return [line.strip() for line in joined.splitlines() if line.startswith('    ')]


def anchors(page: Path) -> set[str]:
    """What GitHub makes of a page's headings: lower case, without punctuation, '-' for a blank."""
    headings = re.findall(r'^#+ (.+)$', text_of(page), re.MULTILINE)
    return {re.sub(r'[^\w -]', '', heading.lower()).replace(' ', '-') for heading in headings}


def named_files(text: str) -> set[str]:
    """Paths of files below FOLDERS, as they stand in backticks, commands and sentences."""
    return set(re.findall(rf'(?<![\w/.-])(?:{"|".join(FOLDERS)})/[\w/.-]*\w\.(?:py|md|sh|txt)\b',
                          text))


def missing_files(text: str) -> list[str]:
    return sorted(name for name in named_files(text) if not (ROOT / name).exists())


@each_page
def test_nothing_is_left_open_and_links_lead_somewhere(page):
    text = text_of(page)
    assert not re.findall(r'<<\w+>>', text)
    missing = []
    for target, anchor in re.findall(r'\]\(([^)#\s]*)(?:#([^)\s]+))?\)', text):
        if target.startswith(('http://', 'https://')):
            continue
        path = page.parent / target if target else page
        if not path.exists() or anchor and anchor not in anchors(path):
            missing.append(f'{target}#{anchor}')
    assert not missing


@each_page
def test_files_and_modules_that_a_page_names_are_there(page):
    text = text_of(page)
    # Placeholders such as "configs/my_config.py" are the reader's own; MMPose's lie elsewhere.
    own = r'\S*my_\w+\.py|tools/(?:deploy|dataset_converters/\w+)\.py|configs/_base_/datasets/(?:h36m|mpi_inf_3dhp)\.py'
    missing = [name for name in missing_files(text) if not re.fullmatch(own, name)]
    for module in re.findall(r'python -m ([\w.]+)', text):
        path = ROOT / module.replace('.', '/')
        if module != 'pytest' and not (path.is_dir() or path.with_suffix('.py').is_file()):
            missing.append(module)
    assert not missing


@each_page
def test_tools_have_the_options_that_commands_give_them(page):
    shared = ''.join(text_of(path) for path in (ROOT / 'ikp_mm').rglob('*.py'))
    unknown = []
    for line in commands(text_of(page)):
        module = re.search(r'python -m ([\w.]+)', line)
        tool = module or re.search(r'(?:tools|projects)/[\w/]+\.py', line)
        if tool is None or 'pytest' in line or 'mmpose_tool' in line:
            continue
        path = ROOT / (module[1].replace('.', '/') if module else tool.group())
        sources = [*path.rglob('*.py'), *(each for each in (path, path.with_suffix('.py'))
                                          if each.is_file())]
        source = ''.join(map(text_of, sources)) + shared
        given = re.sub(r'"[^"]*"', '', line[tool.end():]).split('#')[0]  # a quoted command is a value
        options = re.findall(r'(?<=\s)--[a-z][\w-]*', given)
        # A loop over names makes some tools' options: they stand there without the dashes.
        unknown += [f'{tool.group()} {option}' for option in options
                    if sources and f"'{option}'" not in source and f"'{option[2:]}'" not in source]
    assert not unknown


@pytest.mark.parametrize('page', [*DOCS, ROOT / 'projects/README.md'], ids=lambda page: page.name)
def test_a_page_starts_with_a_command(page):
    title, blank, first, *_ = text_of(page).splitlines()
    assert title.startswith('# ') and not blank
    assert re.match(r'    (python|make|tools/|projects/)', first)


def test_the_index_names_every_page():
    index = text_of(ROOT / 'docs/README.md')
    assert [page.name for page in DOCS
            if page.name != 'README.md' and f']({page.name}' not in index] == []


def test_readme_is_short():
    assert len(text_of(ROOT / 'README.md').split()) <= MOST_WORDS


def test_figures_of_readme_are_those_of_the_studies():
    rows = re.findall(r'^\| \[[^]]+\]\((projects/\w+)/README\.md\) \|(.+)\|$',
                      text_of(ROOT / 'README.md'), re.MULTILINE)
    assert len(rows) == 5
    for folder, row in rows:
        result = json.loads(text_of(ROOT / folder / 'results.json'))
        cells = [cell.strip() for cell in row.split('|')]
        each = result['direct_each']
        assert cells[1:] == [
            f"**{result['direct']:.2f}** {result['unit']}",
            f'{min(each):.2f} to {max(each):.2f}', str(len(result['seeds'])),
            f"{result['mean_pose']:.2f}", f"{result['nearest_prior']:.2f}"], folder


def test_every_picture_is_shown():
    text = ''.join(text_of(page) for page in PAGES)
    assert [path.name for path in (ROOT / 'docs/images').iterdir() if path.name not in text] == []


def test_pages_that_code_names_are_there():
    missing = {}
    for folder in ('benchmarks', 'configs', 'ikp_mm', 'projects', 'tests', 'tools'):
        for path in sorted((ROOT / folder).rglob('*.py')):
            if path != Path(__file__):
                named = {name for name in named_files(text_of(path).replace('\\', ''))
                         if name.startswith('docs/') or name.endswith('/README.md')}
                gone = sorted(name for name in named if not (ROOT / name).exists())
                if gone:
                    missing[str(path.relative_to(ROOT))] = gone
    assert not missing
