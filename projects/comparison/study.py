# The talk's comparison on synthetic people and faces, at a size for two CPU cores.
#     python -m projects.studies projects/comparison/study.py --table projects/comparison/tables.md
# A row states its iterations, so that it can be run again exactly; the table prints its minutes.
name = 'comparison'
groups = dict(people='Synthetic people', faces='Synthetic faces')
metrics = ('supervised', 'direct', 'flip_corrected', 'flip_aware', 'regressed', 'baseline',
           'oracle')
_labelled = (50, 500)

# What a row changes in its config: iterations, and with them the decay of the rates. Empty: the
# config's own.
_short = dict(begin=1150, end=1450, T_max=300)
_ours = {
    'train_cfg.max_iters': 1450,
    'param_scheduler.translator.0': _short,
    'param_scheduler.discriminator.0': _short,
    'param_scheduler.head.0.end': 1450,
    'param_scheduler.head.1': _short,
}
_imm = {}
_zhang2018 = {}
_supervised = {}
_hourglass = {}


rows = [
    # Direct, flip-corrected and flip-aware; regressed is "ours + supervised regression".
    dict(name='people_ours', label='ours', group='people', config='configs/ikp_synthetic_without_figures.py',
         overrides=_ours, seed=0, regress=_labelled),
    dict(name='people_imm', label='Jakab & Gupta 2018 (IMM)', group='people',
         config='projects/comparison/configs/imm_synthetic_people.py', overrides=_imm, seed=0,
         regress=_labelled),
    dict(name='people_zhang2018', label='Zhang 2018', group='people',
         config='projects/comparison/configs/zhang2018_synthetic_people.py', overrides=_zhang2018, seed=0,
         regress=_labelled),
    dict(name='people_supervised', label='same network, supervised', group='people',
         config='projects/comparison/configs/supervised_synthetic_people.py', overrides=_supervised, seed=0,
         supervised=True),
    dict(name='people_hourglass', label='stacked hourglass, supervised', group='people',
         config='projects/comparison/configs/hourglass_synthetic_people.py', overrides=_hourglass, seed=0,
         supervised=True),
    dict(name='faces_ours', label='ours', group='faces',
         config='configs/ikp_synthetic_faces.py', overrides=_ours, seed=0,
         regress=_labelled),
    dict(name='faces_imm', label='Jakab & Gupta 2018 (IMM)', group='faces',
         config='projects/comparison/configs/imm_synthetic_faces.py', overrides=_imm, seed=0,
         regress=_labelled),
    dict(name='faces_zhang2018', label='Zhang 2018', group='faces',
         config='projects/comparison/configs/zhang2018_synthetic_faces.py', overrides=_zhang2018, seed=0,
         regress=_labelled),
    dict(name='faces_supervised', label='same network, supervised', group='faces',
         config='projects/comparison/configs/supervised_synthetic_faces.py', overrides=_supervised, seed=0,
         supervised=True),
    dict(name='faces_hourglass', label='stacked hourglass, supervised', group='faces',
         config='projects/comparison/configs/hourglass_synthetic_faces.py', overrides=_hourglass, seed=0,
         supervised=True),
]
