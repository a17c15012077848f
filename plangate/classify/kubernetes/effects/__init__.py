"""What changes of Kubernetes objects do to pods, traffic, data and access."""
