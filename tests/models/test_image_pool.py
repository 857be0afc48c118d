import pytest
import torch

from ikp_mm.models.image_pool import ImagePool


def images(*values):
    return torch.tensor([float(v) for v in values]).view(-1, 1, 1, 1).expand(-1, 1, 2, 2).clone()


def values(batch):
    return [image.unique().item() for image in batch]


@pytest.fixture
def draws(monkeypatch):
    """Draws in a written order: coins for torch.rand, slots for torch.randint."""
    coins, slots = [], []
    monkeypatch.setattr(torch, 'rand', lambda shape: torch.tensor(coins.pop(0)))
    monkeypatch.setattr(torch, 'randint', lambda high, shape: torch.tensor(slots.pop(0)))
    return coins, slots


def test_answers_with_the_new_images_until_full(draws):
    pool = ImagePool(3)
    assert values(pool.query(images(1, 2))) == [1, 2]
    assert values(pool.query(images(3))) == [3]
    assert values(pool.images) == [1, 2, 3]


def test_full_pool_trades_old_for_new_on_half_of_the_draws(draws):
    coins, slots = draws
    pool = ImagePool(2)
    pool.query(images(1, 2))
    coins += [0.49, 0.5, 0.0]
    slots += [1, 1]
    # 3 takes the place of 2; 4 passes through; 5 takes the place of 3
    assert values(pool.query(images(3, 4, 5))) == [2, 4, 3]
    assert values(pool.images) == [1, 5]
    assert not coins and not slots


def test_about_half_of_the_answers_are_past_images():
    pool = ImagePool(50)
    pool.query(images(*range(50)))
    new = images(*range(1000, 2000))
    answers = pool.query(new)
    past = sum(a != b for a, b in zip(values(answers), values(new)))
    assert 430 < past < 570  # 500 +- 4.4 standard deviations of 15.8


def test_size_zero_switches_the_pool_off():
    pool, batch = ImagePool(0), images(1, 2)
    assert pool.query(batch) is batch and pool.images == []


def test_pool_keeps_copies():
    pool, batch = ImagePool(2), images(1)
    pool.query(batch)
    batch.zero_()
    assert values(pool.images) == [1]


def test_draws_follow_the_global_generator():
    def run():
        torch.manual_seed(3)
        pool = ImagePool(2)
        return values(torch.cat([pool.query(images(2 * i, 2 * i + 1)) for i in range(10)]))
    assert run() == run()


def test_state_round_trip_goes_on_alike():
    pool, restored = ImagePool(4), ImagePool(4)
    pool.query(images(1, 2, 3))
    restored.load_state_dict(pool.state_dict())
    assert values(restored.images) == [1, 2, 3]
    answers = []
    for each in (pool, restored):
        torch.manual_seed(5)
        answers.append(values(each.query(images(4, 5, 6, 7))))
    assert answers[0] == answers[1]


def test_an_empty_pool_has_an_empty_state():
    assert ImagePool(4).state_dict() == {}
    pool = ImagePool(4)
    pool.query(images(1))
    pool.load_state_dict({})
    assert pool.images == []


def test_refusals():
    with pytest.raises(ValueError, match='-1'):
        ImagePool(-1)
    big = ImagePool(3)
    big.query(images(1, 2, 3))
    with pytest.raises(ValueError, match='holds 3 images, this one 2'):
        ImagePool(2).load_state_dict(big.state_dict())
