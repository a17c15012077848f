"""What a Helm upgrade will really do to the cluster, object by object."""

from plangate.classify.kubernetes.upgrade import classify

__all__ = ["classify"]
