"""What goes when an object of a type is destroyed: `policies/knowledge/types/<provider>.yaml`."""

import functools

from plangate import knowledge as shipped
from plangate.model.resource_type import Class, Consequence, TypeClass


@functools.cache
def of(type_: str) -> TypeClass | None:
    """The class of a resource type; None when nobody has given it one."""
    found = shipped.resource_type(type_)
    if found is None:
        return None
    class_, consequence, what = found
    return TypeClass(Class(class_), Consequence(consequence), what)
