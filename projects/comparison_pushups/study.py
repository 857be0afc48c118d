# The talk's comparison on people (slide 9), at a size for two CPU cores: the clips and test frames of
# projects/pushups, 2,000 iterations of 16 images a row.
#     python -m projects.studies projects/comparison_pushups/study.py --table projects/comparison_pushups/tables.md
name = 'comparison_pushups'
groups = dict(pushups='Push-ups, 269 test frames of other scenes; regression with a ridge chosen by '
                      'cross-validation over the labelled clips')
metrics = ('supervised', 'direct', 'flip_aware', 'regressed', 'baseline', 'oracle')
_labelled = (50, 500, 'all')


def _yardstick(method, **options):
    return dict(name=f'pushups_{method}', group='pushups', overrides={}, seed=0,
                config=f'projects/comparison/configs/{method}_pushups.py', **options)


rows = [
    # Direct and flip-aware; regressed is "ours + supervised regression".
    dict(name='pushups_ours', label='ours', group='pushups', overrides={}, seed=0,
         regress=_labelled, ridge='cv', config='projects/pushups/regression.py'),
    dict(name='pushups_paper', label='ours without painted figures', group='pushups', seed=0,
         overrides={'model.figures': None}, regress=_labelled, ridge='cv',
         config='projects/pushups/regression.py'),
    _yardstick('thewlis2017', label='Thewlis 2017', regress=_labelled, ridge='cv'),
    _yardstick('zhang2018', label='Zhang 2018', regress=_labelled, ridge='cv'),
    _yardstick('lorenz2019', label='Lorenz 2019', regress=_labelled, ridge='cv'),
    _yardstick('imm', label='Jakab & Gupta 2018 (IMM)', regress=_labelled, ridge='cv'),
    _yardstick('supervised', label='same network, supervised', supervised=True),
    _yardstick('hourglass', label='stacked hourglass, supervised', supervised=True),
]
