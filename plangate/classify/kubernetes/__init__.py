"""What a Helm upgrade does to the cluster: a predicted change for each Kubernetes object, and its effects."""

from plangate.classify.kubernetes.upgrade import classify

__all__ = ["classify"]
