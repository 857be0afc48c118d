"""Files that are made to harm, for tests and for tests/reliability."""


class Runs:
    """Pickled: what it calls is called where the file is read as a pickle."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def claiming(npy: bytes) -> bytes:
    """What ``np.save`` wrote of three numbers, with a header that claims 3 * 10**15."""
    honest, claims = b'(3,), }' + b' ' * 15, b'(3000000000000000,), }'
    assert npy.count(honest) == 1 and len(honest) == len(claims)
    return npy.replace(honest, claims)
