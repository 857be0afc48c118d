# The talk's comparison on synthetic people, at a size for two CPU cores.
#     python -m projects.studies projects/comparison/study.py --table projects/comparison/tables.md
# A row states its iterations, so that it can be run again exactly; the table prints its minutes.
name = 'comparison'
groups = dict(people='Synthetic people')
metrics = ('supervised', 'direct', 'flip_corrected', 'flip_aware', 'regressed', 'baseline',
           'oracle')
_labelled = (50, 500)
# Ours in fewer iterations than the config's, and with them the decay of the rates. The yardsticks
# run their configs' own.
_short = dict(begin=1150, end=1450, T_max=300)
_ours = {
    'train_cfg.max_iters': 1450,
    'param_scheduler.translator.0': _short,
    'param_scheduler.discriminator.0': _short,
    'param_scheduler.head.0.end': 1450,
    'param_scheduler.head.1': _short,
}


def _yardstick(method, **options):
    return dict(name=f'people_{method}', group='people', overrides={}, seed=0,
                config=f'projects/comparison/configs/{method}_synthetic_people.py', **options)


rows = [
    # Direct, flip-corrected and flip-aware; regressed is "ours + supervised regression".
    dict(name='people_ours', label='ours', group='people',
         config='configs/ikp_synthetic_without_figures.py', overrides=_ours, seed=0,
         regress=_labelled),
    _yardstick('imm', label='Jakab & Gupta 2018 (IMM)', regress=_labelled),
    _yardstick('zhang2018', label='Zhang 2018', regress=_labelled),
    _yardstick('supervised', label='same network, supervised', supervised=True),
    _yardstick('hourglass', label='stacked hourglass, supervised', supervised=True),
]
