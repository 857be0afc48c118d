"""Looks: determinism, variety, and the painted head."""
import numpy as np

from ikp_mm.synthetic.face_look import (HAIR_STYLES, TEXTURE_SIZE, draw_look,
                                                 sphere_to_texture)


def looks(count: int):
    return [draw_look(np.random.default_rng([3, i])) for i in range(count)]


def texel(texture: np.ndarray, x: float, y: float) -> np.ndarray:
    column, row = sphere_to_texture(x, y, np.sqrt(1 - x * x - y * y))
    return texture[round(float(row)), round(float(column))].astype(float)


def test_same_seed_same_look():
    first, again = draw_look(np.random.default_rng(1)), draw_look(np.random.default_rng(1))
    np.testing.assert_array_equal(first.head, again.head)
    np.testing.assert_array_equal(first.skin, again.skin)
    assert first.style == again.style and first.ambient == again.ambient


def test_map_of_the_sphere():
    half = (TEXTURE_SIZE - 1) / 2
    assert sphere_to_texture(0.0, 0.0, 1.0) == (half, half)
    # (x, y) / (1 + z) = 1 at the ears, a half of the map's reach of 2; up is a smaller row.
    assert sphere_to_texture(1.0, 0.0, 0.0) == (1.5 * half, half)
    assert sphere_to_texture(0.0, 1.0, 0.0) == (half, 0.5 * half)
    assert sphere_to_texture(0.0, 0.8, -0.6) == (half, 0.0)


def test_looks_differ_strongly():
    many = looks(80)
    assert {look.style for look in many} == set(HAIR_STYLES)
    skin = np.stack([look.skin for look in many]).mean(1)
    assert skin.min() < 90 and skin.max() > 190
    assert any(look.glasses_shape for look in many) and not all(look.glasses_shape for look in many)
    assert any(max(look.beard) > 0 for look in many)
    light = np.stack([look.light for look in many])
    np.testing.assert_allclose(np.linalg.norm(light, axis=1), 1)
    assert light[:, 0].min() < -0.5 and light[:, 0].max() > 0.5


def test_crown_is_covered_and_face_is_skin():
    for look in looks(60):
        face = texel(look.head, 0.0, -0.4)
        assert np.abs(face - look.skin).max() < 45  # blotches and redness
        if look.hair is None:
            assert look.style == 'bald' and look.volume == 0
        else:
            crown = np.mean([texel(look.head, x, 0.97) for x in np.linspace(-0.2, 0.2, 9)], 0)
            assert np.abs(crown - look.hair).mean() < 60
            assert np.abs(crown - look.hair).mean() < np.abs(crown - look.skin).mean() + 25
