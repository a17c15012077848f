"""What a change of Kubernetes objects does to running things."""
