# What are a few labels worth, from scratch and on top of the keypoints found without any?
#     python -m projects.studies projects/few_labels/study.py --table projects/few_labels/tables.md
name = 'few_labels'
groups = dict(faces="300-W faces, LFPW's 224 test faces", mouse='Mice, 58 test frames')
metrics = ('supervised', 'baseline')
# Of all labelled images, in even steps, as projects/comparison/regress.py takes them.
_labelled = dict(faces=(2012, (10, 50, 500, 2012)), mouse=(58, (10, 58)))
# Half of the iterations, a fifth of the rate, falling from the first on.
_gently = {
    'train_cfg.max_iters': 1000, 'optim_wrapper.optimizer.lr': 2e-4,
    'param_scheduler.0.begin': 0, 'param_scheduler.0.end': 1000}
# Ours has seen twice the iterations when it ends: so has this one.
_twice = {
    'train_cfg.max_iters': 4000, 'param_scheduler.0.begin': 2000, 'param_scheduler.0.end': 4000,
    'param_scheduler.0.T_max': 2000}
_scratch = dict(faces='projects/comparison/configs/supervised_faces_300w.py',
                mouse='projects/mouse/supervised.py')


def _rows(group, number):
    total, _ = _labelled[group]
    chosen = {} if number == total else {
        'train_dataloader.dataset.indices': [index * total // number for index in range(number)]}
    ours = f'projects/few_labels/from_ours_{group}.py'
    return [dict(name=f'{group}_{start}_{number}', label=f'{number} labels, {label}', group=group,
                 seed=0, config=config, overrides=dict(chosen, **rates), supervised=True)
            for start, label, config, rates in (
                ('scratch', 'from scratch', _scratch[group], {}),
                ('ours', 'from ours', ours, {}),
                ('finetuned', 'from ours, gently', ours, _gently))]


rows = [row for group, (_, numbers) in _labelled.items() for number in numbers
        for row in _rows(group, number)]
rows += [dict(name=f'{group}_twice_{total}', label=f'{total} labels, from scratch, twice as long',
              group=group, seed=0, config=_scratch[group], overrides=_twice, supervised=True)
         for group, (total, _) in _labelled.items()]
