"""What a Helm upgrade will really do to the cluster, object by object."""

from plangate.classify.helm.upgrade import classify

__all__ = ["classify"]
