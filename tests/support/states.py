"""States and saved plans for tests, as Terraform writes them."""

import io
import json
import zipfile

RESOURCE = {"mode": "managed", "type": "aws_s3_bucket", "name": "logs"}


def state(lineage="abc", serial=7, **attributes):
    """The text of a state that holds one bucket, `aws_s3_bucket.logs`."""
    instances = [{"attributes": {"region": "eu-west-1", **attributes}}]
    top = {"version": 4, "terraform_version": "1.15.9", "serial": serial, "lineage": lineage}
    return json.dumps({**top, "resources": [{**RESOURCE, "instances": instances}]})


def saved_plan(text, mark="registry.terraform.io/"):
    """The bytes of a saved plan that was made from a state."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("tfplan", mark)
        archive.writestr("tfstate", text)
    return file.getvalue()
