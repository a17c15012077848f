"""A side of a change for tests: plain values, already masked."""

from plangate.model.values import ABSENT, Sensitive, Unknown


class FakeSide:
    """A side over a plain dict; an unknown or sensitive parent gives itself, as in `plangate.model.values.Side`."""

    def __init__(self, values=None, /, **more):
        self.values = {**(values or {}), **more}

    def keys(self):
        return tuple(self.values)

    def get(self, key):
        return self.values.get(key, ABSENT)

    def at(self, path):
        value = self.values
        for part in path:
            if isinstance(value, (Unknown, Sensitive)):
                return value
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return ABSENT
        return value
