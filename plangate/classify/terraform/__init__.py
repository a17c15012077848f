"""What a Terraform plan will really do."""
