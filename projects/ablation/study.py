# What each part is worth: each row turns one switch of the recipe of its group.
#     python -m projects.studies projects/ablation/study.py --table projects/ablation/tables.md
name = 'ablation'
groups = dict(
    weizmann='People on a wall, 40 test frames of other actors',
    people='Drawn people, 400 test frames of other people; the recipe has no painted figures')
metrics = ('direct', 'flip_aware', 'baseline')
_switches = {
    'the recipe': {},
    'no bottleneck: Psi draws from y': {
        'model.type': 'ImageTranslation',
        'custom_imports.imports': ['ikp_mm', 'projects.ablation.image_translation']},
    'no D': {'model.loss_gan.loss_weight': 0.0},
    'no stage one': {'train_cfg.pretrain_iters': 0, 'param_scheduler.head.0.milestones': [1]},
    'eta as stage one left it': {
        'param_scheduler.head.0.gamma': 0.0, 'param_scheduler.head.1.eta_min_ratio': 0.0},
    'pixels alone in the reconstruction': {'model.loss_reconstruction.channels': []},
    "the paper's fall-off, exp(-d)": {
        'model.head.renderer.falloff': 'exponential', 'model.head.renderer.sigma': 0.2},
    'nothing masked': {'train_dataloader.dataset.mask': []},
    'no equivariance': {'model.equivariance': None},
    'no painted figures': {'model.figures': None},
    'Phi does not wait': {'train_cfg.warm_up_iters': 0},
    'own side alone': {'model.loss_prior.either_side_from': None},
}
# The recipe without painted figures has the first nine parts alone.
_without_figures = list(_switches.items())[:9]


def _rows(group, config, switches):
    return [dict(name=f'{group}_{number:02}_{seed}', label=f'{label}, seed {seed}', group=group,
                 config=config, overrides=overrides, seed=seed)
            for seed in range(3) for number, (label, overrides) in enumerate(switches)]


rows = [
    *_rows('weizmann', 'projects/weizmann/ikp_weizmann.py', _switches.items()),
    *_rows('people', 'configs/ikp_synthetic_without_figures.py', _without_figures),
]
