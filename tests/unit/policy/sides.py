"""Sides of a change for tests: plain values, already masked."""

from plangate.model import ABSENT


class FakeSide:
    def __init__(self, **values):
        self._values = values

    def keys(self):
        return tuple(self._values)

    def get(self, key):
        return self._values.get(key, ABSENT)

    def at(self, path):
        value = self._values
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return ABSENT if isinstance(value, (dict, list)) or value is None else value
        return value
