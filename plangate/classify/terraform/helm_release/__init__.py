"""A `helm_release` of Terraform: which values Helm is really given, path by path."""
