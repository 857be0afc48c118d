from ikp_mm.skeletons import MOUSE4


def test_ears_swap_and_nothing_else():
    assert MOUSE4.joints == ('snout', 'leftear', 'rightear', 'tailbase')
    assert MOUSE4.swap_indices == [0, 2, 1, 3]
    assert MOUSE4.edges == ((0, 1), (0, 2), (1, 3), (2, 3), (0, 3))
