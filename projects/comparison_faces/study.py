# The talk's comparison on 300-W faces (slide 10), at a size for two CPU cores: the clips, crops and
# test frames of projects/faces_300w, 2,000 iterations of 16 images a row.
#     python -m projects.studies projects/comparison_faces/study.py --table projects/comparison_faces/tables.md
name = 'comparison_faces'
groups = dict(faces="300-W faces, LFPW's 224 test faces")
metrics = ('supervised', 'direct', 'flip_aware', 'regressed', 'baseline', 'oracle')
_labelled = (50, 500, 'all')


def _yardstick(method, **options):
    return dict(name=f'faces_{method}', group='faces', overrides={}, seed=0,
                config=f'projects/comparison/configs/{method}_faces_300w.py', **options)


rows = [
    # Direct and flip-aware; regressed is "ours + supervised regression".
    dict(name='faces_ours', label='ours', group='faces', overrides={}, seed=0, regress=_labelled,
         config='projects/faces_300w/regression.py'),
    dict(name='faces_paper', label="ours without painted figures", group='faces', seed=0,
         overrides={'model.figures': None}, regress=_labelled,
         config='projects/faces_300w/regression.py'),
    _yardstick('thewlis2017', label='Thewlis 2017', regress=_labelled),
    _yardstick('thewlis2019', label='Thewlis 2019 (DVE)', regress=_labelled),
    _yardstick('wiles2018', label='Wiles 2018 (FAb-Net)', regress=_labelled),
    _yardstick('lorenz2019', label='Lorenz 2019', regress=_labelled),
    _yardstick('zhang2018', label='Zhang 2018', regress=_labelled),
    _yardstick('imm', label='Jakab & Gupta 2018 (IMM)', regress=_labelled),
    _yardstick('supervised', label='same network, supervised', supervised=True),
    _yardstick('hourglass', label='stacked hourglass, supervised', supervised=True),
    _yardstick('wing', label='Wing loss, ResNet-18, supervised', supervised=True),
]
