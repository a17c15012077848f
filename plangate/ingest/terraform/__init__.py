"""Plans, plan streams, saved plans and states of Terraform and OpenTofu."""
