"""plangate: says whether it is safe to apply exactly this Terraform plan or Helm upgrade."""

__version__ = "0.1.0"
